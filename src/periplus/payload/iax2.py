"""IAX2: a poke, which an exchange answers with a pong; no call is made."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

FULL_FRAME, CALL = 0x8000, 1
NO_CALL_YET, TIMESTAMP, SEQUENCE_OUT, SEQUENCE_IN = 0, 0, 0, 0
IAX_CONTROL, POKE = 6, 0x1E

PAYLOADS = (
    Payload(
        service="iax2",
        ports=(4569,),
        data=struct.pack(
            "!HHIBBBB",
            FULL_FRAME | CALL,
            NO_CALL_YET,
            TIMESTAMP,
            SEQUENCE_OUT,
            SEQUENCE_IN,
            IAX_CONTROL,
            POKE,
        ),
        source="RFC 5456, 6.7.1 and 8.1.1",
    ),
)

"""STAMP and TWAMP light: a test packet that the reflector sends back, without a session."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

SEQUENCE = 1
TIMESTAMP = 0x50657269_706C7573
ERROR_ESTIMATE = 0x0001  # not synchronised; a multiplier of zero would be no estimate

PAYLOADS = (
    Payload(
        service="stamp",
        ports=(862,),
        data=struct.pack("!IQH30x", SEQUENCE, TIMESTAMP, ERROR_ESTIMATE),
        source="RFC 8762, 4.2.1",
    ),
)

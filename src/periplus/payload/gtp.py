"""GTP: echo requests of versions 1 (control and user plane) and 2, between nodes of mobile networks."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

ECHO_REQUEST = 1
VERSION_1_WITH_SEQUENCE = 0x32
VERSION_2 = 0x40
SEQUENCE = 0x5065
RECOVERY = bytes([3, 0, 1, 0, 0])  # restart counter 0

PAYLOADS = (
    Payload(
        service="gtp-v1",
        ports=(2123, 2152),
        data=struct.pack("!BBHIHBB", VERSION_1_WITH_SEQUENCE, ECHO_REQUEST, 4, 0, SEQUENCE, 0, 0),
        source="3GPP TS 29.060, 6 and 7.2.1; TS 29.281, 5.1",
    ),
    Payload(
        service="gtp-v2",
        ports=(2123,),
        data=struct.pack("!BBHI", VERSION_2, ECHO_REQUEST, 4 + len(RECOVERY), SEQUENCE << 8) + RECOVERY,
        source="3GPP TS 29.274, 5.5 and 7.1.1",
    ),
)

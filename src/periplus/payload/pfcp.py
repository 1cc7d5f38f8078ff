"""PFCP: the heartbeat between the control and user planes of mobile networks, which needs no association."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

VERSION_1, HEARTBEAT_REQUEST = 0x20, 1
RECOVERY_TIME_STAMP = struct.pack("!HHI", 96, 4, 0x50657269)

PAYLOADS = (
    Payload(
        service="pfcp",
        ports=(8805,),
        data=struct.pack("!BBHI", VERSION_1, HEARTBEAT_REQUEST, 4 + len(RECOVERY_TIME_STAMP), 1 << 8)
        + RECOVERY_TIME_STAMP,
        source="3GPP TS 29.244, 7.2.2 and 7.4.2",
    ),
)

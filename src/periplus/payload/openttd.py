"""OpenTTD: a game server's facts."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

SIZE, FIND_SERVER = 3, 0

PAYLOADS = (
    Payload(
        service="openttd",
        ports=(3979,),
        data=struct.pack("<HB", SIZE, FIND_SERVER),
        source="OpenTTD network protocol, UDP packets",
    ),
)

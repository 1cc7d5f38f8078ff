"""LIFX: which services a lamp has. Nothing is switched."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

SIZE = 36
TAGGED_ADDRESSABLE_PROTOCOL = 0x3400
SOURCE = 0x50657269
GET_SERVICE = 2

PAYLOADS = (
    Payload(
        service="lifx",
        ports=(56700,),
        data=struct.pack("<HHI8x6xBB8xHH", SIZE, TAGGED_ADDRESSABLE_PROTOCOL, SOURCE, 0, 0, GET_SERVICE, 0),
        source="LIFX LAN protocol, packet contents",
    ),
)

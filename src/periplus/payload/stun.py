"""STUN: a binding request, answered with the address it came from. TURN servers and web conferences answer too."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

BINDING_REQUEST = 1
MAGIC_COOKIE = 0x2112A442
TRANSACTION = b"periplus-udp"

PAYLOADS = (
    Payload(
        service="stun",
        ports=(3478, 3479, 19302),
        data=struct.pack("!HHI12s", BINDING_REQUEST, 0, MAGIC_COOKIE, TRANSACTION),
        source="RFC 8489, 5",
    ),
)

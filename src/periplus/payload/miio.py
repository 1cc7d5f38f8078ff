"""miIO: the greeting to Xiaomi's household devices, which carries no command."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

MAGIC, SIZE = 0x2131, 32
UNKNOWN = b"\xff" * 28  # no device, time or token

PAYLOADS = (
    Payload(
        service="miio",
        ports=(54321,),
        data=struct.pack("!HH", MAGIC, SIZE) + UNKNOWN,
        source="Xiaomi miIO binary protocol",
    ),
)

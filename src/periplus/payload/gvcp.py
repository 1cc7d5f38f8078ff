"""GigE Vision: a camera's identity. Cameras in production lines: only for ports named."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

KEY, ACKNOWLEDGE, DISCOVERY, NO_DATA, ID = 0x42, 1, 2, 0, 1

PAYLOADS = (
    Payload(
        service="gige-vision",
        ports=(3956,),
        data=struct.pack("!BBHHH", KEY, ACKNOWLEDGE, DISCOVERY, NO_DATA, ID),
        source="GigE Vision 2.0, device discovery",
        careful=True,
    ),
)

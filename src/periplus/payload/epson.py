"""ENPC: Epson's printers, asked for their presence. Nothing is printed."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

QUERY, FUNCTION, RESULT, NO_DATA = 0x0300, 0, 0, 0

PAYLOADS = (
    Payload(
        service="epson-enpc",
        ports=(3289,),
        data=struct.pack("!6sHHHH", b"EPSONQ", QUERY, FUNCTION, RESULT, NO_DATA),
        source="Epson ENPC",
    ),
)

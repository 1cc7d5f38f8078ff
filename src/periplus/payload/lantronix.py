"""Lantronix: a device server's firmware. Serial equipment hangs behind it: only for ports named."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

QUERY_FIRMWARE = 0xF6

PAYLOADS = (
    Payload(
        service="lantronix",
        ports=(30718,),
        data=struct.pack("!I", QUERY_FIRMWARE),
        source="Lantronix port 77FE",
        careful=True,
    ),
)

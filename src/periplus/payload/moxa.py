"""Moxa NPort: the search of the maker's tools. Serial equipment hangs behind it: only for ports named."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

SEARCH, SIZE = 1, 8

PAYLOADS = (
    Payload(
        service="moxa-nport",
        ports=(4800,),
        data=struct.pack("!BBHI", SEARCH, 0, SIZE, 0),
        source="Moxa NPort search",
        careful=True,
    ),
)

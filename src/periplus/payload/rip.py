"""RIP and RIPng: the metric of one route, not the whole table. A router answers a question about one route always."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

REQUEST, INFINITY, INTERNET = 1, 16, 2
DOCUMENTATION_PREFIX = bytes.fromhex("20010db8").ljust(16, b"\0")

PAYLOADS = (
    Payload(
        service="rip",
        ports=(520,),
        data=struct.pack("!BBHHH12xI", REQUEST, 2, 0, INTERNET, 0, INFINITY),
        source="RFC 2453, 3.9.1 and 4",
    ),
    Payload(
        service="ripng",
        ports=(521,),
        data=struct.pack("!BBH16sHBB", REQUEST, 1, 0, DOCUMENTATION_PREFIX, 0, 32, INFINITY),
        source="RFC 2080, 2.1 and 2.4.1",
    ),
)

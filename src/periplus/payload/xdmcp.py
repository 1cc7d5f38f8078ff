"""XDMCP: whether a display manager would serve us, with no way to log in named. No session is asked for."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

VERSION, QUERY = 1, 2
NO_NAMES = b"\0"

PAYLOADS = (
    Payload(
        service="xdmcp",
        ports=(177,),
        data=struct.pack("!HHH", VERSION, QUERY, len(NO_NAMES)) + NO_NAMES,
        source="XDMCP 1.1, 4: Query",
    ),
)

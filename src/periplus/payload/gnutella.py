"""Gnutella: a ping that goes no further than the node that gets it."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

GUID = b"periplus".ljust(16, b".")
PING, TIME_TO_LIVE, HOPS, NO_DATA = 0, 1, 0, 0

PAYLOADS = (
    Payload(
        service="gnutella",
        ports=(6346, 6347),
        data=struct.pack("<16sBBBI", GUID, PING, TIME_TO_LIVE, HOPS, NO_DATA),
        source="Gnutella 0.6; GUESS 0.1",
    ),
)

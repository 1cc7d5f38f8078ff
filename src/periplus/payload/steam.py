"""Valve: a game server's facts, those of the older engine, and a desktop that can stream games.

A recent server answers the first question with a challenge to send back, which is answer enough.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

OUT_OF_BAND = b"\xff" * 4
STREAMING_MAGIC = b"!L_\xa0"
CLIENT = bytes([1 << 3 | 0, 1])  # protocol buffers: field 1, a number
DISCOVERY = bytes([2 << 3 | 0, 0])
SEQUENCE = bytes([1 << 3 | 0, 1])


def sized(message: bytes) -> bytes:
    """Return the message behind its size."""
    return struct.pack("<I", len(message)) + message


PAYLOADS = (
    Payload(
        service="source-engine",
        ports=(27015, 27016),
        data=OUT_OF_BAND + b"TSource Engine Query\0",
        source="Valve, server queries: A2S_INFO",
    ),
    Payload(
        service="half-life",
        ports=(27015, 27016),
        data=OUT_OF_BAND + b"details\0",
        source="Valve, server queries before 2008",
    ),
    Payload(
        service="steam-streaming",
        ports=(27036,),
        data=OUT_OF_BAND + STREAMING_MAGIC + sized(CLIENT + DISCOVERY) + sized(SEQUENCE),
        source="Steam, remote client broadcast",
    ),
)

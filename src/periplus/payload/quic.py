"""QUIC: a version kept for this use, which a server answers with those it knows, whatever its versions are.

The packet must be as large as a first one, 1,200 bytes: the answer is smaller than the question.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

LONG_HEADER = 0xC0
RESERVED_VERSION = 0x1A2A3A4A
DESTINATION_ID, SOURCE_ID = b"periplus", b"quic-udp"
SMALLEST_FIRST_PACKET = 1200


def ask_versions() -> bytes:
    """Return the invariant part of a long header (RFC 8999, 5.1), padded."""
    head = struct.pack("!BIB8sB8s", LONG_HEADER, RESERVED_VERSION, 8, DESTINATION_ID, 8, SOURCE_ID)
    return head.ljust(SMALLEST_FIRST_PACKET, b"\0")


PAYLOADS = (
    Payload(
        service="quic",
        ports=(80, 443, 784, 853, 4433, 8443),
        data=ask_versions(),
        source="RFC 9000, 6 and 15; RFC 8999, 5.1",
    ),
)

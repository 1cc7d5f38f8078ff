"""BJNP: Canon's printers and scanners, asked who they are. Nothing is printed: no job is opened."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

PRINTER, SCANNER = 1, 2
DISCOVER, SEQUENCE, NO_SESSION, NO_DATA = 1, 1, 0, 0


def discover(device: int) -> bytes:
    """Return the sixteen bytes of a request without data."""
    return struct.pack("!4sBBHHHI", b"BJNP", device, DISCOVER, 0, SEQUENCE, NO_SESSION, NO_DATA)


PAYLOADS = (
    Payload(service="bjnp-printer", ports=(8611,), data=discover(PRINTER), source="Canon BJNP"),
    Payload(service="bjnp-scanner", ports=(8612,), data=discover(SCANNER), source="Canon BJNP"),
)

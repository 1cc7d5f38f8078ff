"""SLP: which types of services there are in the default scope."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

VERSION, SERVICE_TYPE_REQUEST = 2, 9
XID = 0x5065
ALL_AUTHORITIES = 0xFFFF


def text(value: bytes) -> bytes:
    """Return a string behind its length."""
    return struct.pack("!H", len(value)) + value


def service_types() -> bytes:
    """Return the request, sent to one host (RFC 2608, 8 and 10.1)."""
    body = text(b"") + struct.pack("!H", ALL_AUTHORITIES) + text(b"DEFAULT")
    tail = struct.pack("!H3xH", 0, XID) + text(b"en") + body
    return bytes([VERSION, SERVICE_TYPE_REQUEST]) + (5 + len(tail)).to_bytes(3, "big") + tail


PAYLOADS = (Payload(service="slp", ports=(427,), data=service_types(), source="RFC 2608, 8 and 10.1"),)

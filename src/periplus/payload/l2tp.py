"""L2TP: the request to start a control connection. It is never completed, so the target forgets it."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

CONTROL = 0xC802  # type, length and sequence bits; version 2
MANDATORY = 0x8000
MESSAGE_TYPE, PROTOCOL_VERSION, FRAMING_CAPABILITIES, HOST_NAME, ASSIGNED_TUNNEL = 0, 2, 3, 7, 9
START_CONTROL_CONNECTION_REQUEST = 1


def avp(kind: int, value: bytes) -> bytes:
    """Return one mandatory attribute (RFC 2661, 4.1); its length counts its own header."""
    return struct.pack("!3H", MANDATORY | 6 + len(value), 0, kind) + value


def start() -> bytes:
    """Return the request, sequence numbers at zero."""
    body = (
        avp(MESSAGE_TYPE, struct.pack("!H", START_CONTROL_CONNECTION_REQUEST))
        + avp(PROTOCOL_VERSION, b"\x01\x00")
        + avp(FRAMING_CAPABILITIES, struct.pack("!I", 3))
        + avp(HOST_NAME, b"periplus")
        + avp(ASSIGNED_TUNNEL, struct.pack("!H", 1))
    )
    return struct.pack("!6H", CONTROL, 12 + len(body), 0, 0, 0, 0) + body


PAYLOADS = (Payload(service="l2tp", ports=(1701,), data=start(), source="RFC 2661, 3.1 and 6.1"),)

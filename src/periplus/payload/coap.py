"""CoAP: the list of resources, which every server offers at a well-known place."""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

VERSION_1_CONFIRMABLE = 0x40
GET = 0x01
MESSAGE_ID = 0x5065
URI_PATH = 11


def path(*segments: bytes) -> bytes:
    """Return options of one number: the first counts up to it, the others by nothing (RFC 7252, 3.1)."""
    steps = [URI_PATH, *[0] * (len(segments) - 1)]
    return b"".join(
        bytes([step << 4 | len(segment)]) + segment for step, segment in zip(steps, segments, strict=True)
    )


PAYLOADS = (
    Payload(
        service="coap",
        ports=(5683,),
        data=struct.pack("!BBH", VERSION_1_CONFIRMABLE, GET, MESSAGE_ID) + path(b".well-known", b"core"),
        source="RFC 7252, 3; RFC 6690, 4",
    ),
)

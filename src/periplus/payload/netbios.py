"""NetBIOS name service: node status of the wildcard name, answered with all names of the host.

A name has sixteen bytes, written in first-level encoding: each half byte is a letter from A on.
"""

from periplus.payload.dns import IN, encode_name, question
from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

NBSTAT = 0x21
WILDCARD = b"*".ljust(16, b"\0")


def first_level(name: bytes) -> str:
    """Return the 32 letters of a name (RFC 1001, 14.1)."""
    return "".join(chr(ord("A") + half) for byte in name for half in (byte >> 4, byte & 0xF))


PAYLOADS = (
    Payload(
        service="netbios-ns",
        ports=(137,),
        data=question(encode_name(first_level(WILDCARD)), NBSTAT, IN),
        source="RFC 1002, 4.2.17",
    ),
)

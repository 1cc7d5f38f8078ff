"""QUIC: version negotiation by RFC 9000 section 17.2.1."""

import struct
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.quic import PROTOCOL, QUESTION, versions_untrusted


def negotiation(*versions: int) -> bytes:
    """Return both our identifiers, exchanged, and versions."""
    return struct.pack(f"!BIB8sB8s{len(versions)}I", 0xC3, 0, 8, b"quic-udp", 8, b"periplus", *versions)


KNOWN = negotiation(0x1A2A3A4A, 1, 0x6B3343CF, 0xFF00001D, 0x51303530, 0x12345678)
SCRIPTS: dict[str, list[Line]] = {
    "versions": [(">", QUESTION.data), ("<", KNOWN)],
    "none": [(">", QUESTION.data), ("<", negotiation())],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_versions() -> None:
    service = play(PROTOCOL, SCRIPTS["versions"])
    assert service.protocol == "quic"
    assert service.detail["versions"] == ["1", "2", "draft 29", "Q050", "0x12345678"]


def test_what_is_no_negotiation() -> None:
    assert play(PROTOCOL, SCRIPTS["none"]).protocol is None
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(KNOWN))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        versions_untrusted(data)

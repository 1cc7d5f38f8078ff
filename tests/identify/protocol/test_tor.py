"""Tor: the first cells of tor 0.4.9 of Debian 12 (its certificates left out), and its specification, section 4."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.model import Peer
from periplus.identify.protocol.tor import CERTS, HELLO, PROTOCOL, looks_untrusted, versions_untrusted

INSIDE = Peer("198.18.0.1", 9001, tls=True)
VERSIONS = bytes.fromhex("000007 0006 000300040005".replace(" ", ""))
SCRIPTS: dict[str, list[Line]] = {"in plain text": []}
RELAY: list[Line] = [(">", HELLO), ("<", VERSIONS + CERTS + b"\0\3...")]


def test_a_relay() -> None:
    service = play(PROTOCOL, RELAY, INSIDE)
    assert (service.protocol, service.product, service.detail) == (
        "tor-orport",
        "Tor",
        {"link_versions": [3, 4, 5]},
    )


def test_outside_of_tls_nothing_is_said() -> None:
    assert play(PROTOCOL, SCRIPTS["in plain text"]).protocol is None


def test_what_is_no_relay() -> None:
    for answer in (b"HTTP/1.1 400 Bad Request", HELLO, HELLO + HELLO):
        assert play(PROTOCOL, [(">", HELLO), ("<", answer)], INSIDE).protocol is None
    assert play(PROTOCOL, [(">", HELLO), ("<", b"\0\0\7\0\2\xff\xff")], INSIDE).protocol is None
    assert (looks_untrusted(HELLO), looks_untrusted(b"\0"), looks_untrusted(b"\0\0\7\0\3abc")) == (0.7, 0, 0)


@given(damaged(HELLO))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        versions_untrusted(data)

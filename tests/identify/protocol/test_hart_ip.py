"""HART-IP: a session by HCF_SPEC-085, section 10; our messages are those that hartip-py 0.5 makes."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.hart_ip import (
    BEGIN,
    CLOSE,
    PROTOCOLS,
    looks_untrusted,
    message,
    session_untrusted,
)

PROTOCOL, PROTOCOL_TCP = PROTOCOLS
BEGUN = BEGIN[:1] + b"\1" + BEGIN[2:]
REFUSED = BEGIN[:1] + b"\1\0\x0f" + BEGIN[4:6] + b"\0\x08"
SCRIPTS: dict[str, list[Line]] = {
    "a gateway": [(">", BEGIN), ("<", BEGUN), (">", message(CLOSE))],
    "no session is left": [(">", BEGIN), ("<", REFUSED)],
    "an echo": [(">", BEGIN), ("<", BEGIN)],
}
MORE_SCRIPTS = ((PROTOCOL_TCP, SCRIPTS),)


def test_a_gateway() -> None:
    for protocol in PROTOCOLS:
        service = play(protocol, SCRIPTS["a gateway"])
        assert (service.protocol, service.detail) == ("hart-ip", {"status": 0})
        service = play(protocol, SCRIPTS["no session is left"])
        assert (service.protocol, service.detail) == ("hart-ip", {"status": 15})
        assert play(protocol, SCRIPTS["an echo"]).protocol is None
    assert (looks_untrusted(BEGUN), looks_untrusted(BEGIN)) == (0.9, 0)


def test_our_messages_are_those_of_another_implementation() -> None:
    assert bytes.fromhex("010000005065000d0100002710") == BEGIN
    assert message(CLOSE) == bytes.fromhex("0100010050650008")


@given(damaged(BEGUN))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        session_untrusted(data)

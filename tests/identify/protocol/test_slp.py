"""SLP: a Service Type Reply by RFC 2608 section 10.2."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.slp import PROTOCOL, QUESTION, types_untrusted

TYPES = b"service:service-agent,service:wbem:https"
TAIL = b"\0\0\0\0\0" + b"\x50\x65" + b"\0\2en" + b"\0\0" + len(TYPES).to_bytes(2, "big") + TYPES
REPLY = b"\2\x0a" + (5 + len(TAIL)).to_bytes(3, "big") + TAIL
SCRIPTS: dict[str, list[Line]] = {
    "an agent": [(">", QUESTION.data), ("<", REPLY)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_an_agent() -> None:
    service = play(PROTOCOL, SCRIPTS["an agent"])
    assert service.protocol == "svrloc"
    assert service.detail == {"error": 0, "types": ["service:service-agent", "service:wbem:https"]}


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(REPLY))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        types_untrusted(data)

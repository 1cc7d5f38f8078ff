"""LLMNR: an answer by RFC 4795 section 2.1."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.llmnr import PROTOCOL, QUESTION, name_untrusted

HOST = b"\4host\0"
ANSWER = (
    QUESTION.data[:2]
    + b"\x80\0\0\1\0\1\0\0\0\0"
    + QUESTION.data[12:]
    + b"\xc0\x0c\0\x0c\0\1\0\0\0\x1e\0\x06"
    + HOST
)
RECURSIVE = ANSWER[:3] + b"\x80" + ANSWER[4:]
SCRIPTS: dict[str, list[Line]] = {
    "a host": [(">", QUESTION.data), ("<", ANSWER)],
    "a name server": [(">", QUESTION.data), ("<", RECURSIVE)],
}


def test_a_host() -> None:
    service = play(PROTOCOL, SCRIPTS["a host"])
    assert (service.protocol, service.confidence, service.hostname) == ("llmnr", 0.6, "host")


def test_a_name_server_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["a name server"]).protocol is None


@given(damaged(ANSWER))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        name_untrusted(data)

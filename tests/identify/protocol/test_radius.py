"""RADIUS: the answer that FreeRADIUS of Debian 12 gives to a client with the example's secret."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.radius import PROTOCOL, QUESTION, answer_untrusted

ACCEPT = b"\x02\xda\x00\x14\xef\rU*K\xf2\xd6\x93\xec+o\xe8\xb5A\x1df"
REJECT = bytes([3, 218, 0, 27]) + bytes(16) + bytes([18, 7]) + b"hello"
SCRIPTS: dict[str, list[Line]] = {
    "freeradius": [(">", QUESTION.data), ("<", ACCEPT)],
    "signed with another secret": [(">", QUESTION.data), ("<", REJECT)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
    "silence": [(">", QUESTION.data)],
}


def test_freeradius() -> None:
    service = play(PROTOCOL, SCRIPTS["freeradius"])
    assert (service.protocol, service.confidence) == ("radius", 0.99)
    assert service.detail == {"answer": "Access-Accept", "example_secret": True}


def test_another_secret_is_less_sure() -> None:
    service = play(PROTOCOL, SCRIPTS["signed with another secret"])
    assert (service.confidence, service.detail) == (0.75, {"answer": "Access-Reject", "message": "hello"})


def test_what_is_no_answer() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None
    assert play(PROTOCOL, SCRIPTS["silence"]).protocol is None


@given(damaged(ACCEPT, REJECT))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        answer_untrusted(data)

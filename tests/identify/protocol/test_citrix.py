"""Citrix ICA browser: an answer in the form of the question, of another type."""

import struct
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.citrix import PROTOCOL, QUESTION, answer_untrusted

ANSWER = struct.pack("<HHI", 40, 0x3202, 0xE3A8FD02) + bytes(32)
SCRIPTS: dict[str, list[Line]] = {
    "a server": [(">", QUESTION.data), ("<", ANSWER)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_a_server() -> None:
    assert play(PROTOCOL, SCRIPTS["a server"]).protocol == "icabrowser"
    assert PROTOCOL.looks(ANSWER[:-1]) == 0


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(ANSWER))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        answer_untrusted(data)

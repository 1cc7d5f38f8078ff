"""XDMCP: Willing and Unwilling by its specification, and xdm's of Debian 12."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.xdmcp import PROTOCOL, QUESTION, answer_untrusted

WILLING = b"\0\1\0\5\0\x0e\0\0\0\4host\0\4Idle"
UNWILLING = b"\0\1\0\6\0\x0a\0\4host\0\2No"
XDM = b"\0\1\0\5\0\x19\0\0\0\2vm\0\x11Willing to manage"
SCRIPTS: dict[str, list[Line]] = {
    "willing": [(">", QUESTION.data), ("<", WILLING)],
    "unwilling": [(">", QUESTION.data), ("<", UNWILLING)],
    "xdm of Debian 12": [(">", QUESTION.data), ("<", XDM)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_both_answers() -> None:
    willing, unwilling = (play(PROTOCOL, SCRIPTS[each]) for each in ("willing", "unwilling"))
    assert (willing.protocol, willing.hostname, willing.detail["status"]) == ("xdmcp", "host", "Idle")
    assert (unwilling.hostname, unwilling.detail) == ("host", {"willing": False, "status": "No"})
    assert play(PROTOCOL, SCRIPTS["xdm of Debian 12"]).detail == {
        "willing": True,
        "status": "Willing to manage",
    }
    assert PROTOCOL.looks(WILLING + b"x") == 0


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(WILLING, UNWILLING))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        answer_untrusted(data)

"""IAX2: a pong by RFC 5456 section 6.7."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.iax2 import PROTOCOL, QUESTION, pong_untrusted

PONG = bytes.fromhex("8005 0001 00000003 00 01 06 03".replace(" ", ""))
SCRIPTS: dict[str, list[Line]] = {
    "an exchange": [(">", QUESTION.data), ("<", PONG)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_an_exchange() -> None:
    service = play(PROTOCOL, SCRIPTS["an exchange"])
    assert (service.protocol, service.why) == ("iax", "PONG to our poke")


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(PONG))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        pong_untrusted(data)

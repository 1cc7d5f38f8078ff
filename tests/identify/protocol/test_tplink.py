"""Kasa: facts as a plug says them, disguised as the question is."""

from contextlib import suppress
from itertools import accumulate
from operator import xor

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.tplink import PROTOCOL, QUESTION, facts_untrusted
from periplus.payload.tplink import FIRST_KEY

FACTS = b'{"system":{"get_sysinfo":{"sw_ver":"1.5.6 Build 191114 Rel.104204","model":"HS110(EU)","alias":"lamp"}}}'
ANSWER = bytes(accumulate(FACTS, xor, initial=FIRST_KEY))[1:]
SCRIPTS: dict[str, list[Line]] = {
    "a plug": [(">", QUESTION.data), ("<", ANSWER)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_a_plug() -> None:
    service = play(PROTOCOL, SCRIPTS["a plug"])
    assert (service.vendor, service.product, service.version) == ("TP-Link", "HS110(EU)", "1.5.6")
    assert service.detail["alias"] == "lamp"


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(ANSWER))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        facts_untrusted(data)

"""L2TP, by what xl2tpd of Debian 12 answers."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.l2tp import PROTOCOL, QUESTION, answer_untrusted

REPLY = (
    b"\xc8\x02\x00c\x00\x01\x00\x00\x00\x00\x00\x01\x80\x08\x00\x00\x00\x00\x00\x02\x80\x08\x00\x00"
    b"\x00\x02\x01\x00\x80\n\x00\x00\x00\x03\x00\x00\x00\x03\x80\n\x00\x00\x00\x04\x00\x00\x00\x00"
    b"\x00\x08\x00\x00\x00\x06\x06\x90\x80\x08\x00\x00\x00\x07vm\x00\x13\x00\x00\x00\x08xelerance.c"
    b"om\x80\x08\x00\x00\x00\t~\xcc\x80\x08\x00\x00\x00\n\x00\x04"
)
SCRIPTS: dict[str, list[Line]] = {
    "xl2tpd": [(">", QUESTION.data), ("<", REPLY)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_xl2tpd() -> None:
    service = play(PROTOCOL, SCRIPTS["xl2tpd"])
    assert (service.protocol, service.product, service.hostname) == ("l2tp", "xl2tpd", "vm")
    assert service.detail == {"vendor_name": "xelerance.com", "firmware": "0690", "accepted": True}


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(REPLY))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        answer_untrusted(data)

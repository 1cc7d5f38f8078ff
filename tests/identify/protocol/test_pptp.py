"""PPTP, by what pptpd of Debian 12 answers."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.pptp import PROTOCOL, START, STOP, looks_untrusted, reply_untrusted

REPLY = (
    b"\x00\x9c\x00\x01\x1a+<M\x00\x02\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x01\x00\x01local\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00linux\x00\x00\x00\x00\x00"
    b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x00\x00\x00\x00\x00\x00\x00\x00"
)
SCRIPTS: dict[str, list[Line]] = {
    "pptpd": [(">", START), ("<", REPLY), (">", STOP)],
    "an echo": [(">", START), ("<", START)],
}


def test_pptpd() -> None:
    service = play(PROTOCOL, SCRIPTS["pptpd"])
    assert (service.protocol, service.product, service.hostname) == ("pptp", "PoPToP pptpd", "local")
    assert service.detail == {"vendor_name": "linux", "firmware": 1, "protocol": 1, "result": 1}
    assert (len(START), len(STOP)) == (156, 16)


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None
    assert looks_untrusted(START) == 0


@given(damaged(REPLY))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        reply_untrusted(data)

"""DTLS: what openssl s_server of Debian 12 answers; alerts and messages by RFC 6347."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.dtls import PROTOCOL, QUESTION, answer_untrusted

VERIFY = (
    b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00#\x03\x00\x00\x17\x00\x00\x00\x00\x00\x00\x00"
    b"\x17\xfe\xff\x14\xdd\xd2\x05>\xad\xe9(H\xfc\xedE-U\xea\x04\xf5\xa6\xf7\xbfT"
)
ALERT = bytes.fromhex("15fefd00000000000000000002 0228".replace(" ", ""))
SCRIPTS: dict[str, list[Line]] = {
    "openssl": [(">", QUESTION.data), ("<", VERIFY)],
    "an alert": [(">", QUESTION.data), ("<", ALERT)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_openssl() -> None:
    service = play(PROTOCOL, SCRIPTS["openssl"])
    assert (service.protocol, service.confidence) == ("dtls", 0.98)
    assert service.detail["message"] == "HelloVerifyRequest"


def test_an_alert() -> None:
    service = play(PROTOCOL, SCRIPTS["an alert"])
    assert (service.confidence, service.detail) == (0.9, {"alert": 40, "record": "DTLS 1.2"})


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(VERIFY, ALERT))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        answer_untrusted(data)

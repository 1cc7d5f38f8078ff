"""TFTP, by what tftpd-hpa of Debian 12 answers, and the examples of RFC 1350."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.tftp import PROTOCOL, QUESTION, answer_untrusted

ERROR = b"\x00\x05\x00\x02Only absolute filenames allowed\x00"
SCRIPTS: dict[str, list[Line]] = {
    "tftpd-hpa": [(">", QUESTION.data), ("<", ERROR)],
    "it has the file": [(">", QUESTION.data), ("<", b"\0\3\0\1contents")],
    "no TFTP": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_an_error() -> None:
    service = play(PROTOCOL, SCRIPTS["tftpd-hpa"])
    assert (service.protocol, service.product) == ("tftp", "tftp-hpa")
    assert service.detail == {"error": 2, "text": "Only absolute filenames allowed"}


def test_data_is_less_sure() -> None:
    assert play(PROTOCOL, SCRIPTS["it has the file"]).confidence == 0.7


def test_what_is_no_tftp() -> None:
    assert play(PROTOCOL, SCRIPTS["no TFTP"]).protocol is None
    for data in (ERROR + b"x", b"\0\5\0\x09x\0", b"\0\5\0\1\x01\x02\0", b"\0\3\0\1" + bytes(513)):
        assert PROTOCOL.looks(data) == 0


@given(damaged(ERROR))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        answer_untrusted(data)

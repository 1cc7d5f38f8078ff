"""NRPE: what nagios-nrpe-server of Debian 12 answers on the loopback, in and outside TLS."""

import struct
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.nrpe import HEAD, PROTOCOL, SIZE, answer_untrusted, question


def response(text: bytes, rest: bytes = b"", spoil: int = 0) -> bytes:
    body = (text + b"\0" + rest).ljust(SIZE - HEAD.size, b"\0")
    total = crc32(HEAD.pack(2, 2, 0, 0) + body) ^ spoil
    return HEAD.pack(2, 2, total, 0) + body


SCRIPTS: dict[str, list[Line]] = {
    "nagios-nrpe-server of Debian 12": [(">", question()), ("<", response(b"NRPE v4.1.0"))],
    "a wrong sum": [(">", question()), ("<", response(b"NRPE v4.1.0", spoil=1))],
}


def test_question_has_its_sum() -> None:
    asked = question()
    assert len(asked) == SIZE
    assert crc32(asked[:4] + bytes(4) + asked[8:]) == struct.unpack_from("!I", asked, 4)[0]


def test_nrpe() -> None:
    service = play(PROTOCOL, SCRIPTS["nagios-nrpe-server of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("nrpe", "NRPE", "4.1.0")


def test_what_is_no_nrpe_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["a wrong sum"]).protocol is None


@given(st.binary(max_size=60), st.integers(0, SIZE))
def test_any_bytes(data: bytes, at: int) -> None:
    survive(data, answer_untrusted)
    survive((response(b"NRPE")[:at] + data).ljust(SIZE, b"\0"), answer_untrusted)

"""JARM against its reference implementation: its hellos byte by byte, and its prints of what real servers said."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.tls.answers import RECORDED
from tests.identify.tls.test_client_hello import record_of

from periplus.identify.tls.client_hello import draws
from periplus.identify.tls.jarm import NOTHING, PLACES, SUITES, _answer_untrusted, hellos, jarm_untrusted

# SHA-256 of the hellos that salesforce/jarm (version 1.0) makes for server.test, its random bytes all zero and its
# GREASE always the first.
REFERENCE = (
    "4732a6db3ea5d5a1a7afe497282377b199e6840198de69c9101363efbea71466",
    "a381d2c9e46466c2f8c7fd2a0a35b9f0798b853e9ffdd52082b39caece487085",
    "72d3c5a3d793f48e9ac3cb2de3ba0a36d239341cd7e2dd8903bc517ccb130e76",
    "20b33f1189ab3e5a9a459865540c10bbd5e25780ad797892b0a2a27c688db3f4",
    "4b329196dc09fa2a824111eed109bfb57b8c9738369186ca83f35ea62c720425",
    "64ad7dce211990d4a08a1e092602c5806211b64e3e3e726e4aa35872ca1b742b",
    "6f5008d71c1507157672507138ade8084c89aa825d34129e2fa57af3fb9f290f",
    "7925ce510a8e621f02b716059ee9036ba2e8012eabfc7ad8ae856d951573b4ad",
    "1f4e56d91376583eeb0f0b398f50379a68668468371c962d1f3279e637c92293",
    "ad40f5eb791feec92d327ab3e625fc078fc83c4dfe1a7d9324d0c2c7c9a435df",
)


def answers_of(text: str) -> list[bytes]:
    return [bytes.fromhex(each) for each in text.split(";")[:-1]]


FIRST = answers_of(RECORDED[0][2])[0]
REFUSAL = bytes.fromhex("15030300020228")


def test_the_hellos_are_those_of_the_reference() -> None:
    made = hellos("server.test", bytes)
    assert tuple(hashlib.sha256(each).hexdigest() for each in made) == REFERENCE


def test_scapy_reads_every_hello() -> None:
    for each in hellos("198.18.0.1", draws(b"n")):
        [hello] = record_of(each).msg
        assert hello.msgtype == 1
        assert len({extension.type for extension in hello.ext}) == len(hello.ext) >= 11


@pytest.mark.parametrize(
    ("wanted", "answers"), [row[1:] for row in RECORDED], ids=[row[0] for row in RECORDED]
)
def test_prints_are_those_of_the_reference(wanted: str, answers: str) -> None:
    assert jarm_untrusted(answers_of(answers)) == wanted


def test_who_says_nothing_has_the_print_of_nothing() -> None:
    assert jarm_untrusted([b""] * 10) == jarm_untrusted([REFUSAL] * 10) == NOTHING


def test_numbers_of_suites() -> None:
    assert (PLACES[0x0004], PLACES[0xCCA9], PLACES[0x1301], PLACES[0x1305]) == (1, 0x40, 0x41, 0x45)
    assert len(set(SUITES)) == len(PLACES) == 69
    at = 44 + FIRST[43]
    unknown = FIRST[:at] + b"\xc0\xff" + FIRST[at + 2 :]
    assert jarm_untrusted([unknown])[:3] == "46d"


def test_an_answer_without_extensions() -> None:
    """RFC 5246 section 7.4.1.3; the certificate follows in the same record."""
    hello = (
        b"\x16\x03\x01\x02\x00\x02\x00\x00\x26\x03\x01"
        + bytes(32)
        + b"\0\0\x2f\0"
        + b"\x0b\0\1\0"
        + bytes(90)
    )
    assert jarm_untrusted([hello]) == "06b" + hashlib.sha256(b"").hexdigest()[:32]


def test_an_answer_without_extensions_alone_in_its_record() -> None:
    hello = b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01" + bytes(32) + b"\0\0\x2f\0"
    wanted = "06b" + hashlib.sha256(b"").hexdigest()[:32]
    assert jarm_untrusted([hello]) == jarm_untrusted([hello + b"\x16\x03\x01\x00\x04"]) == wanted


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes(data: bytes, framed: bool) -> None:
    answer = b"\x16\x03\x03\x00\xff\x02" + data if framed else data
    assert len(jarm_untrusted([answer] * 10)) == 62
    _answer_untrusted(answer)


@given(st.integers(0, 159), st.integers(0, 255), st.integers(1, 160))
def test_a_damaged_answer(at: int, byte: int, size: int) -> None:
    data = bytearray(FIRST)
    data[at] = byte
    assert len(jarm_untrusted([bytes(data[:size])] * 10)) == 62

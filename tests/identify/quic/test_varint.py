"""Numbers of QUIC, by the examples of RFC 9000, appendix A.1, and against aioquic's."""

from contextlib import suppress

import pytest
from aioquic._buffer import Buffer
from aioquic.buffer import encode_uint_var
from hypothesis import given
from hypothesis import strategies as st

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.quic.varint import LARGEST, varint, varint_untrusted


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("c2197c5eff14e88c", 151_288_809_941_952_652),
        ("9d7f3e7d", 494_878_333),
        ("7bbd", 15_293),
        ("25", 37),
        ("4025", 37),
    ],
)
def test_the_examples(written: str, number: int) -> None:
    assert varint_untrusted(Cursor(bytes.fromhex(written))) == number
    assert len(varint(number)) <= len(written) // 2


@given(st.integers(0, LARGEST))
def test_numbers_there_and_back_as_the_library_writes_them(number: int) -> None:
    assert varint(number) == encode_uint_var(number)
    assert varint_untrusted(Cursor(varint(number))) == number


@given(st.binary(min_size=8, max_size=8))
def test_any_bytes_as_the_library_reads_them(data: bytes) -> None:
    assert varint_untrusted(Cursor(data)) == Buffer(data=data).pull_uint_var()


@given(st.binary(max_size=8))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        assert 0 <= varint_untrusted(Cursor(data)) <= LARGEST

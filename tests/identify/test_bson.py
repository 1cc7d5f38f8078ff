"""BSON: the examples of bsonspec.org, every kind of element, bounds."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.damage import damaged
from tests.identify.script import survive

from periplus.errors import BadReply
from periplus.identify.bson import MOST_DEPTH, document_untrusted, written

HELLO = b"\x16\0\0\0\x02hello\0\6\0\0\0world\0\0"
AWESOME = b"1\0\0\0\4BSON\0&\0\0\0\x020\0\x08\0\0\0awesome\0\x011\x00333333\x14@\x102\0\xc2\x07\0\0\0\0"
ELEMENTS = {
    b"\x05a\0\2\0\0\0\0xy": "7879",
    b"\x06a\0": None,
    b"\x07a\0" + bytes(range(12)): bytes(range(12)).hex(),
    b"\x08a\0\1": True,
    b"\x09a\0\1" + bytes(7): "01" + "00" * 7,
    b"\x0aa\0": None,
    b"\x0ba\0x\0i\0": "/x/i",
    b"\x11a\0" + bytes(8): "00" * 8,
    b"\x12a\0" + b"\xff" * 8: -1,
    b"\x13a\0" + bytes(16): "00" * 16,
    b"\x7fa\0": None,
    b"\xffa\0": None,
    b"\x01a\0" + struct.pack("<d", float("inf")): "inf",
}


def document(elements: bytes) -> bytes:
    return struct.pack("<I", len(elements) + 5) + elements + b"\0"


def test_examples_of_the_specification() -> None:
    assert document_untrusted(HELLO) == {"hello": "world"}
    assert written({"hello": "world"}) == HELLO
    assert document_untrusted(AWESOME) == {"BSON": ["awesome", 5.05, 1986]}


@pytest.mark.parametrize(("element", "value"), ELEMENTS.items())
def test_every_kind(element: bytes, value: object) -> None:
    assert document_untrusted(document(element)) == {"a": value}


def test_bounds() -> None:
    deep = document(b"")
    for _ in range(MOST_DEPTH + 1):
        deep = document(b"\x03a\0" + deep)
    for data in (deep, document(b"\x0aa\0")[:-2], document(b"\x77a\0"), b"\0\0\0\0"):
        with pytest.raises(BadReply):
            document_untrusted(data)


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(-(2**31), 2**31 - 1)))
def test_what_was_written_is_read(values: dict[str, int]) -> None:
    assert document_untrusted(written({**values})) == values


@given(damaged(AWESOME, *map(document, ELEMENTS)))
def test_any_bytes(data: bytes) -> None:
    survive(data, document_untrusted)

"""Protocol Buffers: the encoding guide's examples, and what was written is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import survive

from periplus.errors import BadReply
from periplus.identify.protobuf import message_untrusted, text_field, varint, varint_field


def read(data: bytes) -> list[tuple[int, int | bytes]]:
    return list(message_untrusted(data))


def test_examples_of_the_guide() -> None:
    assert read(bytes.fromhex("089601")) == [(1, 150)]
    assert read(bytes.fromhex("120774657374696e67")) == [(2, b"testing")]
    assert varint(150) == bytes.fromhex("9601")


def test_fixed_widths() -> None:
    assert read(b"\x0d\1\0\0\0\x11\2" + bytes(7)) == [(1, 1), (2, 2)]


@pytest.mark.parametrize("data", [b"\x0b", b"\x08", b"\x08" + b"\xff" * 11, b"\x12\5abc"])
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(BadReply):
        read(data)


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 2**60) | st.binary(max_size=200))))
def test_what_was_written_is_read(fields: list[tuple[int, int | bytes]]) -> None:
    written = (
        varint_field(number, value) if isinstance(value, int) else text_field(number, value)
        for number, value in fields
    )
    assert read(b"".join(written)) == fields


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, lambda each: list(message_untrusted(each)))

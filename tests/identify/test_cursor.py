"""Reading from front to back, against plain slices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor


def test_every_way_to_read() -> None:
    cursor = Cursor(b"\x01\x02\x03\x00\x02abname\0MAGICrest")
    assert (cursor.number(1), cursor.number(2, "little")) == (1, 0x0302)
    assert cursor.sized(2) == b"ab"
    assert cursor.text() == "name"
    cursor.expect(b"MAGIC", "magic")
    assert cursor.left == 4
    assert cursor.rest() == b"rest"
    assert cursor.left == 0


@pytest.mark.parametrize("count", [-1, 4])
def test_what_is_not_there_cannot_be_taken(count: int) -> None:
    with pytest.raises(BadReply):
        Cursor(b"abc").take(count)


def test_a_mark_and_expected_bytes_must_be_there() -> None:
    with pytest.raises(BadReply, match="where one is wanted"):
        Cursor(b"abc").until(b"\0")
    with pytest.raises(BadReply, match="no magic"):
        Cursor(b"abc").expect(b"abd", "magic")


@given(st.binary(max_size=50), st.lists(st.integers(-5, 60), max_size=10))
def test_takings_are_slices(data: bytes, counts: list[int]) -> None:
    cursor, at = Cursor(data), 0
    for count in counts:
        if count < 0 or at + count > len(data):
            with pytest.raises(BadReply):
                cursor.take(count)
        else:
            assert cursor.take(count) == data[at : at + count]
            at += count
        assert cursor.at == at


def test_an_order_of_its_own_and_places_to_go_on_at() -> None:
    cursor = Cursor(b"\1\0\0\1abcd", order="little")
    assert (cursor.number(2), cursor.number(2, "big")) == (1, 1)
    cursor.take(1)
    cursor.align(4)
    assert (cursor.at, cursor.left) == (8, 0)

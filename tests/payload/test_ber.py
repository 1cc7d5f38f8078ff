"""BER elements, read back by a strict walker, and known encodings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.payload.reading import Element, elements, only

from periplus.payload.ber import integer, octets, oid, sequence


@given(st.integers(0, 2**64))
def test_integers_read_back_and_have_no_needless_byte(number: int) -> None:
    element = only(integer(number))
    assert element.number == number
    assert len(element.value) == 1 or element.value[0] or element.value[1] & 0x80


@given(st.lists(st.binary(max_size=300), max_size=4))
def test_strings_in_a_sequence_read_back(parts: list[bytes]) -> None:
    element = only(sequence(*map(octets, parts)))
    assert [inner.value for inner in element.inner] == parts


@pytest.mark.parametrize(
    ("dotted", "encoded"),
    [("1.3.6.1.2.1.1.1.0", "06082b06010201010100"), ("1.2.840.113549", "06062a864886f70d")],
)
def test_object_identifiers_are_the_known_ones(dotted: str, encoded: str) -> None:
    assert oid(dotted).hex() == encoded


@pytest.mark.parametrize("wrong", ["0205", "048101ff", "1f0100", "0482000100"])
def test_the_walker_is_strict(wrong: str) -> None:
    with pytest.raises((AssertionError, IndexError)):
        elements(bytes.fromhex(wrong))


def test_the_walker_reads_neighbours() -> None:
    assert elements(bytes.fromhex("02010105 00".replace(" ", ""))) == (
        Element(2, b"\x01", ()),
        Element(5, b"", ()),
    )

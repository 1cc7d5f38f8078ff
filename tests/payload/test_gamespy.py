"""The questions, field by field."""

from tests.payload.reading import data, fields


def test_the_first_asks_for_basic_facts() -> None:
    assert data("gamespy-1").split(b"\\") == [b"", b"basic", b""]


def test_the_fourth_shakes_hands_with_a_number_that_comes_back_whole() -> None:
    magic, kind, session = fields("!HBI", data("gamespy-4"))
    assert (magic, kind) == (0xFEFD, 9)
    assert isinstance(session, int)
    assert session & 0x0F0F0F0F == session


def test_unreal_2_is_asked_for_its_details() -> None:
    assert fields("<IB", data("unreal-2")) == (0x79, 0)

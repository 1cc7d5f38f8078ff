"""Both versions, field by field."""

from tests.payload.reading import data, fields


def test_both_carry_nothing() -> None:
    assert fields("!BBH", data("ubiquiti-v1")) == (1, 0, 0)
    assert fields("!BBH", data("ubiquiti-v2")) == (2, 8, 0)

"""The query, field by field."""

from tests.payload.reading import data, fields


def test_it_carries_nothing() -> None:
    assert fields("!5s1sBBHHH", data("epson-enpc")) == (b"EPSON", b"Q", 3, 0, 0, 0, 0)

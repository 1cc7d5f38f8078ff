"""The request, field by field."""

from tests.payload.reading import data, fields


def test_it_asks_any_device() -> None:
    assert fields("!4sHH6s", data("digi-addp")) == (b"DIGI", 1, 6, b"\xff" * 6)

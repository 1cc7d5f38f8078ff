"""The query is one number."""

from tests.payload.reading import data, fields


def test_it_asks_for_the_firmware() -> None:
    assert fields("!I", data("lantronix")) == (0xF6,)

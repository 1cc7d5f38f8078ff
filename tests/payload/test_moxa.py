"""The search: its size counts itself."""

from tests.payload.reading import data, fields


def test_the_size_is_right() -> None:
    assert fields("!BBHI", data("moxa-nport")) == (1, 0, len(data("moxa-nport")), 0)

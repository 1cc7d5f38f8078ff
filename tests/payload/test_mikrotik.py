"""Header and sequence number, all zero."""

from tests.payload.reading import data, fields


def test_it_is_an_empty_announcement() -> None:
    assert fields("!HH", data("mikrotik-mndp")) == (0, 0)

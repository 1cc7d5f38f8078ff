"""The packet: its size counts itself."""

from tests.payload.reading import data, fields


def test_it_finds_a_server() -> None:
    assert fields("<HB", data("openttd")) == (len(data("openttd")), 0)

"""The frame and the command."""

from tests.payload.reading import data, fields


def test_one_datagram_asks_for_the_version() -> None:
    ident, sequence, datagrams, reserved, command = fields("!4H9s", data("memcached"))
    assert ident
    assert (sequence, datagrams, reserved, command) == (0, 1, 0, b"version\r\n")

"""The header of 23 bytes."""

from tests.payload.reading import data, fields


def test_the_ping_goes_no_further() -> None:
    guid, kind, ttl, hops, size = fields("<16sBBBI", data("gnutella"))
    assert guid != bytes(16)
    assert (kind, ttl, hops, size) == (0, 1, 0, 0)

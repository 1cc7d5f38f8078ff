"""One byte: the request for one host."""

from tests.payload.reading import data


def test_it_is_not_the_broadcast() -> None:
    assert data("mssql-browser") == b"\x03"

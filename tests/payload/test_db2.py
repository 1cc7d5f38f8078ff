"""Two texts, each ended by a zero."""

from tests.payload.reading import data


def test_it_asks_for_the_address_and_names_a_release() -> None:
    command, release, end = data("db2").split(b"\0")
    assert command == b"DB2GETADDR"
    assert release.startswith(b"SQL")
    assert release[3:].isdigit()
    assert len(release) == 8
    assert end == b""

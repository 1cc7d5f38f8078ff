"""Two letters each."""

from tests.payload.reading import data


def test_name_and_status_are_asked_for() -> None:
    assert (data("pcanywhere-name"), data("pcanywhere-status")) == (b"NQ", b"ST")

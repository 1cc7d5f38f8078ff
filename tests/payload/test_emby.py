"""The questions, word for word: servers compare them with theirs."""

from tests.payload.reading import data


def test_both_are_asked_who_they_are() -> None:
    assert data("emby") == b"who is EmbyServer?"
    assert data("jellyfin") == b"who is JellyfinServer?"

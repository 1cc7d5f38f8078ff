"""The browser's message."""

from tests.payload.reading import data


def test_it_is_out_of_band_and_has_a_token() -> None:
    assert data("teeworlds")[:14] == b"\xff" * 10 + b"gie3"
    assert len(data("teeworlds")) == 15

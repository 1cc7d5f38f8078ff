"""Any datagram will do."""

from tests.payload.reading import payload


def test_it_is_a_line_of_text() -> None:
    assert payload("jenkins").data.decode("ascii").strip() == "periplus"
    assert payload("jenkins").ports == (33848,)

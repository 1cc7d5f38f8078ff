"""Lines end in CR LF, and an empty one ends them all."""

from tests.payload.reading import start_and_headers

from periplus.payload.text import lines


def test_lines_end_as_in_http() -> None:
    assert lines("A", "B: c") == b"A\r\nB: c\r\n\r\n"
    assert start_and_headers(lines("A", "B: c")) == ("A", {"b": "c"})

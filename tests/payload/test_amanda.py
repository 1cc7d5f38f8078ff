"""The request, word by word."""

import re

from tests.payload.reading import data


def test_it_asks_for_nothing() -> None:
    first, second, end = data("amanda").decode("ascii").split("\n")
    assert re.fullmatch(r"Amanda \d\.\d REQ HANDLE [0-9A-F]{3}-[0-9A-F]{8} SEQ \d+", first)
    assert (second, end) == ("SERVICE noop", "")

"""The command, field by field."""

from tests.payload.reading import data, fields


def test_it_discovers_and_wants_an_answer() -> None:
    assert fields("!BBHHH", data("gige-vision")) == (0x42, 1, 2, 0, 1)

"""Discovery: four letters and an empty value a field."""

from tests.payload.reading import data


def test_three_fields_are_asked_for() -> None:
    message = data("slimproto")
    asked = [message[start : start + 5] for start in range(1, len(message), 5)]
    assert message[:1] == b"e"
    assert asked == [b"NAME\0", b"JSON\0", b"VERS\0"]

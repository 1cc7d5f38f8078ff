"""The greeting, field by field."""

from tests.payload.reading import data, fields


def test_it_knows_no_device() -> None:
    assert fields("!HH28s", data("miio")) == (0x2131, len(data("miio")), b"\xff" * 28)

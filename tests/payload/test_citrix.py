"""The browser's message: its size counts itself."""

from tests.payload.reading import data, fields


def test_the_size_is_right() -> None:
    message = data("citrix-ica-browser")
    assert fields("<HBBI22s", message) == (len(message), 1, 0x30, 0xE3A8FD02, bytes(22))

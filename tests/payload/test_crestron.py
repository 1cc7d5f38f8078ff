"""The search: ten bytes and a name in a field of fixed size."""

from tests.payload.reading import data, fields


def test_the_name_is_padded() -> None:
    kind, _, name = fields("!B9s256s", data("crestron"))
    assert kind == 0x14
    assert isinstance(name, bytes)
    assert name.rstrip(b"\0") == b"periplus"

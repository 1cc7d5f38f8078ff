"""The ping, field by field."""

from tests.payload.reading import data, fields


def test_it_pings_outside_any_connection() -> None:
    kind, time, magic, client = fields("!BQ16sQ", data("minecraft-bedrock"))
    assert kind == 1
    assert time
    assert client
    assert magic == bytes.fromhex("00ffff00 fefefefe fdfdfdfd 12345678")

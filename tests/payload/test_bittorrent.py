"""The ping, read by a strict reader of bencoding, and the tracker's handshake."""

from tests.payload.reading import data, fields

Value = bytes | dict[bytes, "Value"]


def value(message: bytes) -> tuple[Value, bytes]:
    """Read a string or a dictionary, and return what follows."""
    if not message.startswith(b"d"):
        size, _, rest = message.partition(b":")
        assert len(rest) >= int(size)
        return rest[: int(size)], rest[int(size) :]
    message, found = message[1:], dict[bytes, Value]()
    while not message.startswith(b"e"):
        key, message = value(message)
        assert isinstance(key, bytes)
        found[key], message = value(message)
    assert list(found) == sorted(found)
    return found, message[1:]


def test_a_node_is_pinged() -> None:
    ping, rest = value(data("bittorrent-dht"))
    assert isinstance(ping, dict)
    assert rest == b""
    assert (ping[b"q"], ping[b"y"], ping[b"t"]) == (b"ping", b"q", b"p")
    assert isinstance(ping[b"a"], dict)
    assert len(ping[b"a"][b"id"]) == 20


def test_a_tracker_is_asked_for_a_connection() -> None:
    magic, action, transaction = fields("!QII", data("bittorrent-tracker"))
    assert (magic, action) == (0x41727101980, 0)
    assert transaction

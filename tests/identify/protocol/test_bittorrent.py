"""BitTorrent: the answers of BEP 5 and BEP 15 to a ping and a tracker's first message."""

import struct
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.bittorrent import NODE, PROTOCOLS, TRACKER, node_untrusted, tracker_untrusted

PROTOCOL, PROTOCOL_TRACKER = PROTOCOLS
PONG = b"d1:rd2:id20:mnopqrstuvwxyz123456e1:t1:p1:v4:LT\1\2" + b"1:y1:re"
CONNECTED = struct.pack("!IIQ", 0, 0x50657269, 1)
SCRIPTS: dict[str, list[Line]] = {
    "a node": [(">", NODE.data), ("<", PONG)],
    "a node without a version": [(">", NODE.data), ("<", PONG.replace(b"1:v4:LT\1\2", b""))],
    "an echo": [(">", NODE.data), ("<", NODE.data)],
}
TRACKERS: dict[str, list[Line]] = {
    "a tracker": [(">", TRACKER.data), ("<", CONNECTED)],
    "an echo": [(">", TRACKER.data), ("<", TRACKER.data)],
}
MORE_SCRIPTS = ((PROTOCOL_TRACKER, TRACKERS),)


def test_a_node() -> None:
    service = play(PROTOCOL, SCRIPTS["a node"])
    assert (service.protocol, service.product) == ("bittorrent-dht", "libtorrent")
    assert service.detail == {"node": b"mnopqrstuvwxyz123456".hex(), "client": "LT"}
    assert play(PROTOCOL, SCRIPTS["a node without a version"]).confidence == 0.96


def test_a_tracker() -> None:
    assert play(PROTOCOL_TRACKER, TRACKERS["a tracker"]).protocol == "bittorrent-tracker"


def test_echoes_are_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None
    assert play(PROTOCOL_TRACKER, TRACKERS["an echo"]).protocol is None


@given(damaged(PONG, CONNECTED))
def test_any_bytes(data: bytes) -> None:
    for parse in (node_untrusted, tracker_untrusted):
        with suppress(BadReply):
            parse(data)

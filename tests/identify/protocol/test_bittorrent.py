"""BitTorrent: by BEP 5 and BEP 15, and by bittorrent-dht 11, bittorrent-tracker 11 and opentracker of Debian 12."""

import struct
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.bittorrent import (
    NODE,
    PROTOCOLS,
    TRACKER,
    node_untrusted,
    tracker_looks_untrusted,
    tracker_untrusted,
)

PROTOCOL, PROTOCOL_TRACKER = PROTOCOLS
PONG = b"d1:rd2:id20:mnopqrstuvwxyz123456e1:t1:p1:v4:LT\1\2" + b"1:y1:re"
CONNECTED = struct.pack("!IIQ", 0, 0x50657269, 1)
OPENTRACKER = bytes.fromhex("0000000050657269101e89bb09410750")
MISMATCH = b"\0\0\0\3\0\1\x86\xa0Connection ID missmatch.\0"  # opentracker's to the question of ONC RPC
SCRIPTS: dict[str, list[Line]] = {
    "a node": [(">", NODE.data), ("<", PONG)],
    "a node without a version": [(">", NODE.data), ("<", PONG.replace(b"1:v4:LT\1\2", b""))],
    "libtorrent 2.1.1 of PyPI": [
        (">", NODE.data),
        (
            "<",
            (
                b"d2:ip6:\xc6\x12\0\2\x91\xdb1:rd2:id20:M-N\xf5Y\xbeB\x86\xb8\x0b\xd5\xf8\xfbo\xcd\t\xd5\xc3\x86"
                b"\xe21:pi37339ee1:t1:p1:v4:LT\2\x111:y1:re"
            ),
        ),
    ],
    "bittorrent-dht 11.0.12": [
        (">", NODE.data),
        ("<", b"d1:rd2:id20:\xc52\xd9?\xb77\x9c\n\xa7\x006\xe8\x07\xbe\xe4\xa9KXw\te1:t1:p1:y1:re"),
    ],
    "an echo": [(">", NODE.data), ("<", NODE.data)],
}
TRACKERS: dict[str, list[Line]] = {
    "a tracker": [(">", TRACKER.data), ("<", CONNECTED)],
    "opentracker of Debian 12": [(">", TRACKER.data), ("<", OPENTRACKER)],
    "bittorrent-tracker 11.2.3": [(">", TRACKER.data), ("<", b"\0\0\0\0Peri" + TRACKER.data[:8])],
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
    for name in ("opentracker of Debian 12", "bittorrent-tracker 11.2.3"):
        assert play(PROTOCOL_TRACKER, TRACKERS[name]).confidence == 0.97
    assert (tracker_looks_untrusted(MISMATCH), tracker_looks_untrusted(MISMATCH[1:])) == (0.95, 0)


def test_other_nodes() -> None:
    assert play(PROTOCOL, SCRIPTS["libtorrent 2.1.1 of PyPI"]).product == "libtorrent"
    assert play(PROTOCOL, SCRIPTS["bittorrent-dht 11.0.12"]).confidence == 0.96


def test_echoes_are_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None
    assert play(PROTOCOL_TRACKER, TRACKERS["an echo"]).protocol is None


@given(damaged(PONG, CONNECTED, MISMATCH))
def test_any_bytes(data: bytes) -> None:
    for parse in (node_untrusted, tracker_untrusted):
        with suppress(BadReply):
            parse(data)
    assert 0 <= tracker_looks_untrusted(data) <= 1

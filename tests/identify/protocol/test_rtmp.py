"""RTMP, by the specification's handshake, and by how nginx's module 1.2.2 of Debian 12 answers on the loopback."""

import hashlib

import pytest
from tests.identify.script import PEER, Line, play

from periplus.identify.protocol.rtmp import PLAIN, PROTOCOL, SIZE, VERSION

RANDOM = hashlib.shake_128(PEER.nonce).digest(SIZE - PLAIN)
C1 = bytes(PLAIN) + RANDOM
S1 = b"\0\0\x10\0\3\5\7\1" + bytes(SIZE - PLAIN)
SCRIPTS: dict[str, list[Line]] = {
    "as specified": [(">", VERSION + C1), ("<", VERSION + S1 + b"\0\0\0\0\0\0\x10\0" + RANDOM)],
    "nginx, which returns them twice": [(">", VERSION + C1), ("<", VERSION + C1 + C1)],
}


def test_handshakes() -> None:
    service = play(PROTOCOL, SCRIPTS["as specified"])
    assert (service.protocol, service.confidence) == ("rtmp", 0.97)
    assert service.detail == {"uptime_ms": 4096, "server_version": "3.5.7.1"}
    assert play(PROTOCOL, SCRIPTS["nginx, which returns them twice"]).protocol == "rtmp"


@pytest.mark.parametrize("said", [VERSION + C1, VERSION + bytes(2 * SIZE), b"\x04" + C1 * 2])
def test_what_is_none(said: bytes) -> None:
    assert play(PROTOCOL, [(">", None), ("<", said)]).protocol is None

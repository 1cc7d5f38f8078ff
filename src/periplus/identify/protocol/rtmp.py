"""RTMP: the simple handshake, C0 and C1 answered by S0, S1 and S2; no stream is named.

Adobe's Real Time Messaging Protocol 1.0, section 5.2.

Identified once S2 returns the random bytes of our C1. An echo returns them too early, as S1, and then has no more;
nginx-rtmp sends them as both.
"""

import hashlib
import struct

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL"]

VERSION = b"\x03"
SIZE, PLAIN = 1_536, 8  # of C1, and what of it is not random


def talk_untrusted(peer: Peer) -> Talk:
    """Shake hands."""
    c1 = bytes(PLAIN) + hashlib.shake_128(peer.nonce).digest(SIZE - PLAIN)
    yield Say(VERSION + c1)
    if (yield Exactly(1)) != VERSION:
        raise BadReply("no version of RTMP")
    s1 = yield Exactly(SIZE)
    s2 = yield Exactly(SIZE)
    if s2[PLAIN:] != c1[PLAIN:]:
        raise BadReply("our random bytes do not come back")
    yield Known(0.97, "returned our random bytes")
    uptime_ms, *version = struct.unpack_from("!I4B", s1)
    yield Told(detail={"uptime_ms": uptime_ms, "server_version": ".".join(map(str, version))})


PROTOCOL = Protocol(
    name="rtmp",
    title="Real Time Messaging Protocol",
    source="Adobe RTMP 1.0",
    talk=talk_untrusted,
    ports=(1935, 1936),
    rarity=7,
)

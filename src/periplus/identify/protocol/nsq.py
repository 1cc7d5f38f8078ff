"""NSQ: a daemon's features, which it tells a client that negotiates.

NSQ TCP Protocol Spec, IDENTIFY with `feature_negotiation`; it is no login and subscribes to nothing.

Identified by a response frame with an object that has the daemon's version.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.frames import framed
from periplus.identify.jsontext import chosen_texts, object_untrusted
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "features_untrusted", "looks_untrusted"]

WANTED = b'{"client_id":"periplus","feature_negotiation":true}'
QUESTION = b"  V2IDENTIFY\n" + struct.pack("!I", len(WANTED)) + WANTED
RESPONSE = 0
SHOWN = ("version", "tls_v1", "auth_required", "deflate", "snappy", "max_rdy_count")


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of NSQ: a frame by type, and its errors' names."""
    if data[4:8] == bytes(4) and data[8:9] == b"{" and b'"max_rdy_count"' in data:
        return 0.95
    return 0.9 if data[4:8] == b"\0\0\0\1" and data[8:].startswith(b"E_BAD_PROTOCOL") else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Negotiate."""
    yield Say(QUESTION)
    said = features_untrusted((yield from framed(4, 0, 4, most=8_192)))
    yield Known(0.97, "features of NSQ")
    yield Told(product="nsqd", vendor="NSQ", version=str(said.get("version", "")) or None, detail=said)


def features_untrusted(frame: bytes) -> dict[str, Detail]:
    """Return the features that a reader may want; raises BadReply."""
    found = object_untrusted(frame[8:])
    if frame[4:8] != bytes(4) or "max_rdy_count" not in found:
        raise BadReply("no features of NSQ")
    return chosen_texts(found, SHOWN)


PROTOCOL = Protocol(
    name="nsq",
    title="NSQ",
    source="NSQ TCP Protocol Spec",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(4150,),
    rarity=8,
)

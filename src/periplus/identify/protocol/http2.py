"""HTTP/2 of those who speak nothing older: the server's settings in answer to the preface, then pages.

RFC 9113; in plain text by prior knowledge (section 3.3), inside TLS where that agrees on ``h2`` (section 3.2). What
is asked is what HTTP/1.1 is asked (`http/explore.py`), over one connection. gRPC is spoken over it, by POST: its
servers answer that we do not, in headers of their own.

Identified by a SETTINGS frame on stream 0 whose length is right; surely by an answer over it.
"""

import struct

from periplus.identify.http.explore import explored_untrusted
from periplus.identify.http.texts import told_untrusted
from periplus.identify.http.two import ALPN, GO_AWAY, MOST_SETTINGS, NAMES, Client, first_settings
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

BY_SETTINGS = 0.65  # most that speak it speak HTTP/1.1 too, which tells more: so that is asked as well
GRPC = "application/grpc"


def looks_untrusted(data: bytes) -> float:
    """How sure bytes make of HTTP/2: a whole SETTINGS frame, the surer with settings in it that are known."""
    length = int.from_bytes(data[:3], "big")
    if data[3:9] != b"\4\0\0\0\0\0" or length % 6 or length > 6 * MOST_SETTINGS or len(data) < 9 + length:
        return 0.0
    keys = [key for key, _ in struct.iter_unpack("!HI", data[9 : 9 + length])]
    return 0.9 if keys and all(key in NAMES for key in keys) else 0.5


def talk_untrusted(peer: Peer) -> Talk:
    """Begin HTTP/2, take the settings, and ask for pages."""
    client = Client()
    yield Say(client.begins())
    frame, said = yield from first_settings()
    yield Known(BY_SETTINGS, "SETTINGS of HTTP/2")
    yield Told(detail={"http2": said})
    client.take_untrusted(frame)
    first = yield from client.ask(peer)
    yield Known(0.97, f"an answer over HTTP/2, {first.status}")
    yield told_untrusted(first, "/")
    if first.get("content-type").startswith(GRPC):
        yield Told(info="gRPC")
    else:
        yield from explored_untrusted(peer, first, client.ask)
    yield Say(GO_AWAY)


PROTOCOL = Protocol(
    name="http2",
    title="Hypertext Transfer Protocol version 2",
    source="RFC 9113",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(50051,),
    alpn=(ALPN,),
    rarity=5,
)

"""HTTP/2 in plain text by prior knowledge: the client's preface and settings, answered by the server's settings.

RFC 9113 sections 3.3, 3.4, 4.1 and 6.5. A server's settings and their order tell implementations apart.

Identified by a SETTINGS frame on stream 0 whose length is right.

Limits: no request follows. Who speaks HTTP/2 and no HTTP/1.1 in plain text is hardly ever anything but gRPC, which
names no product, so a decoder for compressed headers would earn nothing. Inside TLS the client offers HTTP/1.1.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told

__all__ = ["PREFACE", "PROTOCOL", "looks_untrusted", "settings_untrusted"]

CONFIDENCE = 0.65  # most that speak it speak HTTP/1.1 too, which tells more: so that is asked as well

SETTINGS, GOAWAY = 0x4, 0x7
EMPTY_SETTINGS = b"\0\0\0\4\0\0\0\0\0"
ACKNOWLEDGED = b"\0\0\0\4\1\0\0\0\0"
GO_AWAY = b"\0\0\x08\7\0\0\0\0\0" + bytes(8)  # no error
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + EMPTY_SETTINGS
MOST_SETTINGS = 32
NAMES = {
    1: "header_table_size", 2: "enable_push", 3: "max_concurrent_streams", 4: "initial_window_size",
    5: "max_frame_size", 6: "max_header_list_size", 8: "enable_connect_protocol",
}  # fmt: skip


def looks_untrusted(data: bytes) -> float:
    """How sure bytes make of HTTP/2: a whole SETTINGS frame, the surer with settings in it that are known."""
    length = int.from_bytes(data[:3], "big")
    if data[3:9] != b"\4\0\0\0\0\0" or length % 6 or length > 6 * MOST_SETTINGS or len(data) < 9 + length:
        return 0.0
    keys = [key for key, _ in struct.iter_unpack("!HI", data[9 : 9 + length])]
    return 0.9 if keys and all(key in NAMES for key in keys) else 0.5


def talk_untrusted(peer: Peer) -> Talk:
    """Begin HTTP/2, take the settings, and part."""
    yield Say(PREFACE)
    head = yield Exactly(9)
    length = int.from_bytes(head[:3], "big")
    if head[3:] != b"\4\0\0\0\0\0" or length % 6 or length > 6 * MOST_SETTINGS:
        raise BadReply("no SETTINGS frame")
    said = settings_untrusted((yield Exactly(length)) if length else b"")
    yield Known(CONFIDENCE, "SETTINGS of HTTP/2")
    yield Told(detail=said)
    yield Say(ACKNOWLEDGED + GO_AWAY)


def settings_untrusted(payload: bytes) -> dict[str, Detail]:
    """Return the settings by name, and all as one text in their order; raises BadReply."""
    if len(payload) % 6:
        raise BadReply("SETTINGS is cut short")
    pairs = [(key, value) for key, value in struct.iter_unpack("!HI", payload)]
    named: dict[str, Detail] = {NAMES[key]: value for key, value in pairs if key in NAMES}
    return {"settings": named, "order": ";".join(f"{key}:{value}" for key, value in pairs)}


PROTOCOL = Protocol(
    name="http2",
    title="Hypertext Transfer Protocol version 2",
    source="RFC 9113",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(50051,),
    rarity=5,
)

"""MQTT 5 and 3.1.1: what a broker answers to a client without name, user or password, then its version.

OASIS MQTT 5.0 and 3.1.1, sections 3.1 (CONNECT), 3.2 (CONNACK), 3.8 (SUBSCRIBE), 3.14 (DISCONNECT). A session is
the only way to speak MQTT: ours is clean, has no will and ends with DISCONNECT. Where it is let in, the one thing
asked for is the broker's own version, which brokers publish below ``$SYS``.

Identified by CONNACK; a refusal, as for want of a user, is one too.
"""

import struct
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Afresh, Detail, Ended, Exactly, Known, Say, Talk, Told, Want

__all__ = ["PROTOCOL", "connack_untrusted", "looks_untrusted", "publish_untrusted"]

CONNACK, PUBLISH, SUBACK = 2, 3, 9
V5, V311 = 5, 4
KEEP_ALIVE_S = 10
MOST, MOST_PACKETS = 8_192, 6
DISCONNECT = b"\xe0\0"
TOPICS = (b"$SYS/broker/version", b"$SYS/brokers/+/version")
CODES = {
    0: "accepted", 1: "protocol version refused", 2: "client id refused", 3: "unavailable", 4: "bad user or password",
    5: "not authorized", 0x84: "protocol version refused", 0x85: "client id refused", 0x86: "bad user or password",
    0x87: "not authorized", 0x88: "unavailable", 0x89: "busy", 0x8A: "banned", 0x8C: "bad authentication method",
}  # fmt: skip
WIDE = {
    0x11: 4, 0x21: 2, 0x24: 1, 0x25: 1, 0x27: 4, 0x22: 2, 0x28: 1, 0x29: 1, 0x2A: 1, 0x13: 2,
    0x02: 4, 0x01: 1, 0x23: 2,
}  # fmt: skip
NAMES = {
    0x1F: "reason", 0x22: "topic_aliases", 0x21: "receive_maximum", 0x24: "maximum_qos",
    0x25: "retain", 0x27: "maximum_packet", 0x28: "wildcards", 0x29: "subscription_ids",
    0x2A: "shared", 0x13: "keep_alive", 0x11: "session_expiry", 0x12: "client_id",
    0x1A: "response_information", 0x1C: "server_reference", 0x15: "authentication_method",
}  # fmt: skip
USER_PROPERTY = 0x26


def connect(version: int) -> bytes:
    """Return CONNECT: clean, nobody."""
    body = (
        b"\0\4MQTT"
        + bytes([version, 2])
        + struct.pack("!H", KEEP_ALIVE_S)
        + (b"\0" if version == V5 else b"")
    )
    body += b"\0\0"
    return bytes([0x10, len(body)]) + body


def subscribe(version: int) -> bytes:
    """Return SUBSCRIBE to the broker's version, at most once."""
    topics = b"".join(struct.pack("!H", len(each)) + each + b"\0" for each in TOPICS)
    body = b"\0\1" + (b"\0" if version == V5 else b"") + topics
    return bytes([0x82, len(body)]) + body


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of MQTT: a whole CONNACK of 3.1.1 has but four bytes."""
    if data[:2] == b"\x20\2" and len(data) == 4 and data[2] <= 1 and data[3] <= 5:
        return 0.75
    return (
        0.8
        if data[:1] == b"\x20" and len(data) == (data[1:2] or b"\0")[0] + 2 and data[3:4] in b"\0\x84\x87"
        else 0.0
    )


def _packet() -> Generator[Want, bytes, tuple[int, bytes]]:
    """Take a packet; return its type and its body."""
    kind = (yield Exactly(1))[0] >> 4
    length = 0
    for place in range(3):
        byte = (yield Exactly(1))[0]
        length |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            break
    if length > MOST:
        raise BadReply("a packet without end")
    return kind, (yield Exactly(length)) if length else b""


def talk_untrusted(peer: Peer) -> Talk:
    """Connect by version 5, else by 3.1.1; then ask for the broker's version."""
    for version in (V5, V311):
        if version == V311:
            yield Afresh()
        yield Say(connect(version))
        try:
            kind, body = yield from _packet()
        except Ended:
            if version == V311:
                raise
            continue
        code, detail = connack_untrusted(kind, body)
        if version == V311 or len(body) > 2:
            break
    yield Known(0.93, f"CONNACK to a CONNECT of version {version}")
    info = None if not code else CODES.get(code, f"refused with {code:#x}")
    yield Told(info=info, detail={"protocol": "5" if version == V5 else "3.1.1", "code": code, **detail})
    if not code:
        yield from _ask_version(version)
        yield Say(DISCONNECT)


def _ask_version(version: int) -> Generator[Want, bytes, None]:
    yield Say(subscribe(version))
    for _ in range(MOST_PACKETS):
        try:
            kind, body = yield from _packet()
        except Ended:
            return
        if kind == PUBLISH:
            topic, text = publish_untrusted(body, version)
            yield Told(texts={"mqtt.version": f"{topic} {text}"}, detail={"topic": topic, "version": text})
            return


def connack_untrusted(kind: int, body: bytes) -> tuple[int, dict[str, Detail]]:
    """Return the code of a CONNACK and its properties; raises BadReply."""
    cursor = Cursor(body)
    if kind != CONNACK or cursor.number(1) > 1:
        raise BadReply("no CONNACK")
    code = cursor.number(1)
    if code not in CODES and code < 0x80:
        raise BadReply("no code of a CONNACK")
    return code, _properties(Cursor(cursor.sized(1))) if cursor.left else {}


def _properties(cursor: Cursor) -> dict[str, Detail]:
    found: dict[str, Detail] = {}
    while cursor.left:
        kind = cursor.number(1)
        if kind == USER_PROPERTY:
            found[printable(cursor.sized(2))] = printable(cursor.sized(2))
        elif kind in WIDE:
            found[NAMES.get(kind, str(kind))] = cursor.number(WIDE[kind])
        else:
            found[NAMES.get(kind, str(kind))] = printable(cursor.sized(2))
    return found


def publish_untrusted(body: bytes, version: int) -> tuple[str, str]:
    """Return topic and text of a message without identifier; raises BadReply."""
    cursor = Cursor(body)
    topic = printable(cursor.sized(2))
    if version == V5:
        cursor.sized(1)
    return topic, printable(cursor.rest()[:256])


PROTOCOL = Protocol(
    name="mqtt",
    title="MQTT",
    source="OASIS MQTT 5.0",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(1883, 1884),
    tls_ports=(8883, 8884),
    rarity=3,
)

"""MySQL and MariaDB: the server's handshake, then TLS if it has it; and the X protocol's list of capabilities.

MySQL Internals "Connection Phase" (protocol 10 and 9, error packets, SSLRequest); X Protocol,
mysqlx_connection.proto. The handshake names version, capabilities and how it authenticates; nothing is answered
but the request for TLS.

Limits: a server counts connections that end before a login, and shuts out a host with `max_connect_errors` of them
(100 by default) and none that came further. So an audit of its TLS makes few, and may end before all is asked.

Identified by a handshake whose fields all fit, or by an error packet in a server's first place.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.protobuf import message_untrusted
from periplus.identify.talk import Detail, Known, Say, Secure, Talk, Told

__all__ = ["PROTOCOLS", "capabilities_untrusted", "handshake_untrusted", "upgrade_untrusted"]

PROTOCOL_9, PROTOCOL_10, ERROR = 9, 10, 0xFF
CONNECT_FAULTS = (
    1040,
    1129,
    1130,
    1203,
    1226,
)  # too many, blocked, not allowed: what is said instead of a greeting
TLS, PROTOCOL_41, SECURE_CONNECTION, PLUGIN = 0x800, 0x200, 0x8000, 0x80000
NAMES = {0x20: "compress", TLS: "tls", 0x1000000: "session-track", 0x4000000: "zstd", PLUGIN: "plugin-auth"}
UTF8 = 33
TLS_REQUEST = struct.pack("<IIB23x", TLS | PROTOCOL_41 | SECURE_CONNECTION | PLUGIN, 1 << 24, UTF8)
ASK_TLS = struct.pack("<I", len(TLS_REQUEST) | 1 << 24) + TLS_REQUEST
MOST = 4_096

X_GET, X_CAPABILITIES, X_NOTICE = 1, 2, 11
X_HELLO = b"\5\0\0\0\x0b\x08\5\x1a\0"


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of MySQL."""
    if len(data) < 7 or data[1:4] != bytes(3) or data[0] < 7:
        return 0.0
    if data[4] in (PROTOCOL_9, PROTOCOL_10):
        return 0.9 if data[5:6].isdigit() and b"." in data[5:12] else 0.0
    return 0.9 if data[4] == ERROR and int.from_bytes(data[5:7], "little") in CONNECT_FAULTS else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the handshake; ask for TLS if it is offered."""
    packet = yield from framed(4, 0, 3, order="little", most=MOST)
    body = packet[4:]
    if body[:1] == bytes([ERROR]):
        if not looks_untrusted(packet):
            raise BadReply("an error that no greeting of MySQL has")
        text = printable(body[3:])
        yield Known(0.95, "an error packet instead of a greeting")
        yield Told(
            info=text, texts={"mysql.error": text}, detail={"code": int.from_bytes(body[1:3], "little")}
        )
        return
    version, flags, detail = handshake_untrusted(body)
    yield Known(0.98, f"handshake of protocol {body[0]}")
    yield Told(texts={"mysql.version": version}, detail=detail)
    if flags & TLS:
        yield Say(ASK_TLS)
        yield Secure()


def upgrade_untrusted(peer: Peer) -> Talk:
    """Take the handshake and begin TLS."""
    body = (yield from framed(4, 0, 3, order="little", most=MOST))[4:]
    if body[:1] == bytes([ERROR]):
        raise BadReply(printable(body[3:]))
    if not handshake_untrusted(body)[1] & TLS:
        raise BadReply("it does not begin TLS")
    yield Say(ASK_TLS)
    yield Secure()


def handshake_untrusted(body: bytes) -> tuple[str, int, dict[str, Detail]]:
    """Return version, capabilities, and what a reader may want; raises BadReply."""
    cursor = Cursor(body, order="little")
    protocol, version = cursor.number(1), printable(cursor.until())
    thread = cursor.number(4)
    if protocol not in (PROTOCOL_9, PROTOCOL_10) or not version[:1].isdigit():
        raise BadReply("no handshake of MySQL")
    detail: dict[str, Detail] = {"protocol": protocol, "version": version, "thread": thread}
    if protocol == PROTOCOL_9:
        return version, 0, detail
    cursor.take(8)
    if cursor.number(1):
        raise BadReply("no handshake of MySQL")
    flags = cursor.number(2)
    if cursor.left >= 16:
        cursor.take(3)
        flags |= cursor.number(2) << 16
        more = cursor.number(1)
        cursor.take(10)
        cursor.take(min(max(13, more - 8), cursor.left))
        detail["auth_plugin"] = printable(cursor.rest()) if flags & PLUGIN else None
    detail["capabilities"] = [name for flag, name in NAMES.items() if flags & flag]
    return version, flags, detail


def x_looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of the X protocol: servers since 8.0.16 greet with an empty notice."""
    return 0.95 if data.startswith(X_HELLO) else 0.0


def x_talk_untrusted(peer: Peer) -> Talk:
    """Ask for the capabilities."""
    yield Say(struct.pack("<IB", 1, X_GET))
    frame = yield from framed(4, 0, 4, order="little", most=MOST)
    if frame[4:5] == bytes([X_NOTICE]):
        frame = yield from framed(4, 0, 4, order="little", most=MOST)
    names, texts = capabilities_untrusted(frame[4:])
    yield Known(0.98, "capabilities of the X protocol")
    yield Told(product="MySQL", vendor="Oracle", detail={"capabilities": [*names], "values": [*texts]})


def capabilities_untrusted(body: bytes) -> tuple[list[str], list[str]]:
    """Return the names of the capabilities, and the texts among their values; raises BadReply."""
    if body[:1] != bytes([X_CAPABILITIES]):
        raise BadReply("no capabilities of the X protocol")
    names: list[bytes] = []
    texts: list[bytes] = []
    for number, capability in message_untrusted(body[1:]):
        if number == 1 and isinstance(capability, bytes):
            for part, value in message_untrusted(capability):
                if isinstance(value, bytes):
                    (names if part == 1 else texts).append(value)
    if not any(name in (b"authentication.mechanisms", b"doc.formats") for name in names):
        raise BadReply("no capabilities of the X protocol")
    found = [text for value in texts for text in _texts(value)]
    return [printable(each) for each in names], found


def _texts(data: bytes, depth: int = 0) -> list[str]:
    """Return the strings somewhere in a value, which is a message in messages."""
    if depth < 5 and data:
        try:
            parts = [value for _, value in message_untrusted(data) if isinstance(value, bytes)]
        except BadReply:
            parts = []
        if parts:
            return [text for part in parts for text in _texts(part, depth + 1)]
    text = printable(data)
    return [text] if text.isascii() and text.isprintable() and len(text) > 1 else []


PROTOCOLS = (
    Protocol(
        name="mysql",
        title="MySQL",
        source="MySQL Internals: Connection Phase",
        talk=talk_untrusted,
        looks=looks_untrusted,
        ports=(3306, 3307, 3308),
        first=First.SERVER,
        rarity=2,
        upgrade=upgrade_untrusted,
        most_upgrades=45,
    ),
    Protocol(
        name="mysqlx",
        title="MySQL X protocol",
        source="X Protocol, mysqlx_connection.proto",
        talk=x_talk_untrusted,
        looks=x_looks_untrusted,
        ports=(33060,),
        rarity=8,
    ),
)

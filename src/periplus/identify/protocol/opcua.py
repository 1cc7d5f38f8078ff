"""OPC UA: the transport's hello, a channel without security, and which applications the server knows.

OPC UA Part 6, 7.1 (OPC UA TCP) and 6.7 (secure conversation); Part 4, 5.4.2 (FindServers). That service needs no
session and nobody logs in; the channel is closed after it.

Identified by the acknowledgement of our hello.

Limits: of the answer only the first application is read.
"""

import struct
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told, Want

__all__ = ["PROTOCOL", "application_untrusted", "channel_untrusted", "looks_untrusted"]

MOST = 65_535
NO_TEXT = b"\xff\xff\xff\xff"
POLICY_NONE = b"http://opcfoundation.org/UA/SecurityPolicy#None"
OPEN_REQUEST, OPEN_RESPONSE, FIND_REQUEST, FIND_RESPONSE, CLOSE_REQUEST = 446, 449, 422, 425, 452
ISSUE, MODE_NONE, LIFETIME_MS = 0, 1, 60_000
TYPES = {0: "server", 1: "client", 2: "client and server", 3: "discovery server"}


def text(value: bytes) -> bytes:
    """Return a string behind its length."""
    return struct.pack("<i", len(value)) + value


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a message of one chunk."""
    return kind + b"F" + struct.pack("<I", 8 + len(body)) + body


def request(number: int, body: bytes) -> bytes:
    """Return a request's type and header, and its body."""
    header = b"\0\0" + struct.pack("<qII", 0, 1, 0) + NO_TEXT + struct.pack("<I", 5_000) + b"\0\0\0"
    return struct.pack("<BBH", 1, 0, number) + header + body


def url(peer: Peer) -> bytes:
    """Return the endpoint's address."""
    return f"opc.tcp://{peer.authority}".encode()


def hello(peer: Peer) -> bytes:
    """Return the hello."""
    return chunk(b"HEL", struct.pack("<IIIII", 0, MOST, MOST, MOST, 1) + text(url(peer)))


def open_channel() -> bytes:
    """Return the request for a channel without security."""
    head = struct.pack("<I", 0) + text(POLICY_NONE) + NO_TEXT + NO_TEXT + struct.pack("<II", 1, 1)
    return chunk(
        b"OPN",
        head
        + request(
            OPEN_REQUEST, struct.pack("<III", 0, ISSUE, MODE_NONE) + NO_TEXT + struct.pack("<I", LIFETIME_MS)
        ),
    )


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it."""
    if (
        data[:4] in (b"ACKF", b"ERRF")
        and len(data) >= 8
        and 16 <= int.from_bytes(data[4:8], "little") <= MOST
    ):
        return 0.95
    return 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Say hello, open a channel, ask for servers, close the channel."""
    yield Say(hello(peer))
    kind, _ = yield from _chunk()
    if kind not in (b"ACKF", b"ERRF"):
        raise BadReply("no acknowledgement of OPC UA")
    yield Known(0.97, f"{kind[:3].decode()} to our hello")
    if kind == b"ERRF":
        return
    yield Say(open_channel())
    channel, token = channel_untrusted((yield from _chunk()))
    head = struct.pack("<II", channel, token)
    body = text(url(peer)) + NO_TEXT + NO_TEXT
    yield Say(chunk(b"MSG", head + struct.pack("<II", 2, 2) + request(FIND_REQUEST, body)))
    told = application_untrusted((yield from _chunk()))
    yield told
    yield Say(chunk(b"CLO", head + struct.pack("<II", 3, 3) + request(CLOSE_REQUEST, b"")))


def _chunk() -> Generator[Want, bytes, tuple[bytes, bytes]]:
    head = yield Exactly(8)
    size = int.from_bytes(head[4:], "little")
    if not 16 <= size <= MOST:
        raise BadReply("no message of OPC UA")
    return head[:4], (yield Exactly(size - 8))


def _string(cursor: Cursor) -> str:
    size = cursor.number(4, "little")
    return "" if size == 0xFFFFFFFF else cursor.take(size).decode("utf-8", "replace")


def _response(cursor: Cursor, wanted: int) -> None:
    """Pass the header of the wanted response; raises BadReply where it is another or failed."""
    if cursor.number(2, "little") != 1 or cursor.number(2, "little") != wanted:
        raise BadReply("another response")
    cursor.take(12)
    result, diagnostics = cursor.number(4, "little"), cursor.number(1)
    if result or diagnostics:
        raise BadReply(f"the server refuses: {result:#010x}")
    count = cursor.number(4, "little")
    for _ in range(0 if count == 0xFFFFFFFF else min(count, 100)):
        _string(cursor)
    cursor.take(3)


def channel_untrusted(message: tuple[bytes, bytes]) -> tuple[int, int]:
    """Return channel and token; raises BadReply."""
    cursor = Cursor(message[1])
    cursor.take(4)
    for _ in range(3):
        _string(cursor)
    cursor.take(8)
    if message[0] != b"OPNF":
        raise BadReply("no channel")
    _response(cursor, OPEN_RESPONSE)
    cursor.take(4)
    return cursor.number(4, "little"), cursor.number(4, "little")


def application_untrusted(message: tuple[bytes, bytes]) -> Told:
    """Return the first application of the answer to FindServers; raises BadReply."""
    cursor = Cursor(message[1])
    cursor.take(16)
    if message[0] != b"MSGF":
        raise BadReply("no answer to FindServers")
    _response(cursor, FIND_RESPONSE)
    count = cursor.number(4, "little")
    if not 0 < count < 1_000:
        raise BadReply("no application")
    uri, product = _string(cursor), _string(cursor)
    mask = cursor.number(1)
    locale = _string(cursor) if mask & 1 else ""
    name = _string(cursor) if mask & 2 else ""
    kind = cursor.number(4, "little")
    detail: dict[str, Detail] = {"applications": count, "uri": uri, "product_uri": product, "name": name}
    detail |= {"type": TYPES.get(kind, kind), "locale": locale}
    return Told(texts={"opcua.application": f"{name} {product} {uri}"}, info=name or None, detail=detail)


PROTOCOL = Protocol(
    name="opcua-tcp",
    title="OPC UA",
    source="OPC UA Part 6 and Part 4",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(4840, 4841, 48010, 53530),
    rarity=8,
    careful=True,
)

"""Mumble: the ping of the server list over UDP, and the version that a server says first inside TLS.

Mumble protocol documentation: UDP ping; message type 0, Version (protocol buffers). Nobody is logged in.

Identified by a pong with our number; inside TLS by a Version message.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import First, Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Exactly, Known, Talk, Told
from periplus.payload.mumble import IDENT, PAYLOADS

__all__ = ["PROTOCOLS", "looks_untrusted", "pong_untrusted", "version_untrusted"]

PONG_SIZE = 24
MOST_VERSION = 4_096
VERSION_1, RELEASE, SYSTEM, SYSTEM_VERSION = 1, 2, 3, 4
NUMBER, BYTES = 0, 2  # wire types of protocol buffers


def pong_untrusted(data: bytes) -> Answered:
    """Read a pong; raises BadReply."""
    cursor = Cursor(data)
    if len(data) != PONG_SIZE:
        raise BadReply("no pong of Mumble")
    cursor.take(1)
    version = ".".join(str(cursor.number(1)) for _ in range(3))
    if cursor.number(8) != IDENT:
        raise BadReply("not our number")
    detail: dict[str, Detail] = {
        "users": cursor.number(4),
        "max_users": cursor.number(4),
        "bandwidth": cursor.number(4),
    }
    told = Told(texts={"mumble.version": version}, version=version, detail=detail)
    return Answered(0.97, "returned our number", told)


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of a Version message."""
    small = data[:4] == bytes(4) and 0 < int.from_bytes(data[4:6], "big") <= MOST_VERSION
    return 0.6 if small and data[6:7] in (b"\x08", b"\x12", b"\x28") else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the version."""
    head = yield Exactly(6)
    size = int.from_bytes(head[2:], "big")
    if head[:2] != bytes(2) or not 0 < size <= MOST_VERSION:
        raise BadReply("no Version message of Mumble")
    told = version_untrusted((yield Exactly(size)))
    yield Known(0.95, "a Version message")
    yield told


def version_untrusted(data: bytes) -> Told:
    """Return what a Version message says; raises BadReply."""
    cursor = Cursor(data)
    texts: dict[int, str] = {}
    number = 0
    while cursor.left:
        key = _varint(cursor)
        if key & 7 == NUMBER:
            value = _varint(cursor)
            number = value if key >> 3 == VERSION_1 else number
        elif key & 7 == BYTES:
            texts[key >> 3] = cursor.take(_varint(cursor)).decode("utf-8", "replace")
        else:
            raise BadReply("no Version message of Mumble")
    if not number or RELEASE not in texts:
        raise BadReply("a Version message without a version")
    version = f"{number >> 16}.{number >> 8 & 0xFF}.{number & 0xFF}"
    system = texts.get(SYSTEM_VERSION) or texts.get(SYSTEM)  # servers on Linux call their system X11
    return Told(
        texts={"mumble.version": version},
        version=version,
        os=system,
        detail={"release": texts[RELEASE]},
    )


def _varint(cursor: Cursor) -> int:
    number = 0
    for shift in range(0, 70, 7):
        byte = cursor.number(1)
        number |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return number
    raise BadReply("a number without end")


QUESTION = Question(PAYLOADS[0].data, pong_untrusted)
PROTOCOLS = (
    Protocol(
        name="mumble",
        title="Mumble",
        source="Mumble protocol, server ping",
        talk=talk_of(QUESTION),
        looks=looks_of(QUESTION),
        over=Over.UDP,
        ports=(64738,),
        rarity=8,
    ),
    Protocol(
        name="mumble",
        title="Mumble",
        source="Mumble protocol, Version message",
        talk=talk_untrusted,
        looks=looks_untrusted,
        tls_ports=(64738,),
        first=First.SERVER,
        rarity=9,
    ),
)

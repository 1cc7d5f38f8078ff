"""NBD, network block devices: the server's greeting, and the names of its exports where it tells them.

NBD protocol (proto.md): fixed newstyle greeting, NBD_OPT_LIST, NBD_OPT_ABORT; the oldstyle greeting, which has one
export and its size. No export is opened.

Identified by the magic numbers.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.talk import Detail, Ended, Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "export_untrusted", "looks_untrusted"]

MAGIC, OPTION_MAGIC, OLD_MAGIC = b"NBDMAGIC", b"IHAVEOPT", b"\0\0\x42\x02\x81\x86\x12\x53"
FIXED_NEWSTYLE, NO_ZEROES = 1, 2
ABORT, LIST = 2, 3
ACK, SERVER = 1, 2
REPLY_MAGIC = 0x3E889045565A9
MOST_EXPORTS = 20


def option(kind: int) -> bytes:
    """Return an option without data."""
    return OPTION_MAGIC + struct.pack("!II", kind, 0)


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of NBD."""
    return 0.99 if data.startswith((MAGIC + OPTION_MAGIC, MAGIC + OLD_MAGIC)) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the greeting; ask for the exports."""
    greeting = yield Exactly(16)
    if not looks_untrusted(greeting):
        raise BadReply("no greeting of NBD")
    yield Known(0.99, "the magic numbers")
    if greeting[8:] == OLD_MAGIC:
        yield Told(detail={"handshake": "oldstyle", "size": int.from_bytes((yield Exactly(8)), "big")})
        return
    flags = int.from_bytes((yield Exactly(2)), "big")
    yield Told(detail={"handshake": "newstyle", "fixed": bool(flags & FIXED_NEWSTYLE)})
    if not flags & FIXED_NEWSTYLE:
        return
    yield Say(struct.pack("!I", flags & (FIXED_NEWSTYLE | NO_ZEROES)) + option(LIST))
    names: list[Detail] = []
    for _ in range(MOST_EXPORTS):
        kind, name = export_untrusted((yield from framed(20, 16, 4, most=8_192)))
        if kind != SERVER:
            break
        names.append(name)
    yield Told(detail={"exports": names, "listed": kind in (ACK, SERVER)})
    yield Say(option(ABORT))
    try:
        yield Exactly(20, wait_s=0.5)
    except Ended:
        return


def export_untrusted(reply: bytes) -> tuple[int, str]:
    """Return the type of a reply to our question, and the export that it names; raises BadReply."""
    cursor = Cursor(reply)
    if cursor.number(8) != REPLY_MAGIC or cursor.number(4) != LIST:
        raise BadReply("no reply to NBD_OPT_LIST")
    kind = cursor.number(4)
    cursor.take(4)
    return kind, printable(cursor.sized(4)) if kind == SERVER else ""


PROTOCOL = Protocol(
    name="nbd",
    title="Network Block Device",
    source="NBD protocol (proto.md)",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(10809,),
    first=First.SERVER,
    rarity=7,
)

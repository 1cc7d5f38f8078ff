"""X11: what a server answers to a client without a key: its vendor and release, or why it refuses.

X Window System Protocol, chapter 8 (connection setup) and appendix B. A server that takes anybody says so by its
answer; no request follows.

Identified by an answer of version 11 whose lengths fit.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "setup_untrusted"]

QUESTION = struct.pack("<BxHHHH2x", ord("l"), 11, 0, 0, 0)
FAILED, SUCCESS, AUTHENTICATE = 0, 1, 2


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of X11."""
    if len(data) < 8 or data[0] > AUTHENTICATE or data[2:6] != b"\x0b\0\0\0":
        return 0.0
    reason = data[8 : 8 + data[1]]
    return 0.9 if data[0] == SUCCESS or (reason and reason.strip(b"\0\n").isascii()) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for a connection."""
    yield Say(QUESTION)
    answer = yield from framed(8, 6, 2, order="little", times=4)
    code, vendor, release, detail = setup_untrusted(answer)
    if code == SUCCESS:
        yield Known(0.98, "a connection was set up")
        yield Told(texts={"x11.vendor": f"{vendor} {release}"}, info="open to anybody", detail=detail)
        return
    yield Known(0.93, "a connection was refused")
    yield Told(info=vendor, texts={"x11.refusal": vendor}, detail=detail)


def setup_untrusted(data: bytes) -> tuple[int, str, int, dict[str, Detail]]:
    """Return the code, vendor (or reason) and release of an answer; raises BadReply."""
    cursor = Cursor(data, 0, "little")
    code, size, major, minor = cursor.number(1), cursor.number(1), cursor.number(2), cursor.number(2)
    if code > AUTHENTICATE or major != 11:
        raise BadReply("no answer of X11")
    cursor.take(2)
    detail: dict[str, Detail] = {"protocol": f"{major}.{minor}"}
    if code != SUCCESS:
        reason = printable(cursor.take(size) if code == FAILED else cursor.rest())
        if not reason.isprintable():
            raise BadReply("no reason")
        return code, reason, 0, {**detail, "reason": reason}
    release = cursor.number(4)
    cursor.take(12)
    vendor_size = cursor.number(2)
    cursor.take(14)
    vendor = printable(cursor.take(vendor_size))
    return code, vendor, release, {**detail, "vendor": vendor, "release": release}


PROTOCOL = Protocol(
    name="x11",
    title="X11",
    source="X Window System Protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=tuple(range(6000, 6010)),
    rarity=4,
)

"""HART-IP over UDP and TCP: a session is begun and closed; no device behind it is spoken to.

HCF_SPEC-085, section 10 (message header, session initiate and close).

Identified by the answer to our session's beginning.
"""

import struct
from collections.abc import Callable

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Some, Talk, Told

__all__ = ["PROTOCOLS", "looks_untrusted", "session_untrusted"]

VERSION_1, REQUEST, RESPONSE = 1, 0, 1
INITIATE, CLOSE = 0, 1
SEQUENCE, PRIMARY_HOST, IDLE_MS = 0x5065, 1, 10_000
HEAD, SIZE = 8, 13  # of a message without a body, as a refusal is, and of one that begins a session


def message(which: int, body: bytes = b"") -> bytes:
    """Return a request: header with its whole length, and body."""
    return struct.pack("!BBBBHH", VERSION_1, REQUEST, which, 0, SEQUENCE, HEAD + len(body)) + body


BEGIN = message(INITIATE, struct.pack("!BI", PRIMARY_HOST, IDLE_MS))


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it."""
    try:
        session_untrusted(data)
    except BadReply:
        return 0.0
    return 0.9


def session_untrusted(data: bytes) -> Told:
    """Return what the answer to a session's beginning says; raises BadReply."""
    cursor = Cursor(data)
    head = (cursor.number(1), cursor.number(1) & 0xF, cursor.number(1))
    status, sequence, size = cursor.number(1), cursor.number(2), cursor.number(2)
    if (
        head != (VERSION_1, RESPONSE, INITIATE)
        or sequence != SEQUENCE
        or size != len(data)
        or size not in (HEAD, SIZE)
    ):
        raise BadReply("no answer to the beginning of a session")
    detail: dict[str, Detail] = {"status": status}
    return Told(detail=detail)


def talk_over(over: Over) -> Callable[[Peer], Talk]:
    """Return the talk that begins a session and closes it, over this carrier."""

    def talk_untrusted(peer: Peer) -> Talk:
        yield Say(BEGIN)
        answer = (
            (yield Some()) if over is Over.UDP else (yield from framed(HEAD, 6, 2, more=-HEAD, most=SIZE))
        )
        told = session_untrusted(answer)
        yield Known(0.92, "refused our session" if told.detail["status"] else "began our session")
        yield told
        if not told.detail["status"]:
            yield Say(message(CLOSE))

    return talk_untrusted


PROTOCOLS = (
    Protocol(
        name="hart-ip",
        title="HART-IP",
        source="HCF_SPEC-085",
        talk=talk_over(Over.UDP),
        looks=looks_untrusted,
        over=Over.UDP,
        ports=(5094,),
        rarity=9,
        careful=True,
    ),
    Protocol(
        name="hart-ip",
        title="HART-IP",
        source="HCF_SPEC-085",
        talk=talk_over(Over.TCP),
        looks=looks_untrusted,
        ports=(5094,),
        rarity=9,
        careful=True,
    ),
)

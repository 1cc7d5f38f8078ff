"""STUN and TURN, over UDP and TCP: a binding request, answered with where it came from and the server's software.

RFC 8489, sections 5 to 7 and 14; RFC 8656 for TURN, whose servers answer the same request. No allocation is asked
for, so a TURN server is not told from a STUN server, except by its software's name.

Identified by an answer with the magic cookie and our transaction.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told
from periplus.payload.stun import MAGIC_COOKIE, PAYLOADS, TRANSACTION

__all__ = ["PROTOCOLS", "answer_untrusted"]

SUCCESS, FAILURE = 0x0101, 0x0111
SOFTWARE, OTHER_ADDRESS, RESPONSE_ORIGIN = 0x8022, 0x802C, 0x802B
HEAD = 20


def answer_untrusted(data: bytes) -> Answered:
    """Read a response and its attributes; raises BadReply."""
    cursor = Cursor(data)
    kind, length = cursor.number(2), cursor.number(2)
    cursor.expect(struct.pack("!I", MAGIC_COOKIE) + TRANSACTION, "STUN answer to our request")
    if kind not in (SUCCESS, FAILURE) or length != cursor.left:
        raise BadReply("no STUN response")
    detail: dict[str, Detail] = {}
    texts: dict[str, str] = {}
    while cursor.left >= 4:
        attribute = cursor.number(2)
        value = cursor.sized(2)
        cursor.take(min(-len(value) % 4, cursor.left))
        if attribute == SOFTWARE:
            texts["stun.software"] = value.decode("utf-8", "replace").rstrip("\0 ")
        elif attribute in (OTHER_ADDRESS, RESPONSE_ORIGIN) and len(value) == 8:
            key = "other_address" if attribute == OTHER_ADDRESS else "origin"
            detail[key] = f"{'.'.join(map(str, value[4:]))}:{int.from_bytes(value[2:4], 'big')}"
    return Answered(0.98, "returned our transaction", Told(texts=texts, detail={**detail, **texts}))


def talk_untrusted(peer: Peer) -> Talk:
    """Ask, and read one message."""
    yield Say(PAYLOADS[0].data)
    head = yield Exactly(HEAD)
    if head[4:] != PAYLOADS[0].data[4:]:
        raise BadReply("no STUN answer to our request")
    length = int.from_bytes(head[2:4], "big")
    body = (yield Exactly(length)) if length else b""
    found = answer_untrusted(head + body)
    yield Known(found.confidence, found.why)
    yield found.told


QUESTION = Question(PAYLOADS[0].data, answer_untrusted)
PROTOCOLS = (
    Protocol(
        name="stun",
        title="Session Traversal Utilities for NAT",
        source="RFC 8489, RFC 8656",
        talk=talk_of(QUESTION),
        looks=looks_of(QUESTION),
        over=Over.UDP,
        ports=(3478, 3479, 19302),
        rarity=3,
    ),
    Protocol(
        name="stun",
        title="Session Traversal Utilities for NAT",
        source="RFC 8489, RFC 8656",
        talk=talk_untrusted,
        looks=looks_of(QUESTION),
        ports=(3478, 3479),
        tls_ports=(5349, 5350),
        rarity=6,
    ),
)

"""Finger: who is logged in, asked in the short form (an empty line).

RFC 1288 section 2.3. What comes is prose, so only the words that the usual daemons begin with identify it, and those
not beyond doubt. Names of users are not kept: of a list there is how many lines it has.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Ended, Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

MOST_LINES = 200
USUAL = re.compile(
    rb"\s*(?:Login\s+(?:Name|TTY|User)|no\s?one (?:is )?(?:logged|is)|finger:|\s*Line\s+User|in\.fingerd|"
    rb"Must provide username|Please supply a username|No users? logged|Welcome to Linux version)",
    re.IGNORECASE,
)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of finger."""
    return 0.6 if USUAL.match(data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask, and read to the end."""
    yield Say(b"\r\n")
    lines: list[bytes] = []
    try:
        while len(lines) < MOST_LINES:
            lines.append((yield Line(2_048)))
    except Ended as ended:
        lines += [ended.rest] if ended.rest else []
    usual = next((at for at, line in enumerate(lines) if USUAL.match(line)), None)
    if usual is None:
        raise BadReply("no words that a finger daemon begins with")
    yield Known(0.8, "answers as finger daemons do")
    head = plain_untrusted(lines[usual]).strip()
    yield Told(texts={"finger.head": head}, detail={"head": head, "lines": len(lines) - usual - 1})


PROTOCOL = Protocol(
    name="finger",
    title="Finger",
    source="RFC 1288",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(79,),
    rarity=8,
)

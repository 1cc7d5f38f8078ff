"""LPD: the short state of a queue that need not exist.

RFC 1179 section 5.3. Nothing is printed or removed. The answer is prose, so identified is what says the usual: no
such printer or queue, no entries, no rights.

It is asked at its own port only, unless everything is to be asked everywhere: to others the question is noise.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Ended, Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

SHORT = b"\x03periplus\n"
MOST_LINES = 50
USUAL = re.compile(
    r"no entries|unknown (?:printer|queue)|no such (?:printer|queue|spool)|printer .{0,40}(?:not found|unknown)|"
    r"lpd|queue.{0,40}(?:not|empty|does)|host does not have line printer access|is ready|active\b.{0,20}job|"
    r"printer: ",
    re.IGNORECASE,
)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of LPD."""
    return 0.6 if re.match(rb"(?:\S+: )?lpd(?:: |d )|unknown printer", data, re.IGNORECASE) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask, and read to the end."""
    yield Say(SHORT)
    lines: list[str] = []
    why = "closed"
    try:
        while len(lines) < MOST_LINES:
            lines.append(plain_untrusted((yield Line(1_024))))
    except Ended as ended:
        lines += [plain_untrusted(ended.rest)] if ended.rest else []
        why = ended.why.value
    text = "\n".join(each for each in lines if each)
    if not text or why != "closed":
        raise BadReply("no state of a queue")
    usual = USUAL.search(text)
    yield Known(0.8 if usual else 0.4, "speaks of a queue" if usual else "answers with text, and closes")
    yield Told(texts={"lpd.state": text}, detail={"state": text})


PROTOCOL = Protocol(
    name="printer",
    title="Line Printer Daemon",
    source="RFC 1179",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(515,),
    rarity=9,
)

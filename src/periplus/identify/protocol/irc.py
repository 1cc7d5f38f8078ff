"""IRC: which capabilities a server has, asked without registering, and what it says to someone unregistered.

The capability negotiation of IRCv3 (ircv3.net/specs/extensions/capability-negotiation), RFC 2812 sections 3.4.3
(VERSION) and 5.2 (451, not registered).

Identified by the answer to ``CAP LS``, or 451 to VERSION. A server's PING is answered, else some wait.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Ended, Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

MOST_LINES = 30
PATIENCE_S = 2.5
ASKED = b"CAP LS 302\r\nVERSION\r\n"
LOOKS = re.compile(rb"(?::\S+ )?NOTICE (?:AUTH|\*) :|ERROR :|:\S+ \d{3} \* |:\S+ 451 ", re.IGNORECASE)
LISTED = re.compile(r":(\S+) CAP \S+ LS(?: \*)? :(.*)", re.IGNORECASE)
UNREGISTERED = re.compile(r":(\S+) (?:451|421|351) \S+ ")
ERROR = re.compile(r"ERROR :(?:Closing Link|Trying to reconnect|Your host)", re.IGNORECASE)


def looks_untrusted(data: bytes) -> float:
    """How sure first bytes make of IRC."""
    return 0.9 if LOOKS.match(data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for capabilities and version, and leave."""
    yield Say(ASKED)
    lines: list[str] = []
    try:
        for _ in range(MOST_LINES):
            line = yield Line(1_024, PATIENCE_S)
            lines.append(plain_untrusted(line))
            if line.startswith(b"PING "):
                yield Say(b"PONG " + line[5:] + b"\r\n")
            if UNREGISTERED.match(lines[-1]):
                break
    except Ended:
        pass
    yield from _made_of(lines)
    yield Say(b"QUIT\r\n")


def _made_of(lines: list[str]) -> Talk:
    text = "\n".join(lines)
    listed = [found for found in map(LISTED.match, lines) if found]
    unregistered = next(filter(None, map(UNREGISTERED.match, lines)), None)
    if listed:
        yield Known(0.97, "answers CAP LS")
        known = " ".join(found[2] for found in listed).split()
        yield Told(texts={"irc.capabilities": " ".join(known)}, detail={"capabilities": [*known]})
    elif unregistered:
        yield Known(0.95, "tells that we are not registered")
    elif ERROR.search(text):
        yield Known(0.8, "closes the link by ERROR")
    else:
        raise BadReply("nothing of IRC")
    name = (listed[0] if listed else unregistered or [None, None])[1]
    yield Told(
        texts={"irc.notice": text}, hostname=name if name and "." in name else None, detail={"said": text}
    )


PROTOCOL = Protocol(
    name="irc",
    title="Internet Relay Chat",
    source="RFC 2812",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(194, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 7000),
    tls_ports=(994, 6679, 6697, 7001),
    rarity=5,
)

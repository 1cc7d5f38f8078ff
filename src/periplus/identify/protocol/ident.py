"""Ident: who owns a pair of ports, asked for one that is none, so that no name is told.

RFC 1413 sections 3 and 5. A talk does not know its own port; the pair of the peer's port and port 1 of ours is not in
use, and is answered by an error. Those who lie tell a name instead.

Identified by an answer that repeats the pair.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

OURS = 1
ANSWER = re.compile(r"\s*(\d{1,5})\s*,\s*(\d{1,5})\s*:\s*(ERROR|USERID)\s*:\s*(.*)")
ANY = re.compile(rb"\s*\d{1,5}\s*,\s*\d{1,5}\s*:\s*(?:ERROR|USERID)\s*:|0\s*,\s*0\s*:\s*ERROR")


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of ident."""
    return 0.95 if ANY.match(data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask once."""
    yield Say(f"{peer.port} , {OURS}\r\n".encode())
    answer = ANSWER.fullmatch(plain_untrusted((yield Line(1_024))))
    if answer is None:
        raise BadReply("no answer of ident")
    ours = (int(answer[1]), int(answer[2])) == (peer.port, OURS)
    yield Known(0.97 if ours else 0.85, "repeats our pair of ports" if ours else "answers about another pair")
    yield Told(
        info="names a user whatever is asked" if answer[3] == "USERID" else None,
        detail={"answer": answer[3], "says": answer[4]},
    )


PROTOCOL = Protocol(
    name="ident",
    title="Identification Protocol",
    source="RFC 1413",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(113,),
    rarity=8,
)

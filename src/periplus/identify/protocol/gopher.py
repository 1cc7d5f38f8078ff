"""Gopher: the menu that an empty selector gives.

RFC 1436 sections 2 and 3.8: lines of a type, a text, a selector, a host and a port, with tabs between them.

Identified by a first line of that form.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Ended, Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

MOST_LINES = 100
ITEM = re.compile(
    rb"[0-9+A-Za-z]([^\t\r\n]*)\t([^\t\r\n]*)\t[^\t\r\n]*\t\d+(?:\t[^\r\n]*)?\r?$", re.MULTILINE
)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of gopher."""
    return 0.9 if ITEM.match(data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the menu, and read it as far as it goes."""
    yield Say(b"\r\n")
    line = yield Line(1_024)
    first = ITEM.match(line)
    if first is None:
        raise BadReply("no menu of gopher")
    yield Known(0.95, "a menu of gopher")
    shown: list[str] = []
    try:
        while line != b"." and len(shown) < MOST_LINES:
            item = ITEM.match(line)
            if item:
                shown.append(plain_untrusted(item[1]))
            line = yield Line(1_024)
    except Ended:
        pass
    yield Told(texts={"gopher.menu": "\n".join(shown)}, detail={"menu": [*shown]})


PROTOCOL = Protocol(
    name="gopher",
    title="Gopher",
    source="RFC 1436",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(70,),
    rarity=8,
)

"""The Git daemon: asked for the references of a repository that need not exist.

gitprotocol-pack(5), "Git Transport", and gitprotocol-common(5) for lines with a length in front (pkt-line).

Identified by ``ERR`` in such a line, or by references. A daemon with ``--informative-errors`` says why.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "length_untrusted", "looks_untrusted"]

REPOSITORY = "/periplus"
LONGEST = 65_520
LINE = re.compile(rb"[0-9a-f]{4}(?:ERR |[0-9a-f]{40} |version \d)")
AGENT = re.compile(r"agent=(\S+)")


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of Git."""
    return 0.95 if LINE.match(data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for references, and read the first line."""
    host = peer.name or (f"[{peer.address}]" if ":" in peer.address else peer.address)
    asked = f"git-upload-pack {REPOSITORY}\0host={host}\0".encode()
    yield Say(b"%04x%s" % (len(asked) + 4, asked))
    head = yield Exactly(4)
    line = yield Exactly(length_untrusted(head))
    if not LINE.match(head + line):
        raise BadReply("no line of Git")
    yield Known(0.97, "a line of Git's protocol")
    text = plain_untrusted(line).strip()
    if text.startswith("ERR "):
        yield Told(texts={"git.error": text[4:]}, detail={"error": text[4:]})
        return
    agent = AGENT.search(text)
    yield Told(
        texts={"git.agent": agent[1]} if agent else {}, info="gives references", detail={"first": text[:200]}
    )
    yield Say(b"0000")


def length_untrusted(head: bytes) -> int:
    """Return how many bytes follow the length of a line; raises BadReply."""
    if not re.fullmatch(rb"[0-9a-f]{4}", head) or not 4 < int(head, 16) <= LONGEST:
        raise BadReply("no length of a line")
    return int(head, 16) - 4


PROTOCOL = Protocol(
    name="git",
    title="Git",
    source="gitprotocol-pack(5)",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(9418,),
    rarity=8,
)

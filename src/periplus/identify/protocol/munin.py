"""Munin's node: its greeting, and its version.

Munin Guide, "Network Protocol": ``# munin node at`` and the host, then `version`, then `quit`.

Identified by the greeting.
"""

from periplus.errors import BadReply
from periplus.identify.frames import printable
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.talk import Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "host_untrusted", "looks_untrusted"]

GREETING = b"# munin node at "


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of Munin."""
    return 0.98 if data.startswith((GREETING, b"# munin client at ")) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the greeting; ask for the version."""
    host = host_untrusted((yield Line(512)))
    yield Known(0.98, "the greeting of a node")
    yield Told(hostname=host or None)
    yield Say(b"version\n")
    yield Told(texts={"munin.version": printable((yield Line(512)))})
    yield Say(b"quit\n")


def host_untrusted(line: bytes) -> str:
    """Return the host that the greeting names; raises BadReply."""
    if not looks_untrusted(line):
        raise BadReply("no greeting of Munin")
    return printable(line).rpartition(" at ")[2]


PROTOCOL = Protocol(
    name="munin",
    title="Munin node",
    source="Munin Guide: Network Protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(4949,),
    first=First.SERVER,
    rarity=7,
)

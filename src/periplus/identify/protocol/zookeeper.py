"""ZooKeeper: `srvr`, one of its four-letter words, which says version and role where the administrator lets it.

ZooKeeper Administrator's Guide, "The Four Letter Words". The word only reads; what is not on the server's list is
answered with a sentence that says so, which identifies it as well.
"""

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Ended, Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "answer_untrusted", "looks_untrusted"]

NOT_LISTED = b"is not executed because it is not in the whitelist."
MOST_LINES = 12
SHOWN = ("Mode", "Node count")


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of ZooKeeper."""
    return 0.95 if data.startswith(b"Zookeeper version: ") or NOT_LISTED in data[:80] else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask what the server is."""
    yield Say(b"srvr")
    heard = b""
    try:
        for _ in range(MOST_LINES):
            heard += (yield Line(512)) + b"\n"
    except Ended as ended:
        heard += ended.rest
    version, detail = answer_untrusted(heard)
    yield Known(0.97, "a four-letter word was understood")
    yield Told(
        texts={"zookeeper.version": version} if version else {},
        info=None if version else "four-letter words are off",
        product="Apache ZooKeeper",
        vendor="Apache",
        detail=detail,
    )


def answer_untrusted(data: bytes) -> tuple[str | None, dict[str, Detail]]:
    """Return version and other words of the answer; raises BadReply."""
    if not looks_untrusted(data):
        raise BadReply("no answer of ZooKeeper")
    pairs = dict(
        line.decode("ascii", "replace").split(": ", 1)
        for line in data.splitlines()[:MOST_LINES]
        if b": " in line
    )
    return pairs.get("Zookeeper version"), {
        name.lower().replace(" ", "_"): pairs[name] for name in SHOWN if name in pairs
    }


PROTOCOL = Protocol(
    name="zookeeper",
    title="Apache ZooKeeper",
    source="ZooKeeper Administrator's Guide",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(2181, 2182),
    tls_ports=(2281,),
    rarity=5,
)

"""Ceph: the banner with which monitors and other daemons greet.

Ceph's msgr2 and msgr1 documentation: ``ceph v2`` and the features that follow, or ``ceph v027`` and addresses.

Identified by the banner.
"""

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.talk import Detail, Exactly, Known, Talk, Told

__all__ = ["PROTOCOL", "features_untrusted", "looks_untrusted"]

V2, V1 = b"ceph v2\n", b"ceph v027"
FEATURES = {1: "revision 1", 2: "compression"}


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of Ceph."""
    return 0.98 if data.startswith((V2, V1)) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the banner."""
    banner = yield Exactly(len(V2))
    if banner not in (V2, V1[: len(V2)]):
        raise BadReply("no banner of Ceph")
    yield Known(0.98, f"banner {banner.decode().strip()}")
    if banner != V2:
        yield Told(product="Ceph", vendor="Ceph", detail={"messenger": 1})
        return
    size = int.from_bytes((yield Exactly(2)), "little")
    if size != 16:
        raise BadReply("features of another size than two numbers")
    yield Told(
        product="Ceph", vendor="Ceph", detail={"messenger": 2, **features_untrusted((yield Exactly(size)))}
    )


def features_untrusted(data: bytes) -> dict[str, Detail]:
    """Return the features that the daemon has, and those that it asks for."""
    halves = {"supported": data[:8], "required": data[8:16]}
    return {
        name: [word for bit, word in FEATURES.items() if int.from_bytes(half, "little") & bit]
        for name, half in halves.items()
    }


PROTOCOL = Protocol(
    name="ceph",
    title="Ceph",
    source="Ceph, msgr2 protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(3300, 6789, 6800, 6801),
    first=First.SERVER,
    rarity=7,
)

"""Citrix ICA: the mark that a server sends, and repeats, until a client answers.

The mark ``7f 7f I C A 0`` as Citrix documents it for firewalls and load balancers that check servers. Nothing is
answered.

Identified by the mark, surely where it comes twice.
"""

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.talk import Exactly, Known, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

MARK = b"\x7f\x7fICA\0"


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of ICA."""
    return 0.95 if data.startswith(MARK) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the mark."""
    if (yield Exactly(len(MARK))) != MARK:
        raise BadReply("no mark of ICA")
    yield Known(0.95, "the mark of ICA")
    yield Told(product="Citrix ICA", vendor="Citrix")
    if (yield Exactly(len(MARK), wait_s=2.0)) == MARK:
        yield Known(0.98, "the mark of ICA, twice")


PROTOCOL = Protocol(
    name="ica",
    title="Citrix ICA",
    source="Citrix ICA",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(1494,),
    first=First.SERVER,
    rarity=6,
)

"""AJP 1.3, between web servers and Tomcat: CPing, which is answered by CPong.

The AJPv13 reference of Apache Tomcat Connectors. No request is forwarded.

Identified by CPong, five bytes of which all are fixed.
"""

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Exactly, Known, Say, Talk

__all__ = ["PROTOCOL", "looks_untrusted"]

CPING, CPONG = b"\x12\x34\0\x01\x0a", b"AB\0\x01\x09"


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of AJP: every packet of a container begins so."""
    return 0.9 if data.startswith(CPONG) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for a sign of life."""
    yield Say(CPING)
    if (yield Exactly(len(CPONG))) != CPONG:
        raise BadReply("no CPong")
    yield Known(0.98, "CPong to CPing")


PROTOCOL = Protocol(
    name="ajp13",
    title="Apache JServ Protocol 1.3",
    source="AJPv13 of Apache Tomcat Connectors",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(8009, 8019),
    rarity=6,
)

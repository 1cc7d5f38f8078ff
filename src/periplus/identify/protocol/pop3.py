"""POP3: the greeting, CAPA, then STLS and CAPA again inside.

RFC 1939, RFC 2449 (CAPA, with IMPLEMENTATION), RFC 2595 section 4 (STLS).

Identified by the answer to CAPA: a list, or an ``-ERR`` of those who do not know it.
"""

from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.replies import dotted, plain_untrusted
from periplus.identify.talk import Known, Line, Say, Secure, Talk, Told, Want

__all__ = ["PROTOCOL", "looks_untrusted", "upgrade_untrusted"]

IMPLEMENTATION = "IMPLEMENTATION "


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of POP3."""
    if data.startswith(b"+OK"):
        return 0.9
    return 0.8 if data.startswith(b"-ERR [") else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the greeting, ask for capabilities, begin TLS where it is offered."""
    greeting = yield Line(1_024)
    if not greeting.startswith((b"+OK", b"-ERR [")):
        raise BadReply("no greeting of POP3")
    text = plain_untrusted(greeting.partition(b" ")[2])
    yield Told(texts={"pop3.greeting": text}, detail={"greeting": text})
    if greeting.startswith(b"-"):
        yield Known(0.8, "greets with -ERR")
        return
    known = yield from _capabilities()
    said = next((each for each in known if each.upper().startswith(IMPLEMENTATION)), "")
    yield Told(
        texts={"pop3.implementation": said[len(IMPLEMENTATION) :]} if said else {},
        detail={"capabilities": [*known]},
    )
    if not peer.tls and "STLS" in known and (yield from _agreed()):
        yield Secure()
        inside = yield from _capabilities()
        yield Told(detail={"capabilities_tls": [*inside]})
    yield Say(b"QUIT\r\n")


def _agreed() -> Generator[Want, bytes, bool]:
    """Ask for TLS; return whether it may begin."""
    yield Say(b"STLS\r\n")
    return (yield Line(1_024)).startswith(b"+OK")


def upgrade_untrusted(peer: Peer) -> Talk:
    """Take the greeting and begin TLS."""
    greeting = yield Line(1_024)
    if not greeting.startswith(b"+OK") or not (yield from _agreed()):
        raise BadReply("it does not begin TLS")
    yield Secure()


def _capabilities() -> Generator[Want, bytes, tuple[str, ...]]:
    yield Say(b"CAPA\r\n")
    answer = yield Line(1_024)
    if answer.startswith(b"-ERR"):
        yield Known(0.9, "+OK, and -ERR to CAPA")
        return ()
    if not answer.startswith(b"+OK"):
        raise BadReply("no answer of POP3 to CAPA")
    known = yield from dotted()
    yield Known(0.97, "a list to CAPA")
    return known


PROTOCOL = Protocol(
    name="pop3",
    title="Post Office Protocol 3",
    source="RFC 1939",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(110,),
    tls_ports=(995,),
    first=First.SERVER,
    rarity=2,
    upgrade=upgrade_untrusted,
)

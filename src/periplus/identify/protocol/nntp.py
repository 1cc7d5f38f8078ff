"""NNTP: the greeting, CAPABILITIES (or DATE of those who lack it), then STARTTLS.

RFC 3977 sections 5.1, 5.2 and 7.1, RFC 4642 (STARTTLS).

Identified by 101 to CAPABILITIES, or 111 with a date to DATE.
"""

import re
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.replies import code_untrusted, dotted, plain_untrusted
from periplus.identify.talk import Known, Line, Say, Secure, Talk, Told, Want

__all__ = ["PROTOCOL", "looks_untrusted", "upgrade_untrusted"]

GREETS = {200: "posting allowed", 201: "no posting", 400: "closed for now", 502: "not for us"}
NEWS = re.compile(rb"nntp|news|posting|\binn\b", re.IGNORECASE)
DATE = re.compile(rb"111 \d{14}\b")
IMPLEMENTATION = "IMPLEMENTATION "


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of NNTP."""
    if data.startswith((b"200 ", b"201 ")):
        return 0.85 if NEWS.search(data) else 0.3
    return 0.5 if data.startswith((b"400 ", b"502 ")) and NEWS.search(data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the greeting, ask for capabilities, begin TLS where it is offered."""
    greeting = yield Line(1_024)
    code, _ = code_untrusted(greeting)
    if code not in GREETS:
        raise BadReply("no greeting of NNTP")
    text = plain_untrusted(greeting[4:])
    yield Told(texts={"nntp.greeting": text}, info=GREETS[code], detail={"greeting": text})
    if NEWS.search(greeting):
        yield Known(0.75, f"{code} and a greeting that names news")
    if code >= 400:
        return
    yield Say(b"CAPABILITIES\r\n")
    answer = yield Line(1_024)
    known: tuple[str, ...] = ()
    if answer.startswith(b"101"):
        known = yield from dotted()
        yield Known(0.97, "101 to CAPABILITIES")
        said = next((each[len(IMPLEMENTATION) :] for each in known if each.startswith(IMPLEMENTATION)), "")
        yield Told(texts={"nntp.implementation": said} if said else {}, detail={"capabilities": [*known]})
    else:
        yield Say(b"DATE\r\n")
        if DATE.match((yield Line(1_024))):
            yield Known(0.95, "111 to DATE")
    if not peer.tls and "STARTTLS" in known and (yield from _agreed()):
        yield Secure()
    yield Say(b"QUIT\r\n")


def _agreed() -> Generator[Want, bytes, bool]:
    """Ask for TLS; return whether it may begin."""
    yield Say(b"STARTTLS\r\n")
    return (yield Line(1_024)).startswith(b"382")


def upgrade_untrusted(peer: Peer) -> Talk:
    """Take the greeting and begin TLS."""
    code, _ = code_untrusted((yield Line(1_024)))
    if code not in GREETS or code >= 400 or not (yield from _agreed()):
        raise BadReply("it does not begin TLS")
    yield Secure()


PROTOCOL = Protocol(
    name="nntp",
    title="Network News Transfer Protocol",
    source="RFC 3977",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(119, 433),
    tls_ports=(563,),
    first=First.SERVER,
    rarity=6,
    upgrade=upgrade_untrusted,
)

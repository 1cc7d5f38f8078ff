"""ManageSieve: what the server says of itself unasked, then STARTTLS, after which it says so again.

RFC 5804 sections 1.7, 2.2 and 4. Nobody logs in, and no script is read.

Identified by capabilities in quotes, of which IMPLEMENTATION and SIEVE are such, and by OK after them.
"""

import re
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Detail, Known, Line, Say, Secure, Talk, Told, Want

__all__ = ["PROTOCOL", "looks_untrusted", "upgrade_untrusted"]

MOST_LINES = 50
CAPABILITY = re.compile(r'"([A-Za-z]+)"(?: "((?:[^"\\]|\\.)*)")?')


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of ManageSieve."""
    return (
        0.97
        if re.match(rb'"(?:IMPLEMENTATION|SIEVE|SASL|NOTIFY|VERSION|STARTTLS)"', data, re.IGNORECASE)
        else 0.0
    )


def talk_untrusted(peer: Peer) -> Talk:
    """Take the capabilities, and again inside TLS where it is offered."""
    known = yield from _capabilities()
    if not known.keys() & {"IMPLEMENTATION", "SIEVE"}:
        raise BadReply("no capabilities of ManageSieve")
    yield Known(0.98, "capabilities of ManageSieve")
    said = known.get("IMPLEMENTATION", "")
    yield Told(texts={"sieve.implementation": said} if said else {}, detail={"capabilities": _plain(known)})
    if not peer.tls and "STARTTLS" in known and (yield from _agreed()):
        yield Secure()
        inside = yield from _capabilities()
        yield Told(detail={"capabilities_tls": _plain(inside)})
    yield Say(b"LOGOUT\r\n")


def _agreed() -> Generator[Want, bytes, bool]:
    """Ask for TLS; return whether it may begin."""
    yield Say(b"STARTTLS\r\n")
    return (yield Line()).upper().startswith(b"OK")


def upgrade_untrusted(peer: Peer) -> Talk:
    """Take the capabilities and begin TLS."""
    if "STARTTLS" not in (yield from _capabilities()) or not (yield from _agreed()):
        raise BadReply("it does not begin TLS")
    yield Secure()


def _plain(known: dict[str, str]) -> dict[str, Detail]:
    return {**known}


def _capabilities() -> Generator[Want, bytes, dict[str, str]]:
    known: dict[str, str] = {}
    for _ in range(MOST_LINES):
        line = plain_untrusted((yield Line()))
        if line.upper().startswith("OK"):
            return known
        found = CAPABILITY.fullmatch(line)
        if found is None:
            raise BadReply("no capability of ManageSieve")
        known[found[1].upper()] = found[2] or ""
    raise BadReply("capabilities without end")


PROTOCOL = Protocol(
    name="sieve",
    title="ManageSieve",
    source="RFC 5804",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(4190, 2000),
    first=First.SERVER,
    rarity=8,
    upgrade=upgrade_untrusted,
)

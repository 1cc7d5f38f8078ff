"""IMAP: the greeting, CAPABILITY, ID, then STARTTLS and CAPABILITY again inside.

RFC 9051 (and RFC 3501 before it) section 7.1 for the greeting, RFC 2971 for ID, which we answer about ourselves by
NIL.

Identified by the untagged answer to CAPABILITY.
"""

import re
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Known, Line, Say, Secure, Talk, Told, Want

__all__ = ["PROTOCOL", "id_untrusted", "looks_untrusted", "upgrade_untrusted"]

MOST_LINES = 50
GREETS = (b"* OK", b"* PREAUTH", b"* BYE")
PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"\s+(?:"((?:[^"\\]|\\.)*)"|NIL)', re.IGNORECASE)


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of IMAP."""
    return 0.95 if data.startswith(GREETS) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the greeting, ask what it can and who it is, begin TLS where it is offered."""
    greeting = yield Line(2_048)
    if not greeting.startswith(GREETS):
        raise BadReply("no greeting of IMAP")
    text = plain_untrusted(greeting[2:])
    yield Told(texts={"imap.greeting": text}, detail={"greeting": text})
    if greeting.startswith(b"* BYE"):
        yield Known(0.8, "greets with BYE")
        return
    known = yield from _capabilities(b"a1")
    yield Told(detail={"capabilities": [*known]})
    if "ID" in known:
        lines, _ = yield from _ask(b"a2", b"ID NIL")
        said = id_untrusted("\n".join(each for each in lines if each.upper().startswith("* ID")))
        words = "\n".join(f"{key}: {value}" for key, value in said.items())
        yield Told(texts={"imap.id": words} if words else {}, detail={"id": {**said}} if said else {})
    if not peer.tls and "STARTTLS" in known and (yield from _agreed(b"a3")):
        yield Secure()
        inside = yield from _capabilities(b"a4")
        yield Told(detail={"capabilities_tls": [*inside]})
    yield Say(b"a5 LOGOUT\r\n")


def _agreed(tag: bytes) -> Generator[Want, bytes, bool]:
    """Ask for TLS; return whether it may begin."""
    _, ready = yield from _ask(tag, b"STARTTLS")
    return ready


def upgrade_untrusted(peer: Peer) -> Talk:
    """Take the greeting and begin TLS."""
    greeting = yield Line(2_048)
    if not greeting.startswith(b"* OK") or not (yield from _agreed(b"a1")):
        raise BadReply("it does not begin TLS")
    yield Secure()


def _capabilities(tag: bytes) -> Generator[Want, bytes, tuple[str, ...]]:
    lines, _ = yield from _ask(tag, b"CAPABILITY")
    for line in lines:
        words = line.upper().split()
        if words[:2] == ["*", "CAPABILITY"]:
            yield Known(0.97, "an untagged answer to CAPABILITY")
            return tuple(words[2:])
    raise BadReply("no answer to CAPABILITY")


def _ask(tag: bytes, command: bytes) -> Generator[Want, bytes, tuple[list[str], bool]]:
    """Return the untagged lines, and whether the command went well."""
    yield Say(tag + b" " + command + b"\r\n")
    lines: list[str] = []
    for _ in range(MOST_LINES):
        line = yield Line()
        if line.startswith(tag + b" "):
            return lines, line[len(tag) + 1 :].upper().startswith(b"OK")
        lines.append(plain_untrusted(line))
    raise BadReply("an answer without end")


def id_untrusted(text: str) -> dict[str, str]:
    """Return what an ID response says, by field in lower case."""
    return {key.lower(): value for key, value in PAIR.findall(text) if value}


PROTOCOL = Protocol(
    name="imap",
    title="Internet Message Access Protocol",
    source="RFC 9051",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(143,),
    tls_ports=(993,),
    first=First.SERVER,
    rarity=2,
    upgrade=upgrade_untrusted,
)

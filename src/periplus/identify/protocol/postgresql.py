"""PostgreSQL: an error in its own words to a startup that asks for a protocol it does not have, then TLS.

PostgreSQL documentation, "Frontend/Backend Protocol" (message formats, error fields, SSL session encryption). The
version check comes before any user or database is looked at, so nobody logs in. The answer says which protocols the
server has, which tells old from new, and no more: line numbers of sources differ by every release, and are kept as
detail only.

Identified by an error with its fields S, C and M.
"""

import struct
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Afresh, Detail, Exactly, Known, Say, Secure, Talk, Told, Want

__all__ = ["PROTOCOL", "error_untrusted", "looks_untrusted", "upgrade_untrusted"]

STARTUP = struct.pack("!IHH", 9, 255, 255) + b"\0"
TLS_REQUEST = struct.pack("!IHH", 8, 1234, 5679)
MOST = 8_192
KINDS = {
    "V": "severity", "C": "code", "M": "message", "F": "file", "L": "line", "R": "routine", "H": "hint", "D": "more",
}  # fmt: skip


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of PostgreSQL: an error with its fields, or the plain text of protocol 2."""
    if data[:1] == b"E" and data[5:6] == b"S" and (b"\0C0" in data or b"\0VFATAL\0" in data):
        return 0.95
    return 0.9 if data.startswith(b"EFATAL:  ") else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for a protocol that is not there; then for TLS."""
    yield Say(STARTUP)
    kind = yield Exactly(1)
    if kind != b"E":
        raise BadReply("no error of PostgreSQL")
    said = error_untrusted((yield from framed(4, 0, 4, more=-4, most=MOST))[4:])
    yield Known(0.98, "an error with the fields of PostgreSQL")
    detail: dict[str, Detail] = {KINDS[key]: value for key, value in said.items() if key in KINDS}
    yield Told(
        texts={"postgresql.error": "\n".join(f"{key}{value}" for key, value in said.items())}, detail=detail
    )
    if peer.tls:
        return
    yield Afresh()
    agreed = yield from _agreed()
    yield Told(detail={"tls": agreed})
    if agreed:
        yield Secure()


def _agreed() -> Generator[Want, bytes, bool]:
    """Ask for TLS; return whether it may begin."""
    yield Say(TLS_REQUEST)
    return (yield Exactly(1)) == b"S"


def upgrade_untrusted(peer: Peer) -> Talk:
    """Begin TLS."""
    if not (yield from _agreed()):
        raise BadReply("it does not begin TLS")
    yield Secure()


def error_untrusted(body: bytes) -> dict[str, str]:
    """Return the fields of an error by their letters; raises BadReply."""
    cursor = Cursor(body)
    said: dict[str, str] = {}
    while kind := cursor.take(1).strip(b"\0"):
        said[kind.decode("latin-1")] = printable(cursor.until())
    if not {"S", "C", "M"} <= set(said) or len(said["C"]) != 5:
        raise BadReply("no error of PostgreSQL")
    return said


PROTOCOL = Protocol(
    name="postgresql",
    title="PostgreSQL",
    source="PostgreSQL: Frontend/Backend Protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(5432, 5433, 6432, 26257),
    rarity=2,
    upgrade=upgrade_untrusted,
    alpn=("postgresql",),
)

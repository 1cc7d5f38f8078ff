"""Firebird and InterBase: which of its protocols the server accepts, and how it would like a login.

Firebird wire protocol (op_connect, op_accept, op_cond_accept, op_cont_auth, op_reject). The connection is only
agreed on: no database is attached, no user is named. Since version 3 a server asks for more of the login instead of
choosing.

Identified by an operation that accepts one of the protocols offered, or asks for more with nothing in it.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.frames import Piece, framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

CONNECT, ACCEPT, REJECT, ATTACH, CONTINUE, ACCEPT_DATA, COND_ACCEPT = 1, 3, 4, 19, 92, 94, 98
CONNECT_VERSION, GENERIC = 3, 1
MASK = 0x8000
OFFERED = (10, *(MASK | each for each in range(11, 20)))
LAZY = 5
MOST = 2_048
NO_STRINGS = bytes(16)
SINCE_CONTINUE = 13  # the oldest protocol that has op_cont_auth


def xdr(data: bytes) -> bytes:
    """Return a string of XDR."""
    return struct.pack("!I", len(data)) + data + bytes(-len(data) % 4)


def question() -> bytes:
    """Return op_connect without a file and without a user."""
    head = (
        struct.pack("!4I", CONNECT, ATTACH, CONNECT_VERSION, GENERIC)
        + xdr(b"")
        + struct.pack("!I", len(OFFERED))
    )
    protocols = (struct.pack("!5I", each, GENERIC, 0, LAZY, rank) for rank, each in enumerate(OFFERED, 1))
    return head + xdr(b"") + b"".join(protocols)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of Firebird."""
    if len(data) < 16 or struct.unpack_from("!I", data)[0] not in (ACCEPT, ACCEPT_DATA, COND_ACCEPT):
        return 0.0
    version, architecture, kind = struct.unpack_from("!III", data, 4)
    return 0.9 if version & 0xFFFF in OFFERED and architecture in (1, 36, 41) and kind & 0xFF <= LAZY else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Offer the protocols."""
    yield Say(question())
    operation = int.from_bytes((yield Exactly(4)), "big")
    if operation == REJECT:
        yield Known(0.6, "op_reject to op_connect")
        return
    if operation == CONTINUE:
        if (yield Exactly(len(NO_STRINGS))) != NO_STRINGS:
            raise BadReply("op_cont_auth with data for nobody")
        yield Known(0.93, "op_cont_auth to op_connect without a user")
        yield Told(texts={"firebird.protocol": f"protocol {SINCE_CONTINUE} or later"})
        return
    chosen = yield Exactly(12)
    if not looks_untrusted(struct.pack("!I", operation) + chosen):
        raise BadReply("none of the protocols that were offered")
    version = int.from_bytes(chosen[2:4], "big") & ~MASK
    yield Known(0.97, "one of our protocols was accepted")
    yield Told(texts={"firebird.protocol": f"protocol {version}"}, detail={"protocol": version})
    if operation != ACCEPT:
        yield from _string()
        yield Told(detail={"auth_plugin": printable((yield from _string()))})


def _string() -> Piece:
    """Take a string of XDR."""
    text = (yield from framed(4, 0, 4, most=MOST))[4:]
    if len(text) % 4:
        yield Exactly(-len(text) % 4)
    return text


PROTOCOL = Protocol(
    name="gds-db",
    title="Firebird",
    source="Firebird wire protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(3050, 3051),
    rarity=8,
)

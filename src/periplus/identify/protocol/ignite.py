"""Apache Ignite's thin clients: the version of their protocol that a node has, in its refusal of one that it has not.

Apache Ignite, "Binary Client Protocol", handshake: a node that lacks the client's version answers with its own and
an error, before any login.

Identified by that answer's length and text.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "refusal_untrusted"]

HANDSHAKE, THIN_CLIENT, NO_VERSION = 1, 2, 99
QUESTION = struct.pack("<IBHHHB", 8, HANDSHAKE, NO_VERSION, 0, 0, THIN_CLIENT)
TEXT = 9  # code of a string
VERSION = struct.Struct("<HHH")


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of Ignite: its own version, then a sentence about ours."""
    return (
        0.9 if data[4:5] == b"\0" and data[11:12] == bytes([TEXT]) and b"nsupported version" in data else 0.0
    )


def talk_untrusted(peer: Peer) -> Talk:
    """Offer the version that is not there."""
    yield Say(QUESTION)
    version, text = refusal_untrusted((yield from framed(4, 0, 4, order="little", most=4_096)))
    yield Known(0.95, "a refusal with the node's own version")
    yield Told(product="Apache Ignite", vendor="Apache", detail={"protocol": version, "error": text})


def refusal_untrusted(data: bytes) -> tuple[str, str]:
    """Return the node's version of the protocol, and why it refuses ours; raises BadReply."""
    if not looks_untrusted(data):
        raise BadReply("no refusal of Ignite")
    cursor = Cursor(data, 5, "little")
    version = ".".join(map(str, VERSION.unpack(cursor.take(VERSION.size))))
    cursor.take(1)
    return version, printable(cursor.sized(4))


PROTOCOL = Protocol(
    name="ignite",
    title="Apache Ignite thin client",
    source="Apache Ignite: Binary Client Protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(10800,),
    rarity=9,
)

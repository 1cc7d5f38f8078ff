"""RethinkDB: the object with which it answers the magic number of its protocol.

RethinkDB, "Writing drivers": the server says its version before the login, which is not begun.

Identified by an object with ``server_version``, or by the sentence about a wrong magic number.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.jsontext import chosen_texts, object_untrusted
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Known, Say, Talk, Told, Until

__all__ = ["PROTOCOL", "looks_untrusted"]

V1_0 = 0x34C2BDC3
SHOWN = ("server_version", "min_protocol_version", "max_protocol_version")


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of RethinkDB."""
    if data.startswith(b"ERROR: Received an unsupported protocol version. This port is for RethinkDB"):
        return 0.97
    return 0.95 if data[:1] == b"{" and b'"server_version"' in data and b"_protocol_version" in data else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Say the number."""
    yield Say(struct.pack("<I", V1_0))
    answer = (yield Until(b"\0", 2_048))[:-1]
    if not looks_untrusted(answer):
        raise BadReply("no answer of RethinkDB")
    yield Known(0.97, "an answer to the magic number")
    if answer[:1] == b"{":
        said = chosen_texts(object_untrusted(answer), SHOWN)
        yield Told(texts={"rethinkdb.version": str(said.get("server_version"))}, detail=said)


PROTOCOL = Protocol(
    name="rethinkdb",
    title="RethinkDB",
    source="RethinkDB: Writing drivers",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(28015,),
    rarity=8,
)

"""MongoDB and what speaks like it: isMaster, which every version answers, then buildInfo.

MongoDB wire protocol (OP_QUERY, OP_REPLY, OP_MSG); both commands only read and need no login. OP_QUERY is gone since
5.1 but for this very command, and OP_MSG is there since wire version 6, so the second question takes what fits.

Identified by a reply to our own request whose document says `ok` and `maxWireVersion`.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.bson import document_untrusted, written
from periplus.identify.frames import framed
from periplus.identify.jsontext import chosen_texts
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "reply_untrusted"]

HEAD = struct.Struct("<iiii")
REPLY, QUERY, MSG = 1, 2004, 2013
OURS = 0x50657269
MOST = 65_535
HELLO = ("setName", "primary", "me", "readOnly", "maxWireVersion", "msg", "isWritablePrimary", "ismaster")
BUILD = ("version", "gitVersion", "ferretdbVersion", "allocator", "bits", "javascriptEngine", "storageEngine")
MSG_WIRE_VERSION = 6


def query(command: str) -> bytes:
    """Return a command as OP_QUERY."""
    body = bytes(4) + b"admin.$cmd\0" + struct.pack("<ii", 0, -1) + written({command: 1})
    return HEAD.pack(HEAD.size + len(body), OURS, 0, QUERY) + body


def message(command: str) -> bytes:
    """Return a command as OP_MSG."""
    body = bytes(5) + written({command: 1, "$db": "admin"})
    return HEAD.pack(HEAD.size + len(body), OURS, 0, MSG) + body


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of MongoDB: a reply by its opcode, with a document's beginning."""
    if len(data) < HEAD.size:
        return 0.0
    length, _, _, code = HEAD.unpack_from(data)
    return 0.9 if code == REPLY and 36 < length <= MOST and (b"\1ok\0" in data or b"$err" in data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask who it is, then what was built."""
    yield Say(query("isMaster"))
    hello = reply_untrusted((yield from framed(16, 0, 4, order="little", more=-16, most=MOST)))
    if "ok" not in hello or ("maxWireVersion" not in hello and "ismaster" not in hello):
        raise BadReply("no answer to isMaster")
    yield Known(0.98, "a BSON document to isMaster")
    wire = hello.get("maxWireVersion", 0)
    yield Told(texts={"mongodb.wire": str(wire)}, detail=chosen_texts(hello, HELLO))
    modern = isinstance(wire, int) and wire >= MSG_WIRE_VERSION
    yield Say((message if modern else query)("buildInfo"))
    build = reply_untrusted((yield from framed(16, 0, 4, order="little", more=-16, most=MOST)))
    yield Told(
        texts={"mongodb.build": _text(build)} if "version" in build else {}, detail=chosen_texts(build, BUILD)
    )


def reply_untrusted(data: bytes) -> dict[str, Detail]:
    """Return the document of a reply to our request; raises BadReply."""
    if len(data) < HEAD.size:
        raise BadReply("the message is cut short")
    _, _, to, code = HEAD.unpack_from(data)
    if to != OURS or code not in (REPLY, MSG):
        raise BadReply("no reply of MongoDB to our request")
    return document_untrusted(data[HEAD.size + (20 if code == REPLY else 5) :])


def _text(build: dict[str, Detail]) -> str:
    """Return what signatures read: a line for each plain value or list of them."""
    words = {
        name: " ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in build.items()
        if isinstance(value, list | str)
    }
    return "\n".join(f"{name}:{value}" for name, value in words.items())


PROTOCOL = Protocol(
    name="mongodb",
    title="MongoDB",
    source="MongoDB wire protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(27017, 27018, 27019),
    tls_ports=(27017,),
    rarity=4,
)

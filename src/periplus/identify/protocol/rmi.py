"""Java RMI: the handshake of its stream protocol, then which names a registry has (``list``).

Java Remote Method Invocation specification, chapter 10 (RMI wire protocol), and the Java Object Serialization
Specification, chapter 6, for the call and what it returns. Nothing is looked up or bound, and what is returned is
read as text alone, never as objects.

Identified by the acknowledgement, which has our address in a text with its length. Whoever is no registry answers
``list`` by an exception.
"""

import re
import struct

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Ended, Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "names_untrusted"]

HELLO = b"JRMI\0\x02\x4b"  # stream protocol of version 2
TAKEN, CALL, RETURN = b"\x4e", b"\x50", b"\x51"
US = struct.pack("!H", 0) + struct.pack("!I", 0)  # where we listen: nowhere
STREAM = b"\xac\xed\x00\x05"
REGISTRY, LIST, INTERFACE = bytes(22), 1, 0x44154DC9D4E63BDF  # object, operation, hash of its interface
LISTING = CALL + STREAM + b"\x77\x22" + REGISTRY + struct.pack("!IQ", LIST, INTERFACE)
TEXTS = b"[Ljava.lang.String;"
BLOCK_END = b"\x78\x70"  # of a class's description; after it the count of the array
MOST_HOST, MOST_RETURN = 255, 65_535
HOST = re.compile(rb"[\w.:%-]+", re.ASCII)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of RMI."""
    return 0.6 if data[:2] == b"N\0" and len(data) > 7 and HOST.fullmatch(data[3 : 3 + data[2]]) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Shake hands, and ask for the names."""
    yield Say(HELLO)
    if (yield Exactly(1)) != TAKEN:
        raise BadReply("no acknowledgement of RMI")
    (length,) = struct.unpack("!H", (yield Exactly(2)))
    if not 0 < length <= MOST_HOST:
        raise BadReply("no address in it")
    host = yield Exactly(length)
    yield Exactly(4)
    if not HOST.fullmatch(host):
        raise BadReply("no address in it")
    yield Known(0.95, "acknowledges the protocol with our address")
    yield Say(US + LISTING)
    answer = bytearray()
    try:
        for _ in range(MOST_RETURN):
            answer += yield Exactly(1, 1.0)
    except Ended:
        pass
    names = names_untrusted(bytes(answer))
    yield Told(
        info="no registry" if names is None else "registry",
        detail={} if names is None else {"names": [*names]},
    )


def names_untrusted(data: bytes) -> list[str] | None:
    """Return the names of a registry's answer to ``list``; None: it is none."""
    at = data.find(TEXTS)
    count_at = data.find(BLOCK_END, at) + len(BLOCK_END)
    if (
        not data.startswith(RETURN + STREAM)
        or at < 0
        or count_at < len(BLOCK_END)
        or len(data) < count_at + 4
    ):
        return None
    (count,) = struct.unpack_from("!I", data, count_at)
    names: list[str] = []
    rest = data[count_at + 4 :]
    while len(names) < count and rest[:1] == b"\x74" and len(rest) >= 3:
        length = int.from_bytes(rest[1:3], "big")
        names.append(plain_untrusted(rest[3 : 3 + length]))
        rest = rest[3 + length :]
    return names


PROTOCOL = Protocol(
    name="rmi",
    title="Java Remote Method Invocation",
    source="Java RMI specification, chapter 10",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(1099, 1098, 1090, 9010, 9999),
    rarity=7,
)

"""Aerospike: build, edition and node by its info protocol, which only reads.

Aerospike info protocol: a head of eight bytes (version 2, type 1, length), then names in lines, each answered by
name, tab, value. A server that wants a login answers with an error by name.

Identified by the answer's head and a line for each name that was asked.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.frames import framed
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "values_untrusted"]

HEAD = b"\2\1"
NAMES = ("build", "edition", "node")
ASKED = "".join(f"{name}\n" for name in NAMES).encode()
QUESTION = struct.pack("!Q", 0x0201 << 48 | len(ASKED)) + ASKED


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of Aerospike."""
    return 0.95 if data[:4] == HEAD + b"\0\0" and data[8:].startswith((b"build\t", b"ERROR:80")) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the three."""
    yield Say(QUESTION)
    answer = yield from framed(8, 2, 6, most=4_096)
    if not answer.startswith(HEAD):
        raise BadReply("no head of Aerospike")
    said = values_untrusted(answer[8:])
    yield Known(0.97, "an answer by names of the info protocol")
    text = "\n".join(f"{name}:{value}" for name, value in said.items())
    yield Told(product="Aerospike", vendor="Aerospike", texts={"aerospike.info": text}, detail={**said})


def values_untrusted(body: bytes) -> dict[str, str]:
    """Return the values by their names; raises BadReply."""
    text = body.decode("ascii", "replace")
    if text.startswith("ERROR:80"):
        return {"error": text.strip()}
    said = dict(line.split("\t", 1) for line in text.split("\n") if "\t" in line)
    if "build" not in said:
        raise BadReply("no values of Aerospike")
    return {name: said[name] for name in NAMES if name in said}


PROTOCOL = Protocol(
    name="aerospike",
    title="Aerospike",
    source="Aerospike info protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(3000,),
    tls_ports=(4333,),
    rarity=8,
)

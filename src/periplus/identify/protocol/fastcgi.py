"""FastCGI: how many connections and requests an application takes (FCGI_GET_VALUES); no request is begun.

FastCGI Specification 1.0, sections 3.3, 3.4 and 4.1. An application that lies open to the network lets strangers run
its scripts, so whoever answers at all is worth knowing.

Identified by FCGI_GET_VALUES_RESULT with one of the variables in it.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "pairs_untrusted"]

HEAD = struct.Struct("!BBHHBx")  # version, type, request, content, padding
VERSION, GET_VALUES, RESULT = 1, 9, 10
NAMES = ("FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS")
WANTED = b"".join(bytes([len(name), 0]) + name.encode() for name in NAMES)
ASKED = HEAD.pack(VERSION, GET_VALUES, 0, len(WANTED), 0) + WANTED
MOST = 1_024


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of FastCGI."""
    return 0.9 if data[:4] == bytes([VERSION, RESULT, 0, 0]) and b"FCGI_" in data[8:] else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the variables."""
    yield Say(ASKED)
    version, kind, request, length, padding = HEAD.unpack((yield Exactly(HEAD.size)))
    if (version, kind, request) != (VERSION, RESULT, 0) or length > MOST:
        raise BadReply("no FCGI_GET_VALUES_RESULT")
    pairs = pairs_untrusted((yield Exactly(length + padding))[:length])
    if not pairs.keys() & {*NAMES}:
        raise BadReply("none of the variables that were asked for")
    yield Known(0.98, "FCGI_GET_VALUES_RESULT")
    yield Told(detail={**pairs})


def pairs_untrusted(data: bytes) -> dict[str, str]:
    """Read pairs of names and values with their lengths in front; raises BadReply."""
    pairs = {}
    while data:
        lengths = []
        for _ in range(2):
            size = 4 if data[:1] >= b"\x80" else 1
            lengths.append(int.from_bytes(data[:size], "big") & (0x7FFF_FFFF if size == 4 else 0x7F))
            data = data[size:]
        name, value = lengths
        if name + value > len(data):
            raise BadReply("a pair is cut short")
        pairs[data[:name].decode("ascii", "replace")] = data[name : name + value].decode("ascii", "replace")
        data = data[name + value :]
    return pairs


PROTOCOL = Protocol(
    name="fastcgi",
    title="FastCGI",
    source="FastCGI Specification 1.0",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(9000, 9001, 9002),
    rarity=7,
)

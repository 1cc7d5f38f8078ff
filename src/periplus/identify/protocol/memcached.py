"""memcached: `version`, in text over TCP and UDP, and in the binary protocol, which Couchbase speaks too.

memcached's protocol.txt and protocol_binary. The command only reads; statistics and values are never asked for.

Identified by ``VERSION``, or by a binary response that returns our opaque number.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.frames import framed, printable
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Known, Line, Say, Some, Talk, Told
from periplus.payload.memcached import PAYLOADS

__all__ = ["PROTOCOLS", "binary_untrusted", "line_untrusted"]

DATAGRAM = PAYLOADS[0].data
FRAME = 8  # of UDP
HEAD = struct.Struct("!BBHBBHI4sQ")
REQUEST, RESPONSE, VERSION = 0x80, 0x81, 0x0B
OPAQUE = b"Peri"
BINARY = HEAD.pack(REQUEST, VERSION, 0, 0, 0, 0, 0, OPAQUE, 0)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of memcached."""
    return 0.9 if data.startswith(b"VERSION ") and data[8:9].isdigit() else 0.0


def line_untrusted(line: bytes) -> str:
    """Return the version; raises BadReply."""
    if not looks_untrusted(line):
        raise BadReply("no VERSION of memcached")
    return printable(line[8:])


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the version."""
    yield Say(b"version\r\n")
    version = line_untrusted((yield Line(256)))
    yield Known(0.95, "VERSION to version")
    yield Told(texts={"memcached.version": version})
    yield Say(b"quit\r\n")


def udp_looks_untrusted(data: bytes) -> float:
    """How sure a datagram makes of memcached."""
    return 0.97 if data[:2] == DATAGRAM[:2] and looks_untrusted(data[FRAME:]) else 0.0


def udp_talk_untrusted(peer: Peer) -> Talk:
    """Ask for the version in one datagram."""
    yield Say(DATAGRAM)
    answer = yield Some()
    if not udp_looks_untrusted(answer):
        raise BadReply("no VERSION of memcached to our request")
    yield Known(0.97, "VERSION with our request's number")
    yield Told(texts={"memcached.version": line_untrusted(answer[FRAME:])})


def binary_looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of the binary protocol."""
    return 0.8 if data[:2] == bytes([RESPONSE, VERSION]) and data[12:16] == OPAQUE else 0.0


def binary_talk_untrusted(peer: Peer) -> Talk:
    """Ask for the version."""
    yield Say(BINARY)
    status, text = binary_untrusted((yield from framed(24, 8, 4, most=1_024)))
    yield Known(0.97, "a binary response with our number")
    yield Told(texts={"memcached.version": text} if not status else {}, detail={"status": status})


def binary_untrusted(data: bytes) -> tuple[int, str]:
    """Return status and text of a response to our request; raises BadReply."""
    if len(data) < HEAD.size:
        raise BadReply("the message is cut short")
    magic, code, _, extras, _, status, _, opaque, _ = HEAD.unpack_from(data)
    if (magic, code, opaque) != (RESPONSE, VERSION, OPAQUE):
        raise BadReply("no binary response to our request")
    return status, printable(data[HEAD.size + extras :])


PROTOCOLS = (
    Protocol(
        name="memcache",
        title="memcached",
        source="memcached protocol.txt",
        talk=talk_untrusted,
        looks=looks_untrusted,
        ports=(11211, 11212, 11215),
        rarity=4,
    ),
    Protocol(
        name="memcache",
        title="memcached",
        source="memcached protocol.txt, UDP protocol",
        talk=udp_talk_untrusted,
        looks=udp_looks_untrusted,
        over=Over.UDP,
        ports=(11211,),
        rarity=4,
    ),
    Protocol(
        name="memcache-binary",
        title="memcached, binary protocol",
        source="memcached BinaryProtocolRevamped",
        talk=binary_talk_untrusted,
        looks=binary_looks_untrusted,
        ports=(11210, 11209, 11211),
        tls_ports=(11207,),
        rarity=8,
    ),
)

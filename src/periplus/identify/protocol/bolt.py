"""Bolt, the protocol of Neo4j and Memgraph: which version the server takes, and what it calls itself.

Bolt Protocol: "Handshake", "Message exchange" (chunks, HELLO), PackStream. Since Bolt 5.1 HELLO carries no
credentials and is answered with the server's name; up to 5.0 it is the login, so there it is not sent.

Identified by SUCCESS to HELLO; by one of the versions that were offered alone it only may be Bolt.
"""

import re
import struct
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import End, Ended, Exactly, Known, Say, Some, Talk, Told, Want

__all__ = ["PROTOCOL", "agent_untrusted", "looks_untrusted"]

MAGIC = b"\x60\x60\xb0\x17"
OFFERED = ((8, 8, 5), (4, 4, 4), (0, 0, 4), (0, 0, 3))  # how many minor versions below, minor, major
HANDSHAKE = MAGIC + b"".join(bytes([0, *each]) for each in OFFERED)
AGENT = b"Periplus/1"
NO_LOGIN_SINCE = (5, 1)
SERVER = re.compile(rb"\x86server(?:\xd0(.)|([\x80-\x8f]))", re.DOTALL)
SUCCESS, FAILURE = 0x70, 0x7F
GOODBYE = b"\0\2\xb0\x02\0\0"


def _text(data: bytes) -> bytes:
    return bytes([0x80 | len(data)]) + data


def hello() -> bytes:
    """Return HELLO with the two members that every version since 5.1 is content with."""
    agent = b"\xa1" + _text(b"product") + _text(AGENT)
    message = b"\xb1\x01\xa2" + _text(b"user_agent") + _text(AGENT) + _text(b"bolt_agent") + agent
    return struct.pack("!H", len(message)) + message + b"\0\0"


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of Bolt: one version, and no more."""
    return 0.5 if len(data) == 4 and data[:2] == b"\0\0" and data[3] in (3, 4, 5) and data[2] <= 8 else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Agree on a version; then ask for the name where that needs no login."""
    yield Say(HANDSHAKE)
    chosen = yield Exactly(4)
    minor, major = chosen[2], chosen[3]
    if chosen[:2] != b"\0\0" or not any(
        major == most and last - below <= minor <= last for below, last, most in OFFERED
    ):
        raise BadReply("none of the versions that were offered")
    yield Told(detail={"protocol": f"{major}.{minor}"})
    if (major, minor) < NO_LOGIN_SINCE:
        yield from _nothing_more()
        yield Known(0.65, "one of our versions of Bolt")
        return
    yield Say(hello())
    agent = agent_untrusted((yield from framed(2, 0, 2, most=4_096))[2:])
    yield Known(0.98, "an answer to HELLO")
    yield Told(texts={"bolt.agent": agent} if agent else {}, detail={"agent": agent})
    yield Say(GOODBYE)


def _nothing_more() -> Generator[Want, bytes, None]:
    """Make sure that the four bytes were all: many a length looks like a version."""
    try:
        yield Some(wait_s=0.5)
    except Ended as ended:
        if ended.why is End.SILENT:
            return
    raise BadReply("more than a version")


def agent_untrusted(message: bytes) -> str | None:
    """Return the server's name in an answer to HELLO; raises BadReply."""
    if len(message) < 3 or message[0] & 0xF0 != 0xB0 or message[1] not in (SUCCESS, FAILURE):
        raise BadReply("no answer to HELLO")
    found = SERVER.search(message)
    if found is None:
        return None
    size = found[1][0] if found[1] else found[2][0] & 0x0F
    return printable(message[found.end() : found.end() + size])


PROTOCOL = Protocol(
    name="bolt",
    title="Bolt",
    source="Bolt Protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(7687,),
    rarity=8,
)

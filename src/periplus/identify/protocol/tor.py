"""Tor's relay port: link versions inside TLS.

Tor specification, sections 3 and 4: a VERSIONS cell, then CERTS, AUTH_CHALLENGE and NETINFO of the relay. No
circuit is built.

Identified by a VERSIONS cell in answer to ours, with the relay's CERTS cell behind it.

Limits: relays are only met inside TLS, and do not say the version of their software.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "versions_untrusted"]

CELL = struct.Struct("!HBH")  # circuit, command, length
VERSIONS = 7
OURS = (4, 5)
HELLO = CELL.pack(0, VERSIONS, 2 * len(OURS)) + struct.pack(f"!{len(OURS)}H", *OURS)
MOST = 64
CERTS = bytes([0, 0, 0, 0, 129])  # from version 4 on a circuit has four bytes


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of it."""
    if len(data) < CELL.size:
        return 0.0
    circuit, command, length = CELL.unpack_from(data)
    return 0.7 if not circuit and command == VERSIONS and 2 <= length <= MOST and not length % 2 else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Negotiate the link's version, inside TLS only."""
    if not peer.tls:
        raise BadReply("not inside TLS")
    yield Say(HELLO)
    head = yield Exactly(CELL.size)
    if not looks_untrusted(head):
        raise BadReply("no VERSIONS cell")
    versions = versions_untrusted((yield Exactly(CELL.unpack(head)[2])))
    if (yield Exactly(len(CERTS))) != CERTS:
        raise BadReply("no CERTS cell")
    yield Known(0.97, "VERSIONS and CERTS cells")
    yield Told(product="Tor", detail={"link_versions": versions})


def versions_untrusted(data: bytes) -> list[Detail]:
    """Return the versions; raises BadReply where they are none."""
    if len(data) % 2:
        raise BadReply("half a version")
    versions = [number for (number,) in struct.iter_unpack("!H", data)]
    if not versions or not all(0 < each < 100 for each in versions):
        raise BadReply("no versions of Tor's link protocol")
    return [*versions]


PROTOCOL = Protocol(
    name="tor-orport",
    title="Tor relay",
    source="Tor specification, 3 and 4",
    talk=talk_untrusted,
    looks=looks_untrusted,
    tls_ports=(9001, 9030, 443),
    rarity=9,
)

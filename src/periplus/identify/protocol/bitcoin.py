"""Bitcoin and its heirs: the version message, which names the node's software.

Bitcoin protocol documentation (developer.bitcoin.org, P2P network): message headers and the version message. We say
that we have no blocks and want no transactions, and leave.

Identified by a version message with the right checksum behind one of the networks' magic numbers.

Limits: nodes that take only encrypted connections (BIP 324), and heirs with other magic numbers, are not known.
"""

import hashlib
import struct
from collections.abc import Callable

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOLS", "looks_untrusted", "version_untrusted"]

NETWORKS = {
    bytes.fromhex("f9beb4d9"): "Bitcoin main",
    bytes.fromhex("0b110907"): "Bitcoin test 3",
    bytes.fromhex("fbc0b6db"): "Litecoin main",
    bytes.fromhex("c0c0c0c0"): "Dogecoin main",
}
VERSION = b"version".ljust(12, b"\0")
PROTOCOL_VERSION = 70015
MOST_VERSION = 2_000
NO_ADDRESS = struct.pack("!Q16sH", 0, b"", 0)[:26]
USER_AGENT = b"/periplus/"


def checksum(data: bytes) -> bytes:
    """Return the first bytes of the hash of the hash."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]


def message(magic: bytes, nonce: bytes) -> bytes:
    """Return our version message; the nonce says that the connection is not to itself."""
    body = struct.pack("<iQq", PROTOCOL_VERSION, 0, 0) + 2 * NO_ADDRESS + nonce[:8].ljust(8, b"\0")
    body += bytes([len(USER_AGENT)]) + USER_AGENT + struct.pack("<i?", 0, False)
    return magic + VERSION + struct.pack("<I", len(body)) + checksum(body) + body


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it."""
    return 0.97 if data[:4] in NETWORKS and data[4:16] == VERSION else 0.0


def talk_of_network(magic: bytes) -> Callable[[Peer], Talk]:
    """Return the talk of one network."""

    def talk_untrusted(peer: Peer) -> Talk:
        yield Say(message(magic, peer.nonce))
        head = yield Exactly(24)
        size = int.from_bytes(head[16:20], "little")
        if head[:4] != magic or head[4:16] != VERSION or size > MOST_VERSION:
            raise BadReply("no version message")
        body = yield Exactly(size)
        if checksum(body) != head[20:]:
            raise BadReply("a version message with a wrong checksum")
        if USER_AGENT in body:
            raise BadReply("our own version message")
        told = version_untrusted(body)
        yield Known(0.99, f"a version message of {NETWORKS[magic]}")
        yield told

    return talk_untrusted


def version_untrusted(data: bytes) -> Told:
    """Return what a version message says; raises BadReply."""
    cursor = Cursor(data)
    version = cursor.number(4, "little")
    services = cursor.number(8, "little")
    cursor.take(8 + 26 + 26 + 8)
    agent = cursor.sized(1).decode("utf-8", "replace")
    height = cursor.number(4, "little")
    detail: dict[str, Detail] = {
        "protocol": version,
        "services": services,
        "user_agent": agent,
        "height": height,
    }
    return Told(texts={"bitcoin.agent": agent}, detail=detail)


PROTOCOLS = (
    Protocol(
        name="bitcoin",
        title="Bitcoin",
        source="Bitcoin protocol documentation, P2P network",
        talk=talk_of_network(bytes.fromhex("f9beb4d9")),
        looks=looks_untrusted,
        ports=(8333,),
        rarity=8,
    ),
    Protocol(
        name="bitcoin-testnet",
        title="Bitcoin, test network 3",
        source="Bitcoin protocol documentation, P2P network",
        talk=talk_of_network(bytes.fromhex("0b110907")),
        ports=(18333,),
        rarity=9,
    ),
    Protocol(
        name="litecoin",
        title="Litecoin",
        source="Litecoin Core, chainparams; Bitcoin protocol documentation",
        talk=talk_of_network(bytes.fromhex("fbc0b6db")),
        ports=(9333,),
        rarity=9,
    ),
    Protocol(
        name="dogecoin",
        title="Dogecoin",
        source="Dogecoin Core, chainparams; Bitcoin protocol documentation",
        talk=talk_of_network(bytes.fromhex("c0c0c0c0")),
        ports=(22556,),
        rarity=9,
    ),
)

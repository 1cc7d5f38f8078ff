"""Kafka: which requests the broker takes, in which versions.

Kafka protocol guide, ApiVersions (key 18) version 0, which every broker since 0.10 answers before any login. What a
broker runs is only bounded by it: the newest version of Fetch tells the oldest release that has it.

Identified by a response with our correlation number and a list of keys in which ApiVersions itself is.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "versions_untrusted"]

API_VERSIONS, FETCH, METADATA = 18, 1, 3
CORRELATION = 0x4B61666B
CLIENT = b"periplus"
REQUEST = struct.pack("!HHIH", API_VERSIONS, 0, CORRELATION, len(CLIENT)) + CLIENT
QUESTION = struct.pack("!I", len(REQUEST)) + REQUEST
MOST, MOST_KEYS = 8_192, 500


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of Kafka: a response with our number."""
    return 0.9 if len(data) >= 14 and data[4:8] == QUESTION[8:12] and data[8:10] == b"\0\0" else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the versions."""
    yield Say(QUESTION)
    keys = versions_untrusted((yield from framed(4, 0, 4, most=MOST))[4:])
    yield Known(0.97, "a list of requests with our number")
    newest = {str(key): most for key, (_, most) in sorted(keys.items())}
    yield Told(
        texts={"kafka.fetch": f"fetch {keys[FETCH][1]}"} if FETCH in keys else {}, detail={"apis": {**newest}}
    )


def versions_untrusted(body: bytes) -> dict[int, tuple[int, int]]:
    """Return the least and most version of each request by its key; raises BadReply."""
    cursor = Cursor(body)
    if cursor.number(4) != CORRELATION or cursor.number(2):
        raise BadReply("no answer to our request")
    count = cursor.number(4)
    if count > MOST_KEYS:
        raise BadReply("more requests than there are")
    keys = {cursor.number(2): (cursor.number(2), cursor.number(2)) for _ in range(count)}
    if API_VERSIONS not in keys:
        raise BadReply("no list of requests")
    return keys


PROTOCOL = Protocol(
    name="kafka",
    title="Apache Kafka",
    source="Kafka protocol guide",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(9092, 9093, 9094, 19092),
    tls_ports=(9093,),
    rarity=4,
)

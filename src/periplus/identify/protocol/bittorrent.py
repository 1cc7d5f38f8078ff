"""BitTorrent over UDP: a ping to a node of the distributed table, and the first half of a tracker's handshake.

BEP 5 and BEP 15. Nothing is announced, and nobody's torrents are asked for.

Identified by a reply to our transaction.

Limits: over TCP a client ends the connection unless it has the torrent that is named, so it cannot be told there.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.bittorrent import CONNECT, PAYLOADS, TRANSACTION

__all__ = ["PROTOCOLS", "node_untrusted", "tracker_looks_untrusted", "tracker_untrusted"]

ERROR = 3
MISMATCH = b"Connection ID missmatch."  # opentracker's words about any other protocol's question


def node_untrusted(data: bytes) -> Answered:
    """Read a node's answer to a ping; raises BadReply."""
    if not data.startswith(b"d") or not data.endswith(b"e") or b"1:t1:p" not in data or b"1:y1:r" not in data:
        raise BadReply("no reply to our ping")
    at = data.find(b"2:id20:")
    if at < 0:
        raise BadReply("no identifier of a node")
    detail: dict[str, Detail] = {"node": data[at + 7 : at + 27].hex()}
    version = data.find(b"1:v4:")
    told = Told(detail=detail)
    if version >= 0 and data[version + 5 : version + 7].isalpha():
        letters = data[version + 5 : version + 7].decode("ascii")
        number = ".".join(map(str, data[version + 7 : version + 9]))
        told = Told(texts={"bittorrent.client": f"{letters} {number}"}, detail={**detail, "client": letters})
    return Answered(0.96, "a node's answer to our ping", told)


def tracker_untrusted(data: bytes) -> Answered:
    """Read a tracker's connection identifier; raises BadReply."""
    cursor = Cursor(data)
    action, transaction = cursor.number(4), cursor.number(4)
    if action != CONNECT or transaction != TRANSACTION or cursor.left != 8:
        raise BadReply("no answer of a tracker")
    return Answered(0.97, "returned our transaction")


def tracker_looks_untrusted(data: bytes) -> float:
    """How sure a datagram makes of a tracker."""
    if data[:4] == ERROR.to_bytes(4, "big") and data[8:].startswith(MISMATCH):
        return 0.95
    return looks_of(TRACKER)(data)


NODE, TRACKER = Question(PAYLOADS[0].data, node_untrusted), Question(PAYLOADS[1].data, tracker_untrusted)
PROTOCOLS = (
    Protocol(
        name="bittorrent-dht",
        title="BitTorrent distributed hash table",
        source="BEP 5",
        talk=talk_of(NODE),
        looks=looks_of(NODE),
        over=Over.UDP,
        ports=(6881, 6882, 6889, 51413),
        rarity=7,
    ),
    Protocol(
        name="bittorrent-tracker",
        title="BitTorrent tracker",
        source="BEP 15",
        talk=talk_of(TRACKER),
        looks=tracker_looks_untrusted,
        over=Over.UDP,
        ports=(1337, 6969),
        rarity=8,
    ),
)

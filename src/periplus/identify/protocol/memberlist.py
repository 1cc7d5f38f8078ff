"""The gossip of Serf, Consul and Nomad: a ping without the name of a node, which any node acknowledges.

HashiCorp memberlist, wire messages in MessagePack.

Identified by an acknowledgement of our number, with or without a checksum before it, or by a compressed message.

Limits: which of the products it is, is not said; a cluster with a gossip key drops our ping. What nodes compress, as
they do unless told otherwise, is not unpacked.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Told
from periplus.payload.memberlist import PAYLOADS

__all__ = ["PROTOCOL", "acknowledgement_untrusted"]

HAS_CHECKSUM = 12
COMPRESSED = b"\x09\x82\xa4Algo\x00\xa3Buf"  # a message in LZW, MessagePack's map of two
ACKNOWLEDGEMENT = re.compile(rb"\x02[\x81-\x8f](?:.{0,20}\xa7Payload.{1,5})?.{0,4}\xa5SeqNo\x01", re.DOTALL)


def acknowledgement_untrusted(data: bytes) -> Answered:
    """Read an acknowledgement; raises BadReply."""
    checked = data[:1] == bytes([HAS_CHECKSUM])
    start = 5 if checked else 0
    told = Told(product="HashiCorp memberlist", detail={"checksum": checked})
    if data.startswith(COMPRESSED, start):
        return Answered(0.94, "a compressed message of memberlist", told)
    if not ACKNOWLEDGEMENT.match(data, start):
        raise BadReply("no acknowledgement of our ping")
    return Answered(0.96, "acknowledged our ping", told)


QUESTION = Question(PAYLOADS[0].data, acknowledgement_untrusted)
PROTOCOL = Protocol(
    name="memberlist",
    title="Gossip of Serf, Consul and Nomad",
    source="HashiCorp memberlist",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(4648, 7946, 8301, 8302),
    rarity=8,
)

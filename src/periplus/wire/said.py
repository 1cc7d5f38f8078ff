"""What datagrams say: the bytes behind their UDP headers (RFC 768), as far as they were kept.

The bytes of all datagrams lie behind each other, and a column has their counts. Of a datagram that came in fragments
the first one has a header, and so its bytes are all there is. Checksums are not verified, as in `decode`.
"""

import numpy as np

from periplus.columns import I64, U8, spans
from periplus.wire.headers import ETHERTYPE_IP6, PROTOCOL_UDP
from periplus.wire.network import read_network_untrusted, word
from periplus.wire.packets import Packets
from periplus.wire.problem import Problem

__all__ = ["said_untrusted"]

_HEADER = 8


def said_untrusted(packets: Packets) -> tuple[U8, I64]:
    """The bytes of each packet's datagram, and how many: none of what is no datagram. Never raises."""
    words = packets.words
    length = packets.length.astype(np.int64)
    outer = read_network_untrusted(words, packets.begins, length, packets.ethertype != ETHERTYPE_IP6)
    datagram = (word(words, outer.at, 1) >> 16).astype(np.int64)
    room = np.minimum(np.minimum(length, outer.declared) - outer.length, datagram) - _HEADER
    fine = (outer.problem == Problem.OK) & (outer.protocol == PROTOCOL_UDP)
    count = np.where(fine, np.maximum(room, 0), 0)
    said: U8 = packets.data.ravel()[spans(outer.at * 4 + _HEADER, count)]
    return said, count

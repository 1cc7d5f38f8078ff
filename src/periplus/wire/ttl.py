"""The TTL of frames that are made already, row by row: traceroute sends one probe with many of them.

A maker bakes the TTL into its template, which costs nothing where all probes have the same. So it is changed
afterwards, and only here: one byte, and in IPv4 the header's checksum by the difference (RFC 1624 section 3, eqn. 3;
for any real header it gives what a new sum would give). Checksums of the payload do not cover it.
"""

import numpy as np

from periplus.columns import U8
from periplus.wire.checksum import finish
from periplus.wire.headers import IP4_CHECKSUM, IP4_TTL, IP6_HOP_LIMIT
from periplus.wire.lane import Lane

__all__ = ["set_ttl"]

_ONES = np.uint64(0xFFFF)


def set_ttl(lane: Lane, frames: U8, ttl: U8) -> None:
    """Give each of the frames, u1[n, width], made for that lane, its own TTL or hop limit, in place."""
    if not lane.is_v4:
        frames[:, lane.header + IP6_HOP_LIMIT] = ttl
        return
    at = lane.header + IP4_CHECKSUM
    before = frames[:, lane.header + IP4_TTL].astype(np.uint64)
    checksum = frames[:, at].astype(np.uint64) << np.uint64(8) | frames[:, at + 1]
    # The TTL is the upper half of its word, whose other half, the protocol, stays.
    sums = (_ONES - checksum) + (_ONES - (before << np.uint64(8))) + (ttl.astype(np.uint64) << np.uint64(8))
    changed = finish(sums)
    frames[:, lane.header + IP4_TTL] = ttl
    frames[:, at], frames[:, at + 1] = changed >> 8, changed & 0xFF

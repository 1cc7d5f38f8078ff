"""SCTP INIT scan: the first packet of an association; the half-open scan of SCTP.

RFC 9260 section 5.1: a listener answers INIT by INIT ACK and keeps nothing; section 8.4: whoever does not listen
answers by ABORT. Both carry our initiate tag as their verification tag.

Limits: a host without SCTP answers by ICMP protocol unreachable, and then all its ports are filtered.
"""

from periplus.technique.icmp import UNREACHABLE
from periplus.technique.model import Check, Row, SctpChunk, Silence, Technique
from periplus.technique.verdict import Reason, State
from periplus.wire.sctp import INIT, SctpProbe

__all__ = ["TECHNIQUE"]

TECHNIQUE = Technique(
    name="sctp-init",
    title="SCTP INIT scan",
    flag="-sY",
    summary="An INIT: INIT ACK is open, ABORT closed, silence or an ICMP unreachable filtered.",
    proto="sctp",
    probe=SctpProbe(INIT),
    cookie="initiate tag; source port; IP identification or flow label in a quote",
    rows=(
        Row(SctpChunk(2), State.OPEN, Reason.INIT_ACK, Check.TAG),
        Row(SctpChunk(6), State.CLOSED, Reason.ABORT, Check.TAG),
        *UNREACHABLE,
        Row(Silence(), State.FILTERED, Reason.NO_RESPONSE),
    ),
)

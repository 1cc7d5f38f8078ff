"""Timestamp ping: asks for the time (RFC 792); gets through where only echoes are dropped.

RFC 1122 section 3.2.2.8 lets hosts choose; Linux answers. IPv6 has no such question.
"""

from periplus.technique.icmp import UNREACHABLE
from periplus.technique.model import Check, IcmpReply, Row, Silence, Technique
from periplus.technique.verdict import Reason, State
from periplus.wire.icmp import TIMESTAMP, IcmpProbe

__all__ = ["TECHNIQUE"]

TECHNIQUE = Technique(
    name="timestamp",
    title="Timestamp ping",
    flag="-PP",
    summary="An ICMP timestamp request: a reply means up.",
    proto="icmp",
    probe=IcmpProbe(TIMESTAMP),
    cookie="originate timestamp; identifier; sequence number",
    rows=(
        Row(IcmpReply(TIMESTAMP), State.OPEN, Reason.TIMESTAMP_REPLY, Check.ECHOED),
        *UNREACHABLE,
        Row(Silence(), State.FILTERED, Reason.NO_RESPONSE),
    ),
)

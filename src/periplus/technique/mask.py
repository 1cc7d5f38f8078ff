"""Address mask ping: asks for the subnet mask (RFC 950); old stacks and some network devices answer.

RFC 1122 section 3.2.2.9 forbids it to hosts that are not told to; IPv6 has no such question.
"""

from periplus.technique.icmp import UNREACHABLE
from periplus.technique.model import Check, IcmpReply, Row, Silence, Technique
from periplus.technique.verdict import Reason, State
from periplus.wire.icmp import ADDRESS_MASK, IcmpProbe

__all__ = ["TECHNIQUE"]

TECHNIQUE = Technique(
    name="mask",
    title="Address mask ping",
    flag="-PM",
    summary="An ICMP address mask request: a reply means up.",
    proto="icmp",
    probe=IcmpProbe(ADDRESS_MASK),
    cookie="sequence number (half); identifier",
    rows=(
        Row(IcmpReply(ADDRESS_MASK), State.OPEN, Reason.ADDRESSMASK_REPLY, Check.ECHOED_LOW),
        *UNREACHABLE,
        Row(Silence(), State.FILTERED, Reason.NO_RESPONSE),
    ),
)

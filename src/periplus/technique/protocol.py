"""IP protocol scan: which protocols a host speaks, one packet of each.

RFC 1122 section 3.2.2.1: a host answers a protocol that it has not by an ICMP protocol unreachable; with IPv6 by a
parameter problem that points at the next header (RFC 8200 section 4). Whatever it says in the protocol itself, or
that the port in it is unreachable, or that the protocol's header is wrong, shows that it has it.

Limits: an answer in the protocol has no number of ours, only its sender is known, and not which try it answers. So
any packet of the target in that protocol will do. Hosts ration ICMP errors, and then the scan takes its time.
"""

from periplus.technique.icmp import UNREACHABLE
from periplus.technique.model import Check, Icmp, ProtocolReply, Row, Silence, Technique
from periplus.technique.verdict import Reason, State
from periplus.wire.protocol import ProtocolProbe

__all__ = ["TECHNIQUE"]

TECHNIQUE = Technique(
    name="protocol",
    title="IP protocol scan",
    flag="-sO",
    summary="A packet of each IP protocol: an answer is open, protocol unreachable closed. -p means protocols.",
    proto="ip",
    probe=ProtocolProbe(),
    cookie="IP identification or flow label in a quote; else only the sender",
    rows=(
        Row(ProtocolReply(), State.OPEN, Reason.PROTO_RESPONSE, Check.SENDER),
        Row(Icmp(4, 3, (2,), "target"), State.CLOSED, Reason.PROTO_UNREACH, Check.QUOTE),
        Row(Icmp(4, 3, (3,), "target"), State.OPEN, Reason.PORT_UNREACH, Check.QUOTE),
        Row(Icmp(6, 1, (4,), "target"), State.OPEN, Reason.PORT_UNREACH, Check.QUOTE),
        Row(
            Icmp(6, 4, (1,), "target"),
            State.CLOSED,
            Reason.PARAM_PROBLEM,
            Check.QUOTE,
            "unrecognised next header",
        ),
        Row(Icmp(6, 4, (0,), "target"), State.OPEN, Reason.PARAM_PROBLEM, Check.QUOTE, "its header is read"),
        *UNREACHABLE,
        Row(Silence(), State.OPEN_FILTERED, Reason.NO_RESPONSE),
    ),
)

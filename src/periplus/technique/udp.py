"""UDP scan: a datagram that a service would answer, or an empty one.

RFC 1122 section 4.1.3.1: a host answers a datagram to a port without a listener by an ICMP port unreachable. A
listener answers what it understands, so the payloads of `periplus.payload` are sent to the ports that they belong to.

Limits: hosts send few ICMP errors (RFC 1812 section 4.3.2.8; Linux about one a second to each destination), so
closed ports are found slowly, at the pace that the engine learns for each host; an open port that understands none
of the payloads is as silent as a filtered one.
"""

from periplus.technique.icmp import UNREACHABLE
from periplus.technique.model import Check, Datagram, Icmp, Row, Silence, Technique
from periplus.technique.verdict import Reason, State
from periplus.wire.udp import UdpProbe

__all__ = ["TECHNIQUE"]

TECHNIQUE = Technique(
    name="udp",
    title="UDP scan",
    flag="-sU",
    summary="A payload the service knows, else an empty datagram: a reply is open, port unreachable closed.",
    proto="udp",
    probe=UdpProbe(),
    cookie="source port; IP identification or flow label in a quote",
    rows=(
        Row(Datagram(), State.OPEN, Reason.UDP_RESPONSE, Check.SOURCE_PORT),
        Row(Icmp(4, 3, (3,), "target"), State.CLOSED, Reason.PORT_UNREACH, Check.QUOTE),
        Row(Icmp(6, 1, (4,), "target"), State.CLOSED, Reason.PORT_UNREACH, Check.QUOTE),
        *UNREACHABLE,
        Row(Silence(), State.OPEN_FILTERED, Reason.NO_RESPONSE),
    ),
)

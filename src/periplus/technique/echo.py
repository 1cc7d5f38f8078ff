"""Echo ping: the question that every host must answer (RFC 1122 section 3.2.2.6, RFC 4443 section 4.1).

Limits: many filters drop it, and hosts that are told to be silent do not answer.
"""

from periplus.technique.icmp import UNREACHABLE
from periplus.technique.model import Check, IcmpReply, Row, Silence, Technique
from periplus.technique.verdict import Reason, State
from periplus.wire.icmp import ECHO, IcmpProbe

__all__ = ["TECHNIQUE"]

TECHNIQUE = Technique(
    name="echo",
    title="Echo ping",
    flag="-PE",
    summary="An ICMP or ICMPv6 echo: a reply means up.",
    proto="icmp",
    probe=IcmpProbe(ECHO),
    cookie="first four bytes of the data; identifier; sequence number",
    rows=(
        Row(IcmpReply(ECHO), State.OPEN, Reason.ECHO_REPLY, Check.ECHOED),
        *UNREACHABLE,
        Row(Silence(), State.FILTERED, Reason.NO_RESPONSE),
    ),
)

"""SCTP COOKIE ECHO scan: a cookie that nobody gave, which listeners drop and others abort.

RFC 9260 section 5.1.5: a listener authenticates the cookie and drops what is not its own; section 8.4: whoever does
not listen answers by an ABORT that reflects our verification tag. Passes packet filters that look for INIT alone.

Limits: an open port and a filtered one are silent alike.
"""

from periplus.technique.icmp import UNREACHABLE
from periplus.technique.model import Check, Row, SctpChunk, Silence, Technique
from periplus.technique.verdict import Reason, State
from periplus.wire.sctp import COOKIE_ECHO, SctpProbe

__all__ = ["TECHNIQUE"]

TECHNIQUE = Technique(
    name="sctp-cookie",
    title="SCTP COOKIE ECHO scan",
    flag="-sZ",
    summary="A COOKIE ECHO: ABORT is closed, silence open or filtered.",
    proto="sctp",
    probe=SctpProbe(COOKIE_ECHO),
    cookie="verification tag; source port; IP identification or flow label in a quote",
    rows=(
        Row(SctpChunk(6), State.CLOSED, Reason.ABORT, Check.TAG),
        *UNREACHABLE,
        Row(Silence(), State.OPEN_FILTERED, Reason.NO_RESPONSE),
    ),
)

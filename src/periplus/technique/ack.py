"""ACK scan: a bare ACK, which open and closed ports reset alike, so that what stays silent is filtered.

RFC 9293 section 3.10.7.1 and 3.10.7.2: both LISTEN and CLOSED answer an ACK out of nowhere by a reset. It tells
nothing of the port, but which packets a filter lets through, and a filter without state from one with.
"""

from periplus.technique.reset import on_reset, reset_scan
from periplus.technique.verdict import State
from periplus.wire.tcp import ACK

__all__ = ["TECHNIQUE"]

TECHNIQUE = reset_scan(
    "ack",
    "ACK scan",
    "-sA",
    "A bare ACK: a reset is unfiltered, silence filtered. Maps the rules of a firewall.",
    ACK,
    (on_reset(State.UNFILTERED),),
    State.FILTERED,
)

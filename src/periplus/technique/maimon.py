"""Maimon scan: FIN and ACK, which some stacks of BSD descent drop on open ports and reset on closed ones.

Found by Uriel Maimon (Phrack 49, article 15, 1996). RFC 9293 section 3.10.7.2 asks for a reset in LISTEN too,
so on most stacks every port looks closed.
"""

from periplus.technique.reset import on_reset, reset_scan
from periplus.technique.verdict import State
from periplus.wire.tcp import ACK, FIN

__all__ = ["TECHNIQUE"]

TECHNIQUE = reset_scan(
    "maimon",
    "Maimon scan",
    "-sM",
    "FIN and ACK: a reset is closed, silence open or filtered (on some BSD stacks).",
    FIN | ACK,
    (on_reset(State.CLOSED),),
    State.OPEN_FILTERED,
)

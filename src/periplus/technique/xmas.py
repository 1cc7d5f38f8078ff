"""Xmas scan: FIN, PSH and URG, the packet lit up like a Christmas tree, which only a closed port answers.

RFC 9293 section 3.10.7.2: in LISTEN a segment with neither RST, ACK nor SYN is dropped.

Limits: as of the FIN scan.
"""

from periplus.technique.reset import on_reset, reset_scan
from periplus.technique.verdict import State
from periplus.wire.tcp import FIN, PSH, URG

__all__ = ["TECHNIQUE"]

TECHNIQUE = reset_scan(
    "xmas",
    "Xmas scan",
    "-sX",
    "FIN, PSH and URG: a reset is closed, silence open or filtered.",
    FIN | PSH | URG,
    (on_reset(State.CLOSED),),
    State.OPEN_FILTERED,
)

"""FIN scan: a bare FIN, which only a closed port answers.

RFC 9293 section 3.10.7.2: in LISTEN a segment with neither RST, ACK nor SYN is dropped. Passes packet filters
that look for SYN alone.

Limits: many stacks (Windows, network devices) reset whatever comes, open or not; then all ports look closed.
"""

from periplus.technique.reset import on_reset, reset_scan
from periplus.technique.verdict import State
from periplus.wire.tcp import FIN

__all__ = ["TECHNIQUE"]

TECHNIQUE = reset_scan(
    "fin",
    "FIN scan",
    "-sF",
    "A bare FIN: a reset is closed, silence open or filtered.",
    FIN,
    (on_reset(State.CLOSED),),
    State.OPEN_FILTERED,
)

"""NULL scan: a segment without any flag, which only a closed port answers.

RFC 9293 section 3.10.7.2: in LISTEN a segment with neither RST, ACK nor SYN is dropped.

Limits: as of the FIN scan.
"""

from periplus.technique.reset import on_reset, reset_scan
from periplus.technique.verdict import State

__all__ = ["TECHNIQUE"]

TECHNIQUE = reset_scan(
    "null",
    "NULL scan",
    "-sN",
    "No flag at all: a reset is closed, silence open or filtered.",
    0,
    (on_reset(State.CLOSED),),
    State.OPEN_FILTERED,
)

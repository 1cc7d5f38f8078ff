"""Window scan: a bare ACK, and a look at the window of the reset.

Some stacks (old BSD, AIX, HP-UX) put the listening socket's window into the reset and zero where nobody listens.

Limits: most stacks of today give zero always, and then all ports look closed; a few give a window always.
"""

from periplus.technique.reset import on_reset, reset_scan
from periplus.technique.verdict import State
from periplus.wire.tcp import ACK

__all__ = ["TECHNIQUE"]

TECHNIQUE = reset_scan(
    "window",
    "Window scan",
    "-sW",
    "A bare ACK: a reset with a window is open, without one closed, silence filtered.",
    ACK,
    (on_reset(State.OPEN, window=True), on_reset(State.CLOSED, window=False)),
    State.FILTERED,
)

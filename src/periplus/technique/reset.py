"""What TCP scans without a plain SYN have in common: a closed port answers what it does not expect with a reset.

RFC 9293 section 3.10.7.1: a segment to a closed port, whatever its flags but RST, is answered by a reset. What
an open port does tells the scans apart, and so does each one's table; here is what they share.

A reset carries our number: it goes on where the probe's ACK said, or acknowledges the probe, its FIN counted or not
(not all stacks do). Options are left out: only a SYN has a use for them.
"""

from periplus.technique.icmp import UNREACHABLE
from periplus.technique.model import Check, Row, Silence, Tcp, Technique
from periplus.technique.verdict import Reason, State
from periplus.wire.tcp import TcpProbe

__all__ = ["on_reset", "reset_scan"]


def on_reset(state: State, window: bool | None = None) -> Row:
    """Return the row of a reset, of those with (True) or without a window if that is asked."""
    return Row(Tcp("R", "R", window), state, Reason.RESET, Check.NUMBERED)


def reset_scan(
    name: str, title: str, flag: str, summary: str, flags: int, resets: tuple[Row, ...], silence: State
) -> Technique:
    """Return the technique that sends these TCP flags."""
    return Technique(
        name=name,
        title=title,
        flag=flag,
        summary=summary,
        proto="tcp",
        probe=TcpProbe(flags=flags, options=b""),
        cookie="sequence and acknowledgement number; source port",
        rows=(*resets, *UNREACHABLE, Row(Silence(), silence, Reason.NO_RESPONSE)),
    )

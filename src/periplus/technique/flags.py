"""A TCP technique with other flags: the table stays, but for how a number of ours may come back.

RFC 9293 section 3.10.7.1: a reset acknowledges what the probe took of the sequence space, which SYN and FIN do and
nothing else, or goes on where its ACK said. Only a SYN without FIN and ACK can be held to exactly one more; all other
probes get the wider check. Options go with a SYN alone.

Limits: what an answer means is the technique's word, and is right as far as the flags are in its spirit.
"""

from dataclasses import replace

from periplus.technique.model import Check, Row, Technique
from periplus.wire.tcp import ACK, FIN, SYN, TcpProbe

__all__ = ["with_flags"]


def with_flags(technique: Technique, flags: int) -> Technique:
    """Return the technique with these TCP flags; TypeError when its probe is no TCP segment."""
    probe = technique.probe
    if not isinstance(probe, TcpProbe):
        raise TypeError(f"{technique.flag} sends no TCP segments of its own")
    exact = flags & (SYN | FIN | ACK) == SYN
    options = TcpProbe(flags).options if flags & SYN else b""
    rows = technique.rows if exact else tuple(map(_widened, technique.rows))
    return replace(technique, probe=replace(probe, flags=flags, options=options), rows=rows)


def _widened(row: Row) -> Row:
    return replace(row, check=Check.NUMBERED) if row.check == Check.ACK_IS_NEXT else row

"""What a run of an engine came to so far, as plain numbers that anybody may read."""

from dataclasses import dataclass

__all__ = ["Totals"]


@dataclass(slots=True)
class Totals:
    """What a run came to so far."""

    sent: int = 0
    accepted: int = 0
    heard: int = 0
    lost: int = 0
    opened: int = 0
    duplicates: int = 0
    late: int = 0
    unexpected: int = 0
    unsolicited: int = 0
    hosts_done: int = 0
    stopped: int = 0  # of these, stopped answering while they were asked
    cells_done: int = 0
    missed: float = 0.0

    @property
    def loss(self) -> float:
        """The share of probes (or their answers) that got lost, of those whose fate is known."""
        return self.lost / max(self.lost + self.heard, 1)

"""What is on its way: cells in the batches in which they were asked, each with a time before which none is overdue.

A look at a batch costs as much as the batch is long, and at a whole group as much as the group. So a batch is not
looked at before its time, and looks are some time apart (`gap_us`). As a host's time-out shrinks with its first
answer, those times are no longer good once an answer came (`hasten`): then everything is looked at, every `TICK_US`.
"""

from periplus.columns import I64
from periplus.engine.lists import concatenated

__all__ = ["TICK_US", "Flights"]

TICK_US = 25_000
LEAST_GAP_US = 1_000
NEVER = 1 << 62


class Flights:
    """Cells under way in a group of so many hosts."""

    def __init__(self, hosts: int) -> None:
        self.next_us = NEVER  # when to look next
        self._gap_us = min(max(hosts, LEAST_GAP_US), TICK_US)
        self._batches: list[tuple[int, I64]] = []
        self._looked_us = -TICK_US
        self._hastened = False

    def add(self, cell: I64, soonest_us: int) -> None:
        """These are on their way, and none is overdue before `soonest_us`."""
        self._batches.append((soonest_us, cell))
        self._plan(soonest_us)

    def hasten(self) -> None:
        """Some may be overdue sooner than was said."""
        self._hastened = bool(self._batches)
        if self._hastened:
            self._plan(self._looked_us + TICK_US)

    def _plan(self, soonest_us: int) -> None:
        self.next_us = min(self.next_us, max(soonest_us, self._looked_us + self._gap_us))

    def due(self, now_us: int) -> I64:
        """Take out the cells that may be overdue; those that are not must be added again."""
        due = [cell for soonest_us, cell in self._batches if self._hastened or soonest_us <= now_us]
        later = [batch for batch in self._batches if not self._hastened and batch[0] > now_us]
        self._batches, self._looked_us, self._hastened = later, now_us, False
        self.next_us = NEVER
        if later:
            self._plan(min(soonest_us for soonest_us, _ in later))
        return concatenated(due)

    def all(self) -> I64:
        """Return all, those too that are on their way no longer."""
        return concatenated([cell for _, cell in self._batches])

"""What an engine learned of hosts that it is done with and that nobody has reported: another technique still asks
them, or their services are being identified. A run that goes on after this one asks nothing of it again.

Most hosts are reported in the turn in which they are finished, so it is looked at a step later which are not.

Limits: of so many cells at most; what is beyond is asked again.
"""

from collections.abc import Sequence

from periplus.columns import I64
from periplus.engine.group import Group
from periplus.engine.ledger import Ledger
from periplus.engine.remains import Remains, joined_remains, remains_of

__all__ = ["Unreported"]

MOST_CELLS = 1 << 21


class Unreported:
    """The `ledger` knows who was reported."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._done: Sequence[tuple[Group, I64]] = ()
        self._kept: list[Remains] = []
        self._cells = 0

    def note(self, done: Sequence[tuple[Group, I64]]) -> None:
        """These hosts are done with; their groups may be read until `sort`."""
        self._done = done

    def sort(self) -> None:
        """Keep what is known of those noted that were not reported meanwhile."""
        done, self._done = self._done, ()
        for group, hosts in done:
            waiting = hosts[self._ledger.holds(group.addresses[hosts])]
            cells = int(group.hosts.count[waiting].sum())
            if len(waiting) and self._cells + cells <= MOST_CELLS:
                self._kept.append(remains_of(group, waiting))
                self._cells += cells

    def remains(self) -> Remains:
        """What is known of all that are not reported."""
        self.sort()
        whole = joined_remains(self._kept)
        whole = whole.without(~self._ledger.holds(whole.addresses))
        self._kept, self._cells = [whole], len(whole.columns["cell_state"])
        return whole

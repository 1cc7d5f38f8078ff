"""What a run writes down of itself while it goes on: which hosts are done with, and from time to time all that
another process needs to go on after this one was killed.

A host is done with when its report was handed over, or when there is nothing to report of it. Of the others is kept
what their ports have answered, technique by technique, and how they answered first, if that is wanted. What is on its
way when the process dies is asked again, and so are the names, ways, services and systems that reports wait for.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from periplus.engine.ledger import Ledger
from periplus.engine.remains import Remains
from periplus.engine.unreported import Unreported
from periplus.result.batch import HostBatch, Hosts
from periplus.result.row import SummaryRow
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from periplus.engine.shown import Shown

__all__ = ["Journal"]

EVERY_US = 500_000
SHARE = 0.1  # of the time may go into saving


Save = Callable[[SummaryRow, Sequence[Remains]], None]


class Journal:
    """The ledger of a run, and `save`, which is told how the run stands; without it nothing is kept.

    `remains` are those of an earlier run, technique by technique, and `seen` is what hosts showed it.
    """

    def __init__(
        self,
        ledger: Ledger,
        save: Save | None = None,
        remains: Sequence[Remains] = (),
        seen: "Mapping[str, NDArray[Any]] | None" = None,
    ) -> None:
        self.ledger = ledger
        self.remains = remains
        self._seen = seen or {}
        self._shown: Shown | None = None
        self._save = save
        self._due_us = 0

    def watch(self, shown: "Shown | None") -> None:
        """Hosts' first answers are kept here: those of an earlier run are put in, a later one gets what is left."""
        if shown is not None and self._seen:
            from periplus.engine.shown import seen_of

            shown.keep(*seen_of(self._seen))
        self._shown = shown

    def seen(self) -> "Mapping[str, NDArray[Any]]":
        """What hosts have shown that are not finished, by columns."""
        return self._seen if self._shown is None else self._shown.of(self.ledger.holds)

    def unreported(self) -> Unreported | None:
        """What keeps for a later run what an engine is done with; None where nothing is kept."""
        return None if self._save is None else Unreported(self.ledger)

    def due(self, now_us: int) -> bool:
        """Whether it is time to save."""
        return self._save is not None and now_us >= self._due_us

    def save(
        self, summary: SummaryRow, remains: Callable[[], Sequence[Remains]], now_us: Callable[[], int]
    ) -> None:
        """Save, and be due again when that is worth it."""
        if self._save is None:
            return
        began_us = now_us()
        self._save(summary, remains())
        ended_us = now_us()
        self._due_us = ended_us + max(EVERY_US, int((ended_us - began_us) / SHARE))

    def reported(self, hosts: Hosts) -> None:
        """These hosts were handed over."""
        if isinstance(hosts, HostBatch):
            self.ledger.finish(hosts.addresses)
        elif hosts:
            self.ledger.finish(Addresses.of_ints(parse_ip(report.addr) for report in hosts))

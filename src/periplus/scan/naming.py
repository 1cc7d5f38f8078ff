"""Names for finished hosts: a report waits until its reverse names have come, and no longer than that takes.

A report asks for its host's name and, where its way was traced, for those of the hops. Only reports wait, never the
scan. Without reverse names every report passes straight through. The name of the vendor of a host's hardware is known
at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from periplus.columns import Mask
from periplus.result.batch import HostBatch
from periplus.result.row import HostReport, Trace
from periplus.scan.names import ReverseNames
from periplus.scan.vendor import Vendors

__all__ = ["Naming"]

Names = dict[str, tuple[str, ...]]


@dataclass(slots=True)
class _Held:
    """A report, whose names it waits for, and those that have come."""

    report: HostReport
    missing: set[str]
    names: Names = field(default_factory=dict)

    def named(self) -> HostReport:
        """The report with the names that it has."""
        report, names = self.report, self.names
        own = tuple((name, "PTR") for name in names.get(report.addr, ()))
        return replace(report, names=report.names + own, trace=_named(report.trace, names))


class Naming:
    """Holds reports until they have their names. `reverse`: of hosts that are up (None), all (True), none (False).

    Without `vendors` none is told.
    """

    def __init__(
        self, reverse: bool | None, names: ReverseNames | None = None, vendors: Vendors | None = None
    ) -> None:
        self._reverse = reverse
        self._names = None if reverse is False else names or ReverseNames()
        self._vendors = vendors
        self._waiting: dict[str, list[_Held]] = {}  # by each address that a report waits for
        self._ready: list[HostReport] = []

    def passes(self, batch: HostBatch) -> Mask:
        """Which hosts wait for no name, and have no hardware of which the vendor is told."""
        waits = batch.up.copy() if not self._reverse else np.ones(len(batch), np.bool_)
        if self._names is None:
            waits[:] = False
        if self._vendors is not None:
            waits[[*batch.macs]] = True
        return ~waits

    def ask(self, report: HostReport) -> None:
        """Take a report in."""
        if report.mac is not None and self._vendors is not None:
            report = replace(report, vendor=self._vendors.vendor(report.mac))
        if self._names is None or not (report.up or self._reverse):
            self._ready.append(report)
            return
        hops = report.trace.hops if report.trace else ()
        held = _Held(report, {report.addr, *(hop.addr for hop in hops if hop.addr)})
        for addr in sorted(held.missing):
            if addr not in self._waiting:
                self._waiting[addr] = []
                self._names.ask([addr])
            self._waiting[addr].append(held)

    def named(self, wait: bool) -> Iterator[HostReport]:
        """Yield the reports that need not wait any longer; with `wait` all of them."""
        if self._names is not None and self._waiting:
            for addr, names in self._names.wait() if wait else self._names.poll():
                for held in self._waiting.pop(addr, ()):
                    self._give(held, addr, names)
        ready, self._ready = self._ready, []
        yield from ready

    def _give(self, held: _Held, addr: str, names: tuple[str, ...]) -> None:
        held.names[addr] = names
        held.missing.discard(addr)
        if not held.missing:
            self._ready.append(held.named())

    def give_up(self) -> None:
        """Wait for no more names: the next call of `named` yields every report that is left."""
        held = {id(each): each for waiting in self._waiting.values() for each in waiting}
        self._ready.extend(each.named() for each in held.values())
        self._waiting.clear()

    def close(self) -> None:
        """Ask no more."""
        if self._names is not None:
            self._names.close()


def _named(trace: Trace | None, names: Names) -> Trace | None:
    if trace is None:
        return None
    return replace(trace, hops=tuple(replace(hop, names=names.get(hop.addr or "", ())) for hop in trace.hops))

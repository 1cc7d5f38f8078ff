"""Names for finished hosts: a report waits until its reverse name has come, and no longer than that takes.

Only reports wait, never the scan. Without reverse names every report passes straight through. The name of the
vendor of its hardware is known at once.
"""

from collections.abc import Iterator
from dataclasses import replace

from periplus.result.row import HostReport
from periplus.scan.names import ReverseNames
from periplus.scan.vendor import Vendors

__all__ = ["Naming"]


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
        self._waiting: dict[str, HostReport] = {}
        self._ready: list[HostReport] = []

    def ask(self, report: HostReport) -> None:
        """Take a report in."""
        if report.mac is not None and self._vendors is not None:
            report = replace(report, vendor=self._vendors.vendor(report.mac))
        if self._names is None or not (report.up or self._reverse):
            self._ready.append(report)
            return
        self._waiting[report.addr] = report
        self._names.ask([report.addr])

    def named(self, wait: bool) -> Iterator[HostReport]:
        """Yield the reports that need not wait any longer; with `wait` all of them."""
        if self._names is not None and self._waiting:
            for addr, names in self._names.wait() if wait else self._names.poll():
                report = self._waiting.pop(addr)
                self._ready.append(
                    replace(report, names=report.names + tuple((name, "PTR") for name in names))
                )
        ready, self._ready = self._ready, []
        yield from ready

    def give_up(self) -> None:
        """Wait for no more names: the next call of `named` yields every report that is left."""
        self._ready.extend(self._waiting.values())
        self._waiting.clear()

    def close(self) -> None:
        """Ask no more."""
        if self._names is not None:
            self._names.close()

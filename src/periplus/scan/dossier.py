"""One report a host, however many pieces of work it took: what was found is kept until all of it is there.

Discovery says that a host is up and why; each technique adds its ports. Only hosts in progress are kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from periplus.result.row import HostReport
from periplus.technique.verdict import Reason

__all__ = ["Dossiers"]


@dataclass(slots=True)
class _Dossier:
    """What is known of a host so far, and how many pieces of work are still missing."""

    report: HostReport
    missing: int


class Dossiers:
    """`works_of(addr)` says how many pieces of work a host gets."""

    def __init__(self, works_of: Callable[[str], int]) -> None:
        self._works_of = works_of
        self._open: dict[str, _Dossier] = {}

    def found(self, report: HostReport) -> HostReport | None:
        """Discovery is done with a host; returned at once when there is no work on it."""
        missing = self._works_of(report.addr) if report.up else 0
        if not missing:
            return report
        self._open[report.addr] = _Dossier(report, missing)
        return None

    def worked(self, report: HostReport) -> HostReport | None:
        """A piece of work is done; the whole report is returned with the last one."""
        kept = self._open.get(report.addr)
        if kept is None:
            missing = self._works_of(report.addr) - 1
            if missing <= 0:
                return report
            self._open[report.addr] = _Dossier(report, missing)
            return None
        kept.report = _merged(kept.report, report)
        kept.missing -= 1
        return None if kept.missing else self._open.pop(report.addr).report

    def unfinished(self) -> Iterator[HostReport]:
        """Yield what there is of hosts that will not be finished."""
        for addr in list(self._open):
            yield self._open.pop(addr).report


def _merged(first: HostReport, second: HostReport) -> HostReport:
    """Both in one; how a host was known to be up is said by the first that knew."""
    speaks, other = (first, second) if first.up and first.reason != Reason.USER_SET else (second, first)
    return replace(
        speaks,
        up=first.up or second.up,
        columns=first.columns + second.columns,
        started=min(first.started, second.started),
        ended=max(first.ended, second.ended),
        srtt_ms=second.srtt_ms if second.srtt_ms is not None else first.srtt_ms,
        rttvar_ms=second.rttvar_ms if second.srtt_ms is not None else first.rttvar_ms,
        timeout_ms=second.timeout_ms if second.srtt_ms is not None else first.timeout_ms,
        mac=speaks.mac or other.mac,
        timed_out=first.timed_out or second.timed_out,
        notes=first.notes + second.notes,
        stopped=first.stopped + second.stopped,
    )

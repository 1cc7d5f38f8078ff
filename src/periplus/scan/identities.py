"""Open ports are asked who answers: the stage that holds a host's report until all of its services are known.

A UDP port that said nothing to the scan (open|filtered) is asked as well, as another question may be the right one:
if somebody answers it is open. Of one host no more than `MOST_SILENT` such ports are asked.

Ports of a tarpit are no findings and are not asked, nor are printers' raw ports, which print what comes.
Fragile ports (`space.fragile`) that the user did not name one by one are only listened to.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Protocol

import numpy as np

from periplus.findings import Answer
from periplus.identify.driver.driver import Port
from periplus.identify.model import Over
from periplus.identify.service import Came, Service
from periplus.result.row import HostReport, PortColumns, ServiceRow
from periplus.scan.stage import NEVER
from periplus.space.fragile import FRAGILE, PRINTERS
from periplus.technique.verdict import Reason, State

__all__ = ["Identifying", "Identities"]

POLL_US = 10_000
MOST_SILENT = 64
ANSWERED = (Came.IDENTIFIED, Came.UNKNOWN)
CARRIERS = {over.value: over for over in Over}


class Identifying(Protocol):
    """What `scan.identifier.Identifier` does."""

    def submit(self, port: Port) -> None:
        """Begin to identify."""

    def poll(self) -> list[Service]:
        """Return what has become known since the last call."""

    def drop(self, address: str) -> None:
        """Ask nothing more of a host; nothing more becomes known of it."""


@dataclass(slots=True)
class _Held:
    """A report, the ports that it waits for, and the services that have come."""

    report: HostReport
    missing: set[tuple[str, int]]
    silent: frozenset[tuple[str, int]] = frozenset()
    services: list[ServiceRow] = field(default_factory=list)
    until_us: int | None = None  # when its host is given up, once it is known

    def take(self, service: Service, silent: bool) -> None:
        """Note a service; who says nothing at a port that was silent before is none."""
        self.missing.discard((service.over.value, service.port))
        if not silent or service.came in ANSWERED:
            self.services.append(row_of(service))

    def identified(self) -> HostReport:
        """The report with what is known."""
        order = sorted(self.services, key=lambda each: (each.proto, each.port))
        columns = tuple(_opened(each, order) for each in self.report.columns)
        return replace(self.report, columns=columns, services=(*self.report.services, *order))


Recall = Callable[[str, int], tuple[tuple[bytes, ...], tuple[bytes, ...]]]


def _nothing(_addr: str, _port: int) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Nobody has listened."""
    return (), ()


class Identities:
    """Holds reports of hosts with open ports. `opened` gives what identifies, when it is first wanted."""

    def __init__(
        self,
        opened: Callable[[], Identifying],
        named: frozenset[int] = frozenset(),
        recall: Recall = _nothing,
        host_us: int = 0,
    ) -> None:
        """`named`: the ports that the user named one by one, which may be fragile; `recall` tells what a UDP port
        was asked by the scan, and what it answered. A host has `host_us` in all (0: as long as it takes)."""
        self._host_us = host_us
        self._recall = recall
        self._opened = opened
        self._named = named
        self._asks: Identifying | None = None
        self._held: dict[str, _Held] = {}
        self._ready: list[HostReport] = []

    @property
    def idle(self) -> bool:
        """Whether no report is held."""
        return not self._held and not self._ready

    @property
    def left(self) -> int:
        """How many ports have not said who they are yet."""
        return sum(len(each.missing) for each in self._held.values())

    def ask(self, reports: Iterable[HostReport]) -> None:
        """Take reports in; one without open ports is ready at once."""
        for report in reports:
            ports = list(self._ports(report))
            if not ports:
                self._ready.append(report)
                continue
            self._asks = self._asks or self._opened()
            keys = {(port.over.value, port.port) for port in ports}
            self._held[report.addr] = _Held(report, keys, _silent(report))
            for port in ports:
                self._asks.submit(port)

    def _ports(self, report: HostReport) -> Iterator[Port]:
        """Yield what is to be asked of a host."""
        tarpit = report.tarpit
        name = next((name for name, kind in report.names if kind == "user"), None)
        for columns in report.columns:
            over = CARRIERS.get(columns.proto)
            if over is None or (tarpit is not None and tarpit.proto == columns.proto):
                continue
            silent = _ports_in(columns, State.OPEN_FILTERED)[:MOST_SILENT] if over is Over.UDP else []
            for port in (*_ports_in(columns, State.OPEN), *silent):
                asked, heard = self._recall(report.addr, port) if over is Over.UDP else ((), ())
                yield Port(report.addr, port, over, name, asked, heard, port in FRAGILE - self._named)

    def step(self, now_us: int, alone: bool) -> int:
        """Take what has become known; return when to look again."""
        for service in self._asks.poll() if self._asks is not None and self._held else ():
            held = self._held.get(service.address)
            key = (service.over.value, service.port)
            if held is None or key not in held.missing:
                continue
            held.take(service, key in held.silent)
            if not held.missing:
                self._ready.append(self._held.pop(service.address).identified())
        if self._host_us and self._asks is not None:
            self._leave_overdue(self._asks, now_us)
        return now_us + POLL_US if self._held else NEVER

    def _leave_overdue(self, asks: Identifying, now_us: int) -> None:
        """Give up hosts whose time is over; the scan took part of it."""
        for addr, held in list(self._held.items()):
            if held.until_us is None:
                used_us = int((held.report.ended - held.report.started) * 1e6)
                held.until_us = now_us + max(self._host_us - used_us, 0)
            if now_us >= held.until_us:
                asks.drop(addr)
                self._ready.append(replace(self._held.pop(addr).identified(), timed_out=True))

    def passed(self) -> list[HostReport]:
        """Return the reports that need not wait any longer."""
        ready, self._ready = self._ready, []
        return ready

    def give_up(self) -> None:
        """Wait for nothing more: `passed` gives every report that is left, with what is known by now."""
        self._ready.extend(held.identified() for held in self._held.values())
        self._held.clear()


def _ports_in(columns: PortColumns, state: State) -> list[int]:
    ports: list[int] = columns.ports[(columns.state == state) & ~np.isin(columns.ports, PRINTERS)].tolist()
    return ports


def _silent(report: HostReport) -> frozenset[tuple[str, int]]:
    """The UDP ports of a host that said nothing yet."""
    some = (each for each in report.columns if each.proto == Over.UDP.value)
    return frozenset((each.proto, port) for each in some for port in _ports_in(each, State.OPEN_FILTERED))


def _opened(columns: PortColumns, services: list[ServiceRow]) -> PortColumns:
    """The columns, in which those silent ports are open at which somebody answered after all."""
    answered = [each.port for each in services if each.proto == columns.proto]
    opened = (columns.state == State.OPEN_FILTERED) & np.isin(columns.ports, answered)
    if not opened.any():
        return columns
    state, reason = columns.state.copy(), columns.reason.copy()
    state[opened], reason[opened] = State.OPEN, Reason.UDP_RESPONSE
    return replace(columns, state=state, reason=reason)


def row_of(service: Service) -> ServiceRow:
    """Return a service as it is written down."""
    return ServiceRow(
        proto=service.over.value,
        port=service.port,
        came=service.came.value,
        name=service.protocol,
        **{each.name: getattr(service, each.name) for each in fields(Answer)},
    )

"""Open ports are asked who answers: the stage that holds a host's report until all of its services are known.

Ports of a tarpit are no findings and are not asked, nor are printers' raw ports, which print what comes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from periplus.identify.driver.driver import Port
from periplus.identify.model import Over
from periplus.identify.service import Service
from periplus.result.row import HostReport, Passage, PortColumns, ServiceRow
from periplus.scan.stage import NEVER
from periplus.space.ports import PRINTERS
from periplus.technique.verdict import State

__all__ = ["Identifying", "Identities"]

POLL_US = 10_000
CARRIERS = {over.value: over for over in Over}


class Identifying(Protocol):
    """What `scan.identifier.Identifier` does."""

    def submit(self, port: Port) -> None:
        """Begin to identify."""

    def poll(self) -> list[Service]:
        """Return what has become known since the last call."""


@dataclass(slots=True)
class _Held:
    """A report, the ports that it waits for, and the services that have come."""

    report: HostReport
    missing: set[tuple[str, int]]
    services: list[ServiceRow] = field(default_factory=list)

    def identified(self) -> HostReport:
        """The report with what is known."""
        order = sorted(self.services, key=lambda each: (each.proto, each.port))
        return replace(self.report, services=(*self.report.services, *order))


class Identities:
    """Holds reports of hosts with open ports. `opened` gives what identifies, when it is first wanted."""

    def __init__(self, opened: Callable[[], Identifying]) -> None:
        self._opened = opened
        self._asks: Identifying | None = None
        self._held: dict[str, _Held] = {}
        self._ready: list[HostReport] = []

    @property
    def idle(self) -> bool:
        """Whether no report is held."""
        return not self._held and not self._ready

    def ask(self, reports: Iterable[HostReport]) -> None:
        """Take reports in; one without open ports is ready at once."""
        for report in reports:
            ports = list(_ports(report))
            if not ports:
                self._ready.append(report)
                continue
            self._asks = self._asks or self._opened()
            self._held[report.addr] = _Held(report, {(port.over.value, port.port) for port in ports})
            for port in ports:
                self._asks.submit(port)

    def step(self, now_us: int, alone: bool) -> int:
        """Take what has become known; return when to look again."""
        for service in self._asks.poll() if self._asks is not None and self._held else ():
            held = self._held.get(service.address)
            key = (service.over.value, service.port)
            if held is None or key not in held.missing:
                continue
            held.missing.discard(key)
            held.services.append(row_of(service))
            if not held.missing:
                self._ready.append(self._held.pop(service.address).identified())
        return now_us + POLL_US if self._held else NEVER

    def passed(self) -> list[HostReport]:
        """Return the reports that need not wait any longer."""
        ready, self._ready = self._ready, []
        return ready

    def give_up(self) -> None:
        """Wait for nothing more: `passed` gives every report that is left, with what is known by now."""
        self._ready.extend(held.identified() for held in self._held.values())
        self._held.clear()


def _ports(report: HostReport) -> Iterator[Port]:
    """Yield what is to be asked of a host."""
    tarpit = report.tarpit
    name = next((name for name, kind in report.names if kind == "user"), None)
    for columns in report.columns:
        over = CARRIERS.get(columns.proto)
        if over is None or (tarpit is not None and tarpit.proto == columns.proto):
            continue
        for port in _open_ports(columns):
            yield Port(report.addr, port, over, name)


def _open_ports(columns: PortColumns) -> list[int]:
    open_ports = columns.ports[columns.state == State.OPEN]
    ports: list[int] = open_ports[~np.isin(open_ports, PRINTERS)].tolist()
    return ports


def row_of(service: Service) -> ServiceRow:
    """Return a service as it is written down."""
    return ServiceRow(
        proto=service.over.value,
        port=service.port,
        came=service.came.value,
        name=service.protocol,
        confidence=service.confidence,
        why=service.why,
        runner_up=service.runner_up,
        product=service.product,
        vendor=service.vendor,
        version=service.version,
        info=service.info,
        hostname=service.hostname,
        os=service.os,
        device=service.device,
        cpe=service.cpe,
        rule=service.rule,
        tls=service.tls,
        detail=service.detail,
        passages=tuple(Passage(each.way.value, each.data, each.at_ms) for each in service.passages),
        problems=service.problems,
    )

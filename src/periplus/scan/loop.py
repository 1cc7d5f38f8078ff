"""The loop: collect answers, step the engine, send its probes, hand over what was found, wait.

Everything that decides is elsewhere; the loop only carries. It ends when the engine is done, when it is told to stop,
or when the way to the network breaks; in each case what was found so far is handed over.
"""

from collections import Counter
from collections.abc import Callable
from typing import Protocol

import numpy as np

from periplus.columns import Mask
from periplus.engine.engine import Engine, Step
from periplus.engine.group import Group, HostState
from periplus.errors import CannotScan
from periplus.result.row import HostReport, PortRow, SummaryRow
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig
from periplus.scan.link import Link
from periplus.scan.naming import Naming
from periplus.scan.report import Names, Reporter
from periplus.scan.snapshot import Snapshot
from periplus.scan.speed import Speed
from periplus.scan.tracing import scan_timing, tracing_for

__all__ = ["Listener", "Loop"]

LONGEST_WAIT_US = 100_000  # a signal is seen and progress shown at least this often


class Listener(Protocol):
    """Who is told what happens."""

    def finding(self, row: PortRow) -> None:
        """A port was found open."""

    def host(self, report: HostReport) -> None:
        """A host is finished."""

    def snapshot(self, snapshot: Snapshot) -> None:
        """Some time has passed."""


class Loop:
    """One run of one scan. `stopped` is asked again and again whether to end early."""

    def __init__(
        self,
        config: ScanConfig,
        link: Link,
        listener: Listener,
        clock: Clock,
        services: Names,
        naming: Naming,
        stopped: Callable[[], bool],
    ) -> None:
        self._config = config
        self._link = link
        self._listener = listener
        self._clock = clock
        self._tracing = tracing_for(config, link, clock)
        self._naming = naming
        self._stopped = stopped
        self._reporter = Reporter(config, link, clock, services)
        self._began_us = clock.now_us()
        self._speed = Speed(self._began_us)
        self._engine = Engine(
            config.space,
            config.technique.table,
            scan_timing(config),
            config.seed,
            self._began_us,
            link.limits,
        )

    def run(self) -> SummaryRow:
        """Scan to the end, or to the first trouble that does not pass; return how it went."""
        end, message = "success", None
        try:
            while not (self._engine.done and self._tracing.idle) and not self._stopped():
                self._turn()
            if self._stopped():
                end = "interrupted"
        except CannotScan as error:
            end, message = "error", str(error)
        if end != "success":
            self._hand_over_unfinished()
            self._tracing.give_up()
            self._hand_over_traced()
            self._naming.give_up()
        self._hand_over_named(wait=True)
        return self._summary(end, message)

    def _turn(self) -> None:
        engine, link = self._engine, self._link
        replies = link.collect(engine)
        now_us = self._clock.now_us()
        step = engine.step(now_us, replies, link.room())
        self._hand_over(step, now_us)  # before anything is sent: sending may end the run
        for group in step.opened:
            link.open(engine, group, now_us)
        for probes in step.probes:
            link.send(engine.groups[probes.group], probes)
        trace_us = self._tracing.step(now_us, engine.done)
        if not link.room() or not (step.probes or replies):
            scan_us = now_us + LONGEST_WAIT_US if engine.done else step.wake_us
            link.wait(min(scan_us, trace_us, now_us + LONGEST_WAIT_US), self._clock.now_us())
        if self._speed.due(now_us):
            self._listener.snapshot(self._snapshot(now_us))

    def _hand_over(self, step: Step, now_us: int) -> None:
        for found in step.findings:
            for row in self._reporter.findings(self._engine.groups[found.group], found, now_us):
                self._listener.finding(row)
        for group, hosts in step.finished:
            self._tracing.ask(self._reporter.hosts(group, hosts))
            if group.told:
                self._link.forget([group.number])
        self._hand_over_traced()
        self._hand_over_named(wait=False)

    def _hand_over_traced(self) -> None:
        for report in self._tracing.traced():
            self._naming.ask(report)

    def _hand_over_named(self, wait: bool) -> None:
        for report in self._naming.named(wait):
            self._listener.host(report)

    def _hand_over_unfinished(self) -> None:
        """Report what is known of hosts that were not finished: nothing found is lost."""
        for group in self._engine.groups.values():
            hosts = np.flatnonzero(self._begun(group))
            if len(hosts):  # the link may have forgotten a group that has none left
                for report in self._reporter.hosts(group, hosts, whole=False):
                    self._naming.ask(report)

    @staticmethod
    def _begun(group: Group) -> Mask:
        begun: Mask = (group.hosts.status == HostState.ACTIVE) & (group.hosts.answered > 0)
        return begun

    def _snapshot(self, now_us: int) -> Snapshot:
        engine, totals = self._engine, self._engine.totals
        share = engine.work_done()
        self._speed.observe(now_us, totals.sent, share)
        return Snapshot(
            elapsed_s=(now_us - self._began_us) / 1e6,
            sent=totals.sent,
            settled=int(share * self._config.space.size),
            total=self._config.space.size,
            hosts_done=totals.hosts_done,
            hosts=self._config.space.n_hosts,
            open_found=totals.opened,
            rate_pps=self._speed.rate_pps,
            loss=totals.loss,
            eta_s=self._speed.eta_s,
            phase="Traceroute" if engine.done else self._config.technique.title,
        )

    def _summary(self, end: str, message: str | None) -> SummaryRow:
        totals = self._engine.totals
        now_us = self._clock.now_us()
        seconds = (now_us - self._began_us) / 1e6
        discarded = Counter(self._link.counters())
        discarded.update(
            {
                "duplicate": totals.duplicates,
                "late": totals.late,
                "unasked": totals.unsolicited,
                "unexpected": totals.unexpected,
            }
        )
        return SummaryRow(
            hosts_up=self._reporter.hosts_up,
            hosts=self._config.space.n_hosts,
            probes=totals.sent + self._tracing.sent,
            replies=totals.accepted + self._tracing.heard,
            loss=totals.loss,
            expected_missed_open=totals.missed,
            seconds=seconds,
            rate=totals.sent / seconds if seconds else 0.0,
            ended=self._clock.epoch_s(now_us),
            kernel_drops=self._link.drops(),
            discarded={reason: count for reason, count in discarded.items() if count},
            exit=end,
            message=message,
        )

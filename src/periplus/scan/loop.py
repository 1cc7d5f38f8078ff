"""The loop: collect answers, step the engines, send their probes, hand over what was found, wait.

Everything that decides is elsewhere; the loop only carries. Each technique has an engine and a way to the network of
its own (a campaign), and so has finding hosts: a host that is found is handed to the others at once. The loop ends
when all engines are done, when it is told to stop, or when the way to the network breaks; in each case what was
found so far is handed over.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Protocol

import numpy as np

from periplus.columns import I64, Mask
from periplus.engine.engine import Step
from periplus.engine.group import Group, HostState
from periplus.engine.meter import meters_for
from periplus.errors import CannotScan
from periplus.result.batch import HostBatch, Hosts
from periplus.result.row import PortRow, SummaryRow
from periplus.scan.campaign import Campaign, campaign_of
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig, Work
from periplus.scan.dossier import dossiers_for
from periplus.scan.doubting import PACKETS, doubting_for
from periplus.scan.fingerprinting import fingerprinting_for, glances_for
from periplus.scan.identifying import identifying_for
from periplus.scan.link import Link
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.scan.report import Names
from periplus.scan.snapshot import Snapshot
from periplus.scan.speed import Speed
from periplus.scan.tracing import TRACE_SHARE, tracing_for
from periplus.space.address import Addresses
from periplus.space.course import Course
from periplus.space.ranges import AddressSpace

if TYPE_CHECKING:
    from periplus.engine.remains import Remains
    from periplus.scan.journal import Journal
    from periplus.scan.recess import Recess
    from periplus.scan.tracelink import TraceLink

__all__ = ["Listener", "Loop"]

LONGEST_WAIT_US = 100_000  # a signal is seen and progress shown at least this often
NEVER = 1 << 62


class Listener(Protocol):
    """Who is told what happens."""

    def findings(self, rows: Iterable[PortRow]) -> None:
        """Ports were found open. A row is made when it is read, so who reads none pays for none."""

    def hosts(self, hosts: Hosts) -> None:
        """Hosts are finished."""

    def snapshot(self, snapshot: Snapshot) -> None:
        """Some time has passed."""


class Loop:
    """One run of one scan. `stopped` is asked again and again whether to end early.

    `pause` waits so many microseconds, or until something arrives on any of several links. A `recess`, whose clock
    is the run's, says when to rest. With a `journal` it asks only the hosts of its course, from where that stands,
    and writes down how far it comes.
    """

    def __init__(
        self,
        config: ScanConfig,
        links: Links,
        listener: Listener,
        clock: Clock,
        services: Names,
        naming: Naming,
        stopped: Callable[[], bool],
        pause: Callable[[int], object] | None = None,
        recess: "Recess | None" = None,
        journal: "Journal | None" = None,
    ) -> None:
        self._config = config
        self._listener = listener
        self._clock = clock
        self._services = services
        self._naming = naming
        self._stopped = stopped
        self._recess = recess
        self._resting = False
        self._rested: Snapshot | None = None  # what is told while the run rests
        self._journal = journal = journal or _common(config)
        if journal:
            journal.watch(links.shown)
        self._n_hosts = journal.ledger.course.size if journal else config.n_hosts
        self._before = journal.ledger.finished if journal else 0  # hosts that an earlier run finished
        self._began_us = clock.now_us()
        self._speed = Speed(self._began_us, self._before / max(self._n_hosts, 1))
        self._doubting = doubting_for(config, links.asks, clock)
        self._identifying = identifying_for(config, links.identify, links.memory)
        self._glances = glances_for(links.shown)
        self._fingerprinting = fingerprinting_for(config, links.fingerprint, self._glances)
        self._tracing = tracing_for(config, links.trace, self._began_us)
        self._probing = (self._fingerprinting, self._tracing)
        self._guard = links.guard
        self._hops = links.hops
        self._capped = config.timing.max_rate > 0
        self._share = 1 - TRACE_SHARE if config.traceroute else 1.0
        self._meters = meters_for(config.timing)
        self._finder = self._campaign(None, links.discovery) if links.discovery else None
        remains = journal.remains if journal else ()
        self._workers = [self._campaign(*each) for each in zip_longest(config.works, links.works, remains)]
        self._all = [*([self._finder] if self._finder else []), *self._workers]
        self._order = [*self._all]
        spaces = [each.space for each in self._workers]
        self._dossiers = dossiers_for(spaces, finds=self._finder is not None)
        self._passed: list[HostBatch] = []  # hosts that may be told
        self._hosts_up = self._hosts_done = self._hosts_stopped = 0
        # One link waits by itself.
        waiters: list[Link | TraceLink] = [
            *(each.link for each in self._all),
            *(each for each in (links.fingerprint, links.trace) if each is not None),
        ]
        self._waits_alone = len(waiters) == 1
        self._pause = pause or (int if self._waits_alone else _pause(waiters))

    def _campaign(self, work: Work | None, link: Link, remains: "Remains | None" = None) -> Campaign:
        return campaign_of(
            work,
            self._config,
            link,
            self._clock,
            self._services,
            self._began_us,
            self._meters,
            self._journal,
            remains,
        )

    def run(self) -> SummaryRow:
        """Scan to the end, or to the first trouble that does not pass; return how it went."""
        end, message = "success", None
        try:
            while not (self._scanned and self._all_told) and not self._stopped():
                self._turn()
            if self._stopped():
                end = "interrupted"
        except CannotScan as error:
            end, message = "error", str(error)
        if end != "success":
            # What is told from here on of unfinished hosts is told again when the run goes on.
            self._write_down(end)
            self._hand_over_unfinished()
            for stage in (self._doubting, self._identifying, *self._probing):
                stage.give_up()
                self._pass_on()
            self._naming.give_up()
        for kept in self._dossiers.unfinished():  # whatever a work had nothing to say of
            for report in kept:
                self._naming.ask(report)
        self._hand_over_named(wait=True)
        return self._summary(end, message)

    @property
    def _all_told(self) -> bool:
        return all(stage.idle for stage in (self._doubting, self._identifying, *self._probing))

    @property
    def _scanned(self) -> bool:
        return all(each.engine.done for each in self._all)

    def _turn(self) -> None:
        self._resting = self._recess is not None and self._recess.look()
        self._rested = self._rested if self._resting else None
        idle, wake_us = True, NEVER
        for each in [*self._order]:
            if not each.engine.done:
                busy, soonest_us = self._step(each)
                idle, wake_us = idle and not busy, min(wake_us, soonest_us)
            else:
                each.link.collect(each.engine)  # what comes late would end every wait at once
        if self._finder and self._finder.engine.done:
            for worker in self._workers:
                worker.engine.close_intake()
        now_us = self._clock.now_us()
        self._spare_first_hop(now_us)
        alone = self._scanned
        wake_us = min(wake_us, self._doubt(now_us, alone), self._identifying.step(now_us, alone))
        wake_us = min(wake_us, *(stage.step(now_us, alone) for stage in self._probing))
        self._pass_on()
        self._hand_over_named(wait=False)
        if self._recess is not None and self._resting:
            self._rest(self._recess, now_us)
        elif idle:
            self._wait(min(wake_us, now_us + LONGEST_WAIT_US), now_us)
        if self._journal and self._journal.due(now_us):
            self._write_down("interrupted")
        if self._speed.due(now_us):
            self._listener.snapshot(self._snapshot(now_us))

    @property
    def max_rate(self) -> float:
        """Packets a second, at most; 0: as many as there are."""
        return self._guard.max_rate if self._guard else 0.0

    def limit(self, max_rate: float) -> None:
        """At most so many packets a second leave from now on; ValueError where nothing could see to it."""
        if self._guard is None:
            raise ValueError("nothing stands in front of these links")
        self._guard.limit(max_rate)
        self._slow_down(flooded=False)

    def _spare_first_hop(self, now_us: int) -> None:
        """What the gateways cannot bear is not sent."""
        if self._hops and self._hops.review(now_us, sum(each.engine.totals.sent for each in self._all)):
            self._slow_down(flooded=self._hops.has_fallen)

    def _slow_down(self, *, flooded: bool) -> None:
        """Let the engines keep to the user's ceiling and the gateways'; `flooded`: one of them has just fallen."""
        self._capped = True
        max_rate = self._hops.bearable(self.max_rate) if self._hops else self.max_rate
        for each in self._all:
            each.engine.limit(max_rate * self._share, flooded=flooded)

    def _rest(self, recess: "Recess", now_us: int) -> None:
        """Let a moment pass in which no time does."""
        if self._rested is None:
            self._rested = replace(self._snapshot(now_us), paused_until=recess.until)
        self._listener.snapshot(self._rested)
        recess.nap()

    def _doubt(self, now_us: int, alone: bool) -> int:
        """Let suspicious hosts be asked; a ceiling on the rate holds for that as well."""
        doubting, before = self._doubting, self._doubting.begun
        wake_us = doubting.step(now_us, alone)
        for each in self._all if doubting.begun > before else ():
            each.engine.charge(PACKETS * (doubting.begun - before))
        return wake_us

    def _write_down(self, end: str) -> None:
        """Let the journal know how the run would have ended by now."""
        if self._journal:
            self._journal.save(
                self._summary(end, None),
                lambda: [worker.engine.remains() for worker in self._workers],
                self._clock.now_us,
            )

    def _step(self, each: Campaign) -> tuple[bool, int]:
        """Let one campaign go on; return whether it has more to do at once, and when else it has."""
        engine, link = each.engine, each.link
        replies = link.collect(engine)
        now_us = self._clock.now_us()
        room = 0 if self._resting else link.room()
        step = engine.step(now_us, replies, room)
        self._hand_over(each, step, now_us)  # before anything is sent: sending may end the run
        for group in step.opened:
            link.open(engine, group, now_us)
        for probes in step.probes:
            link.send(engine.groups[probes.group], probes)
        if self._capped:
            self._charge_others(each, sum(map(len, step.probes)))
        return bool(link.room() and (step.probes or replies)), step.wake_us

    def _charge_others(self, one: Campaign, sent: int) -> None:
        """What one campaign sends, no other may, as the rate is one for all; the next time all others come first."""
        if not sent:
            return
        self._order.remove(one)
        for each in self._order:
            each.engine.charge(sent)
        self._order.append(one)

    def _wait(self, until_us: int, now_us: int) -> None:
        going = [each.link for each in self._all if not each.engine.done]
        if self._waits_alone:
            self._all[0].link.wait(until_us, now_us)
            return
        until_us = min(stage.patience(until_us, now_us) for stage in self._probing)
        until_us = min((link.patience(until_us, now_us) for link in going), default=until_us)
        if until_us > now_us:
            self._pause(until_us - now_us)

    def _hand_over(self, each: Campaign, step: Step, now_us: int) -> None:
        for found in step.findings:
            group = each.engine.groups[found.group]
            certain = self._doubting.tellable(each.work, group, found)
            self._listener.findings(each.reporter.findings(group, certain, now_us))
        for group, hosts in step.finished:
            self._finish(each, group, hosts)
            if group.told:
                each.link.forget([group.number])

    def _finish(self, each: Campaign, group: Group, hosts: I64, whole: bool = True) -> None:
        """These hosts are done with in one campaign: keep or pass on what it found, and let the others begin."""
        keep = self._dossiers.worked if each.work else self._dossiers.found
        for batch in each.reporter.batches(group, hosts, whole=whole):
            for ready in keep(batch):
                self._doubting.ask(self._others(ready))
        if whole:
            self._finish_silent(each, group.addresses[hosts[~each.reporter.told(group, hosts)]])
        if each.work is None and whole:
            up = each.reporter.up(group, hosts)
            self._hosts_done += int(np.count_nonzero(~up))
            for worker in self._workers:
                host_id = worker.space.host_of(group.addresses[hosts[up]])
                worker.engine.admit(host_id[host_id >= 0])

    def _finish_silent(self, each: Campaign, a: Addresses) -> None:
        """One campaign is done with these hosts and has nothing to say of them: perhaps another has."""
        if not len(a):
            return
        ready, gone = self._dossiers.silent(a) if each.work else ((), np.ones(len(a), np.bool_))
        self._doubting.ask(self._others(ready))
        if self._journal:
            self._journal.ledger.finish(a[gone])

    def _others(self, hosts: Hosts) -> Hosts:
        """Let those hosts pass of which nothing else is to be learned; return the others."""
        if not isinstance(hosts, HostBatch):
            return hosts
        passes = self._naming.passes(hosts)
        if self._config.traceroute:
            passes[:] = False
        elif self._config.identify is not None or self._config.fingerprint is not None:
            passes &= ~hosts.up
        passes[passes] = self._doubting.clear(hosts.only(passes))
        if passes.any():
            self._passed.append(hosts.only(passes))
        return hosts.only(~passes)

    def _pass_on(self) -> None:
        """Let reports that a stage is done with go on to the next."""
        noted, told = (self._glances.noted, self._glances.told) if self._glances else (iter, iter)
        self._identifying.ask(noted(self._doubting.passed()))
        self._fingerprinting.ask(told(self._identifying.passed()))
        self._tracing.ask(self._fingerprinting.passed())
        for report in self._tracing.passed():
            self._naming.ask(report)

    def _hand_over_named(self, wait: bool) -> None:
        passed, self._passed = self._passed, []
        for batch in passed:
            self._hosts_up += int(np.count_nonzero(batch.up))
            self._hosts_stopped += len(batch.stopped)
            self._tell(batch)
        if reports := list(self._naming.named(wait)):
            self._hosts_up += sum(report.up for report in reports)
            self._hosts_stopped += sum(bool(report.stopped) for report in reports)
            self._tell(reports)

    def _tell(self, hosts: Hosts) -> None:
        self._listener.hosts(hosts)
        if self._journal:
            self._journal.reported(hosts)

    def _hand_over_unfinished(self) -> None:
        """Report what is known of hosts that were not finished: nothing found is lost."""
        for each in self._all:
            for group in each.engine.groups.values():
                hosts = np.flatnonzero(self._begun(group))
                if len(hosts):  # the link may have forgotten a group that has none left
                    self._finish(each, group, hosts, whole=False)

    @staticmethod
    def _begun(group: Group) -> Mask:
        begun: Mask = (group.hosts.status == HostState.ACTIVE) & (group.hosts.answered > 0)
        return begun

    def _snapshot(self, now_us: int) -> Snapshot:
        totals = [each.engine.totals for each in self._all]
        whole, n_hosts = sum(each.space.size for each in self._all), max(self._config.n_hosts, 1)
        total = whole * self._n_hosts / n_hosts  # a shard's part of it
        settled = sum(each.engine.work_done() * each.space.size for each in self._all)
        settled += whole * self._before / n_hosts
        # What would have been asked of hosts that are down is settled with them.
        ports = sum(worker.space.size for worker in self._workers)
        settled += ports * self._hosts_done / n_hosts
        share = min(settled / max(total, 1), 1.0)
        sent = sum(each.sent for each in totals)
        self._speed.observe(now_us, sent, share, self._paced_left_s())
        going = [each for each in self._all if not each.engine.done] or self._all[-1:]
        return Snapshot(
            elapsed_s=(now_us - self._began_us) / 1e6,
            sent=sent,
            settled=int(share * total),
            total=int(total),
            hosts_done=min(self._before + self._hosts_done + self._worked(), self._n_hosts),
            hosts=self._n_hosts,
            open_found=sum(worker.engine.totals.opened for worker in self._workers),
            rate_pps=self._speed.rate_pps,
            loss=max(each.loss for each in totals),
            eta_s=self._speed.eta_s if share < 1 else None,  # services, say, take as long as they take
            phase=self._phase(going[0].title),
        )

    def _phase(self, asking: str) -> str:
        if any(each.engine.watch.outage for each in self._all):
            return "Waiting, as nobody answers"
        if not self._scanned:
            return asking
        stages = {
            "Asking what is behind": self._doubting,
            f"Identifying services ({self._identifying.left:,} left)": self._identifying,
            "Asking for operating systems": self._fingerprinting,
            "Traceroute": self._tracing,
        }
        return next((title for title, stage in stages.items() if not stage.idle), asking)

    def _paced_left_s(self) -> float | None:
        """How long hosts take that are asked at a pace of their own, if nothing else is left."""
        left = [each.engine.paced_left_s() for each in self._all if not each.engine.done]
        known = [seconds for seconds in left if seconds is not None]
        return max(known) if known and len(known) == len(left) else None

    def _worked(self) -> int:
        return min((worker.engine.totals.hosts_done for worker in self._workers), default=0)

    def _summary(self, end: str, message: str | None) -> SummaryRow:
        totals = [each.engine.totals for each in self._all]
        now_us = self._clock.now_us()
        seconds = (now_us - self._began_us) / 1e6
        sent = sum(each.sent for each in totals) + sum(stage.sent for stage in self._probing)
        sent += self._hops.asked if self._hops else 0
        lost, heard = sum(each.lost for each in totals), sum(each.heard for each in totals)
        return SummaryRow(
            hosts_up=self._hosts_up,
            hosts=self._n_hosts,
            probes=sent,
            replies=sum(each.accepted for each in totals) + sum(stage.heard for stage in self._probing),
            loss=lost / max(lost + heard, 1) if self._config.timing.max_tries > 1 else None,
            expected_missed_open=sum(worker.engine.totals.missed for worker in self._workers),
            seconds=seconds,
            rate=sent / seconds if seconds else 0.0,
            ended=self._clock.epoch_s(now_us),
            kernel_drops=sum(each.link.drops() for each in self._all)
            + sum(stage.drops() for stage in self._probing),
            discarded=self._discarded(),
            exit=end,
            message=message,
            crowded=self._doubting.crowded(),
            stopped=self._hosts_stopped,
            outages=sum(each.engine.watch.outages for each in self._all),
        )

    def _discarded(self) -> dict[str, int]:
        discarded: Counter[str] = Counter()
        for stage in self._probing:
            discarded.update(stage.counters())
        for each in self._all:
            totals = each.engine.totals
            counts = Counter(each.link.counters())
            counts.update(
                {
                    "duplicate": totals.duplicates,
                    "late": totals.late,
                    "unasked": totals.unsolicited,
                    "unexpected": totals.unexpected,
                }
            )
            if each.work is None:
                del counts["late"]  # one answer is enough, and the others come all the same
            discarded.update(counts)
        return {reason: count for reason, count in discarded.items() if count}


def _common(config: ScanConfig) -> "Journal | None":
    """The course of several techniques that ask all hosts: what one has found of a host waits for the last one."""
    if config.discovery or len(config.works) < 2:
        return None
    from periplus.engine.ledger import Ledger
    from periplus.scan.journal import Journal

    hosts = AddressSpace.union(block.addresses for space in config.spaces for block in space.blocks)
    return Journal(Ledger(Course(hosts, config.seed)))


def _pause(links: "list[Link | TraceLink]") -> Callable[[int], object]:
    """What waits for an arrival on any of the links."""
    from periplus.transport.syscalls import Readable

    return Readable(*(number for link in links for number in link.files())).wait

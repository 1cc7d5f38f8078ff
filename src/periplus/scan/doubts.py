"""Hosts that accept suspiciously much are asked with data, and judged by what that meets (`scan.tarpit`).

A host is asked in two rounds: first `CONTROLS` random high ports and `SAMPLE` random ports of its crowd; then, only
if the controls were accepted, those ports of the crowd behind which there most likely is something: all of them if
they are few, else the `LIKELY` most common ones. Ports are drawn with the scan's seed, so a run can be repeated.

Bounds: a host is judged `BUDGET_US` after its first question, with what has come until then, and no later than its
time-out (``--host-timeout``). Under a ceiling on the rate a connection counts as `PACKETS` packets; while the scan
goes on connections get `SHARE` of the ceiling, and the loop takes that from the engines' part. Where probes of one
host must be some time apart (``--scan-delay``) its questions are as well, and there is no second round.

Never asked: ports that the user excluded, ports outside the scope, and those of fragile things (`space.fragile`),
also when they were named. Where that leaves too few controls nothing is judged, and a note says so.
"""

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from periplus.columns import Mask
from periplus.engine.bucket import Bucket
from periplus.engine.crowd import FEWEST, crowd, growing, is_suspicious
from periplus.engine.crowd import SHARE as CROWD_SHARE
from periplus.engine.group import Group
from periplus.engine.replies import Findings
from periplus.result.batch import HostBatch
from periplus.result.row import Crowded, HostReport
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig, Tarpits, Work
from periplus.scan.doubting import PACKETS, Asking, AskLink
from periplus.scan.tarpit import FEWEST_CONTROLS, Networks, judge, note, tarpit
from periplus.space.address import Addresses
from periplus.space.fragile import FRAGILE
from periplus.space.ip import parse_ip
from periplus.technique.verdict import State
from periplus.transport.ask import Answer, Met

__all__ = ["CONTROLS", "LIKELY", "SAMPLE", "Doubts"]

NEVER = 1 << 62
PORTS = 1 << 16
PORT_BITS = 16
HALF = PORTS // 2  # who was asked so many ports shows by these alone what it does with unused ones
HIGH, USER = 49_152, 1_024  # where dynamic (RFC 6335 section 6) and where user ports begin
CONTROLS, SAMPLE, LIKELY = 4, 8, 100
SHARE = 0.1
BURST_S = 0.1
POLL_US = 5_000
BUDGET_US = 10_000_000
STARVED_US = 60_000_000  # without a connection begun or under way: this machine has none to spare
LEAST_PATIENCE_US, MOST_PATIENCE_US = 2_000_000, 5_000_000
TIMEOUTS = 3  # round-trip time-outs that data may take to be acknowledged
CANNOT_TELL = (
    "most ports accept connections; whether something in front of the host does so for all could not be told, as too "
    "few other ports may be asked"
)


@dataclass(eq=False, slots=True)
class _Case:
    """One host under suspicion; `at`: where its TCP ports are in the report, `likely`: for the second round."""

    report: HostReport
    at: int
    crowd: Mask
    controls: frozenset[int]
    waiting: deque[int]
    likely: list[int]
    them: Addresses
    patience_us: int
    deadline_us: int = NEVER
    next_us: int = 0
    under_way: int = 0
    answers: dict[int, Answer] = field(default_factory=dict)

    @property
    def refuted(self) -> bool:
        """Whether so many controls were refused that whatever else comes cannot make this host a tarpit."""
        refused = (port in self.controls and self.answers[port].met == Met.NOBODY for port in self.answers)
        return 2 * sum(refused) >= len(self.controls)


class Doubts:
    """Holds reports of suspicious hosts until they are judged."""

    def __init__(self, config: ScanConfig, how: Tarpits, link: AskLink, clock: Clock) -> None:
        self.begun = 0
        self._how = how
        self._link = link
        self._clock = clock
        self._seed = config.seed
        self._timing = config.timing
        self._allowed = _allowed(config, how)
        self._networks = Networks()
        self._cases: dict[int, _Case] = {}
        self._number = 0
        self._ready: list[HostReport] = []
        self._bucket: Bucket | None = None
        self._starved_us: int | None = None

    @property
    def idle(self) -> bool:
        """Whether no report is held."""
        return not self._ready and not self._cases

    def tellable(self, work: Work | None, group: Group, found: Findings) -> Findings:
        """Leave out the findings of hosts that begin to look suspicious; they come with their host's report."""
        if self._how.shown or work is None or not work.technique.opens_by_handshake:
            return found
        suspicious = growing(group.hosts.opened, group.taken[0])
        return found.only(~suspicious[found.host]) if suspicious.any() else found

    # reports

    def clear(self, batch: HostBatch) -> Mask:
        """Return who has too few open ports for a crowd; those count as judged."""
        clear = np.ones(len(batch), np.bool_)
        if (table := batch.table) is not None and table.proto == "tcp":
            opened = table.by_host(table.state == State.OPEN)
            clear = batch.timed_out | (opened < FEWEST) | (opened < CROWD_SHARE * table.count)
        self._networks.count_all(batch.addresses[clear & batch.up])
        return clear

    def ask(self, reports: Iterable[HostReport]) -> None:
        """Take reports in; who is above suspicion is ready at once."""
        for report in reports:
            case = self._suspected(report)
            if case is None or self._link.asks() is None:
                self._ready.append(report)
            elif len(case.controls) < FEWEST_CONTROLS:
                self._ready.append(replace(report, notes=(*report.notes, CANNOT_TELL)))
            else:
                self._number += 1
                self._cases[self._number] = case

    def _suspected(self, report: HostReport) -> _Case | None:
        if not report.up or report.timed_out:
            return None
        for at, columns in enumerate(report.columns):
            if columns.proto == "tcp" and len(columns.ports) >= FEWEST:
                crowded = crowd(columns.state, columns.reason, columns.ttl)
                if is_suspicious(int(np.count_nonzero(crowded)), len(columns.ports)):
                    return self._case(report, at, crowded)
        return None

    def _case(self, report: HostReport, at: int, crowded: Mask) -> _Case:
        """Draw which ports are asked."""
        generator = random.Random(f"{self._seed} {report.addr}")
        ports = report.columns[at].ports
        askable = ports[crowded & self._allowed[ports]].tolist()
        free = self._allowed.copy()
        free[ports] &= len(ports) >= HALF
        unused = np.flatnonzero(free[HIGH:]) + HIGH
        if len(unused) < FEWEST_CONTROLS:
            unused = np.flatnonzero(free[USER:]) + USER
        controls = generator.sample(unused.tolist(), min(CONTROLS, len(unused)))
        sample = generator.sample(askable, min(SAMPLE, len(askable)))
        known = {*controls, *sample}
        rest = [port for port in askable if port not in known]
        if len(rest) > LIKELY:
            left = set(rest)
            rest = [port for port in self._how.likely if port in left][:LIKELY]
        timeout_us = int(TIMEOUTS * 1000 * (report.timeout_ms or 0))
        return _Case(
            report,
            at,
            crowded,
            frozenset(controls),
            deque(dict.fromkeys((*controls, *sample))),
            rest,
            Addresses.of_ints([parse_ip(report.addr)]),
            min(max(LEAST_PATIENCE_US, timeout_us), MOST_PATIENCE_US),
        )

    def passed(self) -> list[HostReport]:
        """Return the reports that need not wait any longer."""
        ready, self._ready = self._ready, []
        for report in ready:
            self._networks.count(report)
        return ready

    def give_up(self) -> None:
        """Judge nobody more: `passed` gives every report that is left."""
        self._ready.extend(case.report for case in self._cases.values())
        self._cases.clear()

    def crowded(self) -> tuple[Crowded, ...]:
        """Return the networks that something stands in front of."""
        return self._networks.crowded()

    # questions

    def step(self, now_us: int, alone: bool) -> int:
        """Hear, judge and ask; return when there is more to do."""
        if not self._cases:
            return NEVER
        asks = self._link.asks()
        assert asks is not None
        for answer in asks.poll(self._clock.now_us):
            case = self._cases.get(answer.token >> PORT_BITS)
            if case is not None:
                case.under_way -= 1
                case.answers[answer.token & (PORTS - 1)] = answer
        for number, case in list(self._cases.items()):
            self._advance(number, case, now_us)
        self._begin(asks, now_us, self._allowance(now_us, alone))
        return now_us + POLL_US if self._cases else NEVER

    def _advance(self, number: int, case: _Case, now_us: int) -> None:
        """Let a round that has ended be followed by the next, or the judgement."""
        if now_us >= case.deadline_us or case.refuted:
            case.waiting.clear()
        elif case.waiting or case.under_way:
            return
        elif case.likely and not self._timing.scan_delay_us and self._judge(case) is not None:
            case.waiting.extend(case.likely)
            case.likely = []
            return
        del self._cases[number]
        self._ready.append(self._judge(case) or case.report)

    @staticmethod
    def _judge(case: _Case) -> HostReport | None:
        """The report with what was found; None: nothing stands in front of this host."""
        columns = case.report.columns[case.at]
        crowded = set(columns.ports[case.crowd].tolist())
        controls = [answer for port, answer in case.answers.items() if port in case.controls]
        asked = {port: answer for port, answer in case.answers.items() if port in crowded}
        judgement = judge(controls, asked)
        if judgement is None:
            return None
        found = tarpit(columns, case.crowd, judgement, len(asked), len(controls))
        return replace(case.report, tarpit=found, notes=(*case.report.notes, note(found)))

    def _allowance(self, now_us: int, alone: bool) -> int:
        """How many connections the ceiling on the rate lets out now."""
        if not self._timing.max_rate:
            return NEVER
        rate = self._timing.max_rate / PACKETS * (1.0 if alone else SHARE)
        if self._bucket is None or self._bucket.rate != rate:
            self._bucket = Bucket(rate, rate * BURST_S, now_us)
        return self._bucket.fill(now_us)

    def _begin(self, asks: Asking, now_us: int, allowance: int) -> None:
        """Ask as much as may be asked, the oldest cases first."""
        for number, case in self._cases.items():
            most = min(allowance, asks.room())
            if most <= 0:
                return
            if not case.waiting or now_us < case.next_us:
                continue
            if case.deadline_us == NEVER and self._deadline_us(case, now_us) <= now_us:
                case.deadline_us = now_us  # its time is over before it was asked anything
                continue
            delay_us = self._timing.scan_delay_us
            ports = list(case.waiting)[: 1 if delay_us else most]
            tokens = [number << PORT_BITS | port for port in ports]
            them = case.them[np.zeros(len(ports), np.int64)]
            begun = asks.begin(tokens, them, np.array(ports, np.uint16), case.patience_us, self._clock.now_us)
            if not begun:
                self._starve(now_us)
                return
            self._starved_us = None
            self._note_begun(case, begun, now_us)
            allowance -= begun

    def _starve(self, now_us: int) -> None:
        """Nothing could be begun; when that lasts with nothing under way, nobody is judged any more."""
        if any(case.under_way for case in self._cases.values()):
            self._starved_us = None
        elif self._starved_us is None:
            self._starved_us = now_us
        elif now_us - self._starved_us > STARVED_US:
            self.give_up()

    def _note_begun(self, case: _Case, begun: int, now_us: int) -> None:
        for _ in range(begun):
            case.waiting.popleft()
        if case.deadline_us == NEVER:
            case.deadline_us = self._deadline_us(case, now_us)
        case.under_way += begun
        case.next_us = now_us + self._timing.scan_delay_us
        self.begun += begun
        if self._bucket is not None:
            self._bucket.take(begun)

    def _deadline_us(self, case: _Case, now_us: int) -> int:
        """When a host whose first question leaves now is judged at the latest."""
        delays_us = self._timing.scan_delay_us * len(case.waiting)
        used_us = int((self._clock.epoch_s(now_us) - case.report.started) * 1e6)
        left_us = self._timing.host_timeout_us - used_us if self._timing.host_timeout_us else NEVER
        return now_us + max(min(BUDGET_US + delays_us, left_us), 0)


def _allowed(config: ScanConfig, how: Tarpits) -> Mask:
    """Which of all TCP ports may be asked with data."""
    allowed = np.ones(PORTS, np.bool_) if config.scope is None else config.scope.open_ports("tcp")
    allowed[[0, *FRAGILE, *how.barred]] = False
    return allowed

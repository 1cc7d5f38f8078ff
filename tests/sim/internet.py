"""An internet in memory with virtual time, at the level of probes: every truth is known and a second costs nothing.

A host is open, closed, filtered by silence, or rejected by ICMP port by port, by a keyed hash of address and port,
so any size is computable. Between us and the hosts lies one path: loss each way, delay, jitter (and so reordering),
duplicates, and a bottleneck of so many packets a second with a queue. ICMP errors are rationed by host, with a token
bucket as Linux has for each destination; a host that speaks UDP tells its closed ports by them. A host may be away
for some time, as one that broke down.
"""

from dataclasses import dataclass, field

import numpy as np

from periplus.columns import F64, I64, U8, U16, Mask
from periplus.engine.engine import Engine, Step
from periplus.engine.group import Group
from periplus.engine.replies import Probes, Replies
from periplus.space.space import Space
from periplus.technique.signal import UDP_REPLY, icmp_signal, tcp_signal
from periplus.wire.tcp import ACK, RST, SYN

OPEN, CLOSED, DROPPED, REJECTED = range(4)
_REJECTION = icmp_signal(4, 3, 13, True)
_TCP = np.array([tcp_signal(SYN | ACK), tcp_signal(RST | ACK), 0, _REJECTION], np.uint16)
_UDP = np.array([UDP_REPLY, icmp_signal(4, 3, 3, True), 0, _REJECTION], np.uint16)
NEVER = 1 << 62
Mail = tuple[I64, I64, I64, U8, U16]  # answers under way: arrival, group, cell, attempt, signal


@dataclass(frozen=True)
class Path:
    """What lies between us and the hosts; loss is each way, times in microseconds, capacity in packets a second.

    `stragglers`: the share of answers that take `straggle_us` longer, so that others overtake them. `changes`: from
    which time on the capacity is another.

    `icmp_per_second`: of each host, which saves up `icmp_burst` of them. `policer`: so many packets a second, probes
    and answers together, and so many at once; what is over is dropped.
    """

    loss: float = 0.0
    delay_us: int = 1_000
    jitter_us: int = 0
    duplicates: float = 0.0
    stragglers: float = 0.0
    straggle_us: int = 0
    capacity: float = 0.0
    changes: tuple[tuple[int, float], ...] = ()
    queue_us: int = 50_000
    icmp_per_second: float = 0.0
    icmp_burst: float = 1.0
    policer: tuple[float, float] = (0.0, 0.0)


@dataclass
class Internet:
    """Hosts behind one path. `shares`: of open, closed, dropped, rejected ports; `dead`: hosts that are not there."""

    space: Space
    path: Path = field(default_factory=Path)
    shares: tuple[float, float, float, float] = (0.01, 0.99, 0.0, 0.0)
    dead: float = 0.0
    seed: int = 1
    udp: bool = False
    send_cost_us: float = 1.5
    step_cost_us: int = 20  # what the scanner takes for a step; what arrives meanwhile is read together
    away: dict[int, tuple[int, int]] = field(default_factory=dict)  # by host: from when, until when
    sent: int = 0
    overflowed: int = 0

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self._mail: list[Mail] = []
        self._line_free_us = 0.0
        self._tokens, self._filled_us = self.path.policer[1], 0.0
        self._icmp_full_us: dict[int, float] = {}  # when a host's bucket is full again
        self._signal = _UDP if self.udp else _TCP
        self.send_times: list[tuple[int, int]] = []
        self.asked_at: list[tuple[int, int]] = []  # when which host was asked, where some are away

    def truth(self, host_id: I64, port: U16) -> U8:
        """What each port of each host (by its number in the space) is."""
        share = _hash(host_id * 65_536 + port + self.seed * 1_000_003)
        kind = np.searchsorted(np.cumsum(self.shares)[:-1], share, "right").astype(np.uint8)
        kind[_hash(host_id * 7_919 + 13) < self.dead] = DROPPED
        return kind

    def send(self, now_us: int, group: Group, probes: Probes) -> None:
        """Take probes; their answers arrive later, or never."""
        self.sent += len(probes)
        self.send_times.append((now_us, len(probes)))
        host_id = group.host_id[probes.host]
        kind = self.truth(host_id, self.space.port_at(host_id, probes.port_rank))
        left_us = (now_us + np.arange(len(probes)) * self.send_cost_us).astype(np.float64)
        passed, arrive_us = self._through_bottleneck(left_us)
        alive = passed & (kind != DROPPED) & (self._rng.random(len(probes)) >= self.path.loss)
        alive &= self._rng.random(len(probes)) >= self.path.loss
        alive &= self._rationed(kind, host_id, arrive_us)
        alive &= self._policed(left_us, passed, kind != DROPPED)
        for host, (from_us, until_us) in self.away.items():
            alive &= ~((host_id == host) & (arrive_us >= from_us) & (arrive_us < until_us))
        self.asked_at += [(now_us, int(host)) for host in host_id] if self.away else []
        back_us = arrive_us + 2 * self.path.delay_us + self._rng.random(len(probes)) * self.path.jitter_us
        if self.path.stragglers:
            back_us += self.path.straggle_us * (self._rng.random(len(probes)) < self.path.stragglers)
        twice = alive & (self._rng.random(len(probes)) < self.path.duplicates)
        for which, extra in ((alive, 0.0), (twice, 700.0)):
            rows = np.flatnonzero(which)
            if len(rows):
                self._mail.append(
                    (
                        (back_us[rows] + extra).astype(np.int64),
                        np.full(len(rows), probes.group),
                        probes.cell[rows],
                        probes.attempt[rows],
                        self._signal[kind[rows]],
                    )
                )

    def _through_bottleneck(self, left_us: F64) -> tuple[Mask, F64]:
        """Which probes the queue takes, and when they are over the line."""
        capacity = self.path.capacity
        for since_us, changed in self.path.changes:
            capacity = changed if left_us[0] >= since_us else capacity
        if not capacity:
            return np.ones(len(left_us), np.bool_), left_us
        each = 1e6 / capacity
        # As if the queue took them all: each begins when it comes, or when the one before it is over.
        before = np.arange(len(left_us)) * each
        begin = np.maximum.accumulate(np.maximum(left_us, self._line_free_us) - before) + before
        if (begin - left_us <= self.path.queue_us).all():
            self._line_free_us = float(begin[-1]) + each
            return np.ones(len(left_us), np.bool_), begin + each
        return self._overflowing(left_us, each)

    def _overflowing(self, left_us: F64, each: float) -> tuple[Mask, F64]:
        """The same one by one, as what is dropped makes room for others."""
        passed = np.zeros(len(left_us), np.bool_)
        arrive = left_us.copy()
        free = self._line_free_us
        for row, at in enumerate(left_us.tolist()):
            start = max(free, at)
            if start - at <= self.path.queue_us:
                passed[row], arrive[row] = True, start + each
                free = start + each
        self._line_free_us = free
        self.overflowed += int((~passed).sum())
        return passed, arrive

    def _policed(self, at_us: F64, comes: Mask, answered: Mask) -> Mask:
        """Which probes and their answers find a token each; the way between is taken for short."""
        rate, burst = self.path.policer
        if not rate:
            return np.ones(len(at_us), np.bool_)
        passes = np.zeros(len(at_us), np.bool_)
        for row in np.flatnonzero(comes):
            now = float(at_us[row])
            self._tokens = min(burst, self._tokens + rate * (now - self._filled_us) / 1e6)
            self._filled_us = now
            wanted = 2 if answered[row] else 1
            passes[row] = self._tokens >= wanted
            self._tokens -= min(wanted, int(self._tokens))
        return passes

    def _rationed(self, kind: U8, host_id: I64, at_us: F64) -> Mask:
        passes = np.ones(len(kind), np.bool_)
        if not self.path.icmp_per_second:
            return passes
        each_us = 1e6 / self.path.icmp_per_second
        by_icmp = (kind == REJECTED) | (self.udp & (kind == CLOSED))
        for row in np.flatnonzero(by_icmp):
            host, now_us = int(host_id[row]), float(at_us[row])
            full_us = max(self._icmp_full_us.get(host, now_us), now_us)
            passes[row] = full_us - now_us <= (self.path.icmp_burst - 1) * each_us
            self._icmp_full_us[host] = full_us + each_us * passes[row]
        return passes

    def collect(self, now_us: int) -> dict[int, Replies]:
        """Return what has arrived by now."""
        if not self._mail:
            return {}
        mail = _joined(self._mail)
        here = mail[0] <= now_us
        self._mail = [] if here.all() else [_rows(mail, ~here)]
        if not here.any():
            return {}
        arrival, group, cell, attempt, signal = _rows(mail, here)
        ttl = np.full(len(cell), 64, np.uint8)
        return {
            int(number): Replies(
                cell[group == number],
                signal[group == number],
                attempt[group == number],
                ttl[group == number],
                arrival[group == number],
            )
            for number in np.unique(group)
        }

    def next_us(self) -> int:
        """Return when the next answer arrives."""
        return min((int(mail[0].min()) for mail in self._mail), default=NEVER)


@dataclass
class Outcome:
    """What a simulated scan came to: verdicts by (host number, port), virtual seconds, the last totals."""

    verdicts: dict[tuple[int, int], int]
    seconds: float
    steps: int


def run(engine: Engine, net: Internet, limit_s: float = 36_000.0, keep: bool = True) -> Outcome:
    """Scan in virtual time until the engine is done; an engine that never ends is an error."""
    now_us, steps = 0, 0
    verdicts: dict[tuple[int, int], int] = {}
    while not engine.done:
        step = engine.step(now_us, net.collect(now_us))
        steps += 1
        for group in step.opened:
            engine.release(group.number, np.ones(len(group), np.bool_))
        for probes in step.probes:
            net.send(now_us, engine.groups[probes.group], probes)
        if keep:
            _keep(step, net.space, verdicts)
        busy = net.step_cost_us + int(net.send_cost_us * sum(len(probes) for probes in step.probes))
        following = min(step.wake_us, net.next_us())
        now_us = now_us + busy if step.opened else max(now_us + busy, following)
        if now_us > limit_s * 1e6:
            raise AssertionError(f"the scan does not end: {engine.totals}")
    return Outcome(verdicts, now_us / 1e6, steps)


def _keep(step: Step, space: Space, verdicts: dict[tuple[int, int], int]) -> None:
    for group, hosts in step.finished:
        for host in hosts:
            first, count = int(group.hosts.first[host]), int(group.hosts.count[host])
            host_id = int(group.host_id[host])
            ranks = np.arange(count)
            ports = space.port_at(np.full(count, host_id), ranks)
            states = group.cells.state[first : first + count]
            verdicts.update({(host_id, int(p)): int(s) for p, s in zip(ports, states, strict=True)})


def _joined(mails: list[Mail]) -> Mail:
    arrival, group, cell, attempt, signal = (np.concatenate(parts) for parts in zip(*mails, strict=True))
    return arrival, group, cell, attempt, signal


def _rows(mail: Mail, mask: Mask) -> Mail:
    arrival, group, cell, attempt, signal = mail
    return arrival[mask], group[mask], cell[mask], attempt[mask], signal[mask]


def _hash(number: I64) -> F64:
    """Spread whole numbers evenly over 0..1 (splitmix64's finaliser)."""
    mixed = number.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed.astype(np.float64) / 2.0**64

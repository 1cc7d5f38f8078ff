"""Scans over a link that carries so much and no more: what goes over it, what its queue drops, and when.

The link is the bottleneck of an internet in memory (`internet`), with a queue of 50 ms that drops what does not fit.
"""

from dataclasses import dataclass, field

import numpy as np
from tests.sim.internet import OPEN, Internet, Path, run

from periplus.columns import F64
from periplus.engine.engine import Engine
from periplus.engine.group import Group
from periplus.engine.replies import Probes
from periplus.engine.timing import Timing
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.syn import TECHNIQUE
from periplus.technique.verdict import State

FIRST = parse_ip("198.18.0.0")
QUEUE_US = 50_000
DELAY_US = 10_000  # one way, without the queue
STEP_US = 1_000  # what a step takes a real machine
SECOND = 1_000_000
# Of open, closed and silent ports; one in a hundred is open.
ANSWERING = {
    "all": (0.01, 0.99, 0.0, 0.0),
    "10 %": (0.01, 0.09, 0.9, 0.0),
    "1 %": (0.01, 0.0, 0.99, 0.0),
    "none": (0.0, 0.0, 1.0, 0.0),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A scan over a link. `known`: how long the way takes was measured before, as by finding the hosts."""

    capacity_pps: float
    answering: str
    hosts: int
    ports: int
    changes: tuple[tuple[int, float], ...] = ()
    known: bool = False
    seed: int = 1
    timing: Timing = field(default_factory=Timing)
    delay_us: int = DELAY_US
    policer: tuple[float, float] = (0.0, 0.0)

    def capacity_at(self, now_us: int) -> float:
        """How much the link carries at that time."""
        return [self.capacity_pps, *(pps for since_us, pps in self.changes if now_us >= since_us)][-1]


@dataclass(frozen=True, slots=True)
class Flow:
    """What came of it: by step the time, the probes, those that the link took and those asked for the first time."""

    case: Case
    at_us: F64
    sent: F64
    passed: F64
    fresh: F64
    there: int
    found: int
    seconds: float

    @property
    def news_s(self) -> float:
        """For how long there was something new to ask."""
        return float(self.at_us[self.fresh > 0].max()) / SECOND

    @property
    def throughput(self) -> float:
        """Which share of what the link can carry it carried, for as long as there was something new to ask."""
        return self.carried(0, self.news_s)

    def carried(self, from_s: float, to_s: float) -> float:
        """The same between two times."""
        inside = self._between(from_s, to_s)
        steps_us = np.arange(int(from_s * SECOND), int(to_s * SECOND), 10_000)
        capacity = np.mean([self.case.capacity_at(int(at_us)) for at_us in steps_us])
        return float(self.passed[inside].sum() / (capacity * (to_s - from_s)))

    @property
    def loss(self) -> float:
        """Which share of all probes the queue dropped."""
        return self.dropped(0, np.inf)

    def dropped(self, from_s: float, to_s: float) -> float:
        """The same between two times."""
        inside = self._between(from_s, to_s)
        return float(1 - self.passed[inside].sum() / max(self.sent[inside].sum(), 1))

    def _between(self, from_s: float, to_s: float) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        return (self.at_us >= from_s * SECOND) & (self.at_us < to_s * SECOND)


class _Watched(Internet):
    """Writes down what is sent."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.flow: list[tuple[int, int, int, int]] = []

    def send(self, now_us: int, group: Group, probes: Probes) -> None:
        before = self.overflowed
        super().send(now_us, group, probes)
        fresh = int(np.count_nonzero(probes.attempt == 0))
        self.flow.append((now_us, len(probes), len(probes) - self.overflowed + before, fresh))


class _Informed(Engine):
    """An engine that is told how long the ways take when hosts are released."""

    def release(self, number: int, which: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> None:
        super().release(number, which)
        hosts = np.flatnonzero(which)
        self.timed(number, hosts, np.full(len(hosts), 2 * DELAY_US))


def over_link(case: Case) -> Flow:
    """Scan in virtual time."""
    hosts = AddressSpace.of([(FIRST, FIRST + case.hosts - 1)])
    space = Space.of([(hosts, np.arange(1, case.ports + 1).astype(np.uint16))])
    path = Path(
        delay_us=case.delay_us,
        capacity=case.capacity_pps,
        queue_us=QUEUE_US,
        changes=case.changes,
        policer=case.policer,
    )
    net = _Watched(space, path, ANSWERING[case.answering], seed=case.seed, step_cost_us=STEP_US)
    engine = (_Informed if case.known else Engine)(space, TECHNIQUE.table, case.timing, case.seed, 0)
    outcome = run(engine, net)
    host, port = (np.array(column) for column in zip(*outcome.verdicts, strict=True))
    is_open = net.truth(host, port.astype(np.uint16)) == OPEN
    found = np.array(list(outcome.verdicts.values())) == State.OPEN
    at_us, sent, passed, fresh = np.array(net.flow, np.float64).T
    there = int(is_open.sum())
    return Flow(case, at_us, sent, passed, fresh, there, int((found & is_open).sum()), outcome.seconds)

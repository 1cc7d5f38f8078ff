"""Scans by ordinary sockets, with a kernel of our own making and virtual time."""

import errno
import heapq
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scan.runs import FAR, NEAR, NEAR6, PATIENT, QUICK, SILENT, Run, Verdict, services, space_of

from periplus.columns import I64, U16
from periplus.engine.engine import Engine, Limits
from periplus.engine.group import Group
from periplus.engine.replies import Probes
from periplus.engine.timing import Timing
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig, Work
from periplus.scan.loop import Loop
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.scan.plain import PlainLink
from periplus.space.address import Addresses
from periplus.space.space import Space
from periplus.technique.connect import TECHNIQUE
from periplus.technique.verdict import Reason, State
from periplus.transport.connect import ConnectTransport, Outcomes, Sent

OPEN, CLOSED, DROPPED = 0, errno.ECONNREFUSED, None
OPENED: Verdict = (State.OPEN, Reason.SYN_ACK)
REFUSED: Verdict = (State.CLOSED, Reason.CONN_REFUSED)
DELAY_US = 1_000


class Sockets(ConnectTransport):
    """At most `limit` connects at a time; `answers` gives the errno by address and port, None: nothing comes."""

    def __init__(
        self, answers: Mapping[tuple[str, int], int | None], limit: int = 1_000, other: int = CLOSED
    ) -> None:
        self.now = 1_000_000
        self.begun: dict[tuple[str, int], int] = {}
        self.most = 0
        self.closed = False
        self._answers = answers
        self._other = other
        self._limit = limit
        self._flights: list[tuple[int, int, int, int | None, int]] = []  # end, serial, token, errno, begin
        self._serial = itertools.count()

    def room(self) -> int:
        return self._limit - len(self._flights)

    def send(
        self, tokens: I64, them: Addresses, ports: U16, deadlines_us: I64, now_us: Callable[[], int]
    ) -> Sent:
        taken = max(0, min(self.room(), len(tokens)))
        rows = zip(tokens.tolist(), them.text(), ports.tolist(), deadlines_us.tolist(), strict=True)
        for token, addr, port, deadline_us in itertools.islice(rows, taken):
            self.now += 2
            self.begun[addr, port] = self.begun.get((addr, port), 0) + 1
            answer = self._answers.get((addr, port), self._other)
            end_us = deadline_us if answer is None else self.now + DELAY_US
            heapq.heappush(self._flights, (end_us, next(self._serial), token, answer, self.now))
        self.most = max(self.most, len(self._flights))
        return Sent(taken, outcomes([]))

    def receive(self, timeout_us: int, now_us: Callable[[], int]) -> Outcomes:
        self.now += 5
        if self._flights:
            self.now = max(self.now, min(self._flights[0][0], self.now + timeout_us))
        else:
            self.now += timeout_us
        ended = []
        while self._flights and self._flights[0][0] <= self.now:
            end_us, _, token, answer, begun_us = heapq.heappop(self._flights)
            if answer is not None:
                ended.append((token, answer, end_us, end_us - begun_us))
        return outcomes(ended)

    def close(self) -> None:
        self.closed = True


class SocketsClock(Clock):
    """The clock that goes with them."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets

    def now_us(self) -> int:
        return self._sockets.now

    def epoch_s(self, moment_us: int) -> float:
        return moment_us / 1e6


def outcomes(rows: list[tuple[int, int, int, int]]) -> Outcomes:
    """Outcomes from rows."""
    token, number, time_us, rtt_us = np.array(rows, np.int64).reshape(-1, 4).T
    return Outcomes(token, number.astype(np.int32), time_us, rtt_us)


def scan(
    sockets: Sockets,
    space: Space,
    timing: Timing = QUICK,
    problem: Callable[[str], int] = lambda addr: 0,
    tell: Callable[[str], None] = lambda line: None,
    group_hosts: int = 16,
) -> Run:
    """A connect scan to its end."""
    clock, run = SocketsClock(sockets), Run()
    link = PlainLink(space, sockets, clock.now_us, tell, problem)
    link.limits = replace(link.limits, group_hosts=group_hosts)
    config = ScanConfig((Work(TECHNIQUE, space),), timing, seed=3, reverse=False, tell_down=True)
    end_us = sockets.now + 600_000_000

    def stopped() -> bool:
        if sockets.now > end_us:
            raise AssertionError("the scan does not end")
        return False

    run.summary = Loop(config, Links((link,)), run, clock, services, Naming(reverse=False), stopped).run()
    link.close()
    assert sockets.closed
    return run


ENDS: list[tuple[int | None, Verdict]] = [
    (OPEN, OPENED),
    (CLOSED, REFUSED),
    (DROPPED, SILENT),
    (errno.ECONNRESET, OPENED),
    (errno.EHOSTUNREACH, (State.FILTERED, Reason.HOST_UNREACH)),
    (errno.ENETUNREACH, (State.FILTERED, Reason.NET_UNREACH)),
    (errno.ENOPROTOOPT, (State.FILTERED, Reason.PROTO_UNREACH)),
    (errno.EACCES, (State.FILTERED, Reason.ADMIN_PROHIBITED)),
    (errno.EPERM, (State.FILTERED, Reason.ADMIN_PROHIBITED)),
    (errno.ETIMEDOUT, SILENT),
]


def test_every_end_of_a_connect_gets_its_verdict() -> None:
    ports = dict(enumerate((end for end, _ in ENDS), 20))
    hosts = [NEAR, FAR, NEAR6]
    sockets = Sockets({(addr, port): end for addr in hosts for port, end in ports.items()})
    run = scan(sockets, space_of(hosts, [*ports]))
    verdicts = dict(enumerate((verdict for _, verdict in ENDS), 20))
    assert run.verdicts == {(addr, port): verdicts[port] for addr in hosts for port in ports}
    assert run.open == {(addr, port) for addr in hosts for port in (20, 23)}
    assert (run.summary.exit, run.summary.discarded, run.summary.hosts_up) == ("success", {}, 3)


def test_the_time_of_an_answer_is_the_socket_s_own() -> None:
    run = scan(Sockets({(NEAR, 22): OPEN}), space_of([NEAR], [22]))
    [found] = run.found
    assert found.rtt_ms == pytest.approx(1.0)
    assert (found.ttl, found.tries, found.service) == (None, 1, "ssh")


def test_hosts_of_which_nothing_comes_are_down() -> None:
    run = scan(Sockets({(NEAR, 22): OPEN, (FAR, 22): DROPPED}), space_of([NEAR, FAR], [22]))
    assert {addr: (report.up, report.reason) for addr, report in run.reports.items()} == {
        NEAR: (True, Reason.SYN_ACK),
        FAR: (False, Reason.NO_RESPONSE),
    }


@pytest.mark.parametrize("limit", [1, 3, 64])
def test_what_is_not_taken_is_offered_again(limit: int) -> None:
    sockets = Sockets({(NEAR, 22): OPEN}, limit)
    run = scan(sockets, space_of([NEAR, FAR], [*range(20, 120)]))
    assert sockets.begun == {(addr, port): 1 for addr in (NEAR, FAR) for port in range(20, 120)}
    assert sockets.most <= limit
    assert (run.open, run.summary.replies) == ({(NEAR, 22)}, 200)


@pytest.mark.parametrize("timing", [QUICK, PATIENT], ids=["quick", "patient"])
def test_no_port_is_silent_that_was_never_asked(timing: Timing) -> None:
    """Silent ports hold the few sockets for a time-out each, while more and more probes wait for one."""
    ports = [*range(1, 120)]
    silent: dict[tuple[str, int], int | None] = {(NEAR, port): DROPPED for port in ports if port % 30}
    opened = {(NEAR, port): OPEN for port in (30, 60, 90)}
    sockets = Sockets(silent | opened, limit=20)
    run = scan(sockets, space_of([NEAR], ports), timing)
    assert run.open == set(opened)
    assert set(sockets.begun) == {(NEAR, port) for port in ports}
    assert min(sockets.begun[where] for where in silent) >= 2
    assert {run.verdicts[where] for where in silent} == {SILENT}


def test_a_host_without_a_way_is_left_out_and_told() -> None:
    sockets = Sockets({(NEAR, 22): OPEN, (FAR, 22): errno.ENETUNREACH, (FAR, 23): errno.ENETUNREACH})
    lines: list[str] = []
    problems = {FAR: errno.ENETUNREACH}
    run = scan(
        sockets, space_of([NEAR, FAR], [22, 23]), problem=lambda a: problems.get(a, 0), tell=lines.append
    )
    assert lines == [f"{FAR}: this machine has no route to it (Network is unreachable); left out"]
    assert (run.reports[FAR].up, run.reports[FAR].reason) == (False, Reason.NET_UNREACH)
    assert run.open == {(NEAR, 22)}
    assert run.summary.exit == "success"


def test_without_a_way_to_anybody_the_scan_says_so() -> None:
    sockets = Sockets({}, other=errno.ENETUNREACH)
    run = scan(sockets, space_of([NEAR, FAR], [22]), problem=lambda addr: errno.ENETUNREACH)
    assert run.summary.exit == "error"
    assert run.summary.message is not None
    assert "no route" in run.summary.message


def test_a_way_that_vanishes_ends_the_scan_with_what_was_found() -> None:
    ends = {(NEAR, port): errno.ENETUNREACH for port in range(23, 400)}
    sockets = Sockets(ends | {(NEAR, 22): OPEN}, limit=8)
    gone: list[str] = []

    def problem(addr: str) -> int:
        return errno.ENETUNREACH if (NEAR, 22) in sockets.begun else 0

    run = scan(sockets, space_of([NEAR], [*range(22, 400)]), problem=problem, tell=gone.append)
    assert run.summary.exit == "error"
    assert str(run.summary.message).startswith(f"{NEAR}: this machine has no route to it")
    assert run.verdicts.get((NEAR, 22), OPENED) == OPENED
    assert run.open == {where for where, verdict in run.verdicts.items() if verdict == OPENED}


# tokens


class Echo(Sockets):
    """Keeps the tokens, and ends each connect at once."""

    def __init__(self) -> None:
        super().__init__({})
        self.ended: list[tuple[int, int, int, int]] = []

    def send(
        self, tokens: I64, them: Addresses, ports: U16, deadlines_us: I64, now_us: Callable[[], int]
    ) -> Sent:
        self.ended += [(token, CLOSED, self.now, 7) for token in tokens.tolist()]
        return Sent(len(tokens), outcomes([]))

    def receive(self, timeout_us: int, now_us: Callable[[], int]) -> Outcomes:
        ended, self.ended = self.ended, []
        return outcomes(ended)


@given(
    st.integers(0, (1 << 22) - 1),
    st.lists(
        st.tuples(st.integers(0, 4 * 65_535 - 1), st.integers(0, 254)),
        min_size=1,
        max_size=9,
        unique_by=lambda r: r[0],
    ),
)
def test_a_token_brings_back_group_try_and_cell(number: int, rows: list[tuple[int, int]]) -> None:
    echo = Echo()
    space = space_of([f"198.18.0.{last}" for last in range(4)], [*range(1, 65_536)])
    engine = Engine(space, TECHNIQUE.table, QUICK, 1, 0, Limits())
    [group] = engine.step(0, {}).opened
    link = PlainLink(space, echo, lambda: echo.now, lambda line: None, lambda addr: 0)
    engine.groups[number] = group
    group.number = number
    cell, attempt = (np.array(column) for column in zip(*rows, strict=True))
    link.send(group, probes_of(group, cell.astype(np.int64), attempt))
    replies = link.collect(engine)[number]
    assert replies.cell.tolist() == cell.tolist()
    assert replies.attempt.tolist() == attempt.tolist()
    assert (group.cells.sent_us[cell] == echo.now - 7).all()


def probes_of(group: Group, cell: I64, attempt: I64) -> Probes:
    """Probes of these cells."""
    host = group.host_of(cell)
    return Probes(group.number, cell, host, cell - group.hosts.first[host], attempt.astype(np.uint8))


def test_outcomes_of_a_group_that_is_over_are_dropped() -> None:
    echo = Echo()
    space = space_of([NEAR], [22])
    engine = Engine(space, TECHNIQUE.table, QUICK, 1, 0, Limits())
    [group] = engine.step(0, {}).opened
    link = PlainLink(space, echo, lambda: echo.now, lambda line: None)
    link.send(group, probes_of(group, np.zeros(1, np.int64), np.zeros(1, np.int64)))
    engine.groups.clear()
    assert link.collect(engine) == {}


def test_it_knows_nothing_that_sockets_do_not_tell() -> None:
    space = space_of([NEAR], [22])
    link = PlainLink(space, Echo(), lambda: 0, lambda line: None)
    [group] = Engine(space, TECHNIQUE.table, QUICK, 1, 0, Limits()).step(0, {}).opened
    assert link.alive(group, np.arange(1)).tolist() == [0]
    assert link.hardware(group, np.arange(len(group))) == {}
    assert (link.counters(), link.drops()) == ({}, 0)
    link.forget([0])

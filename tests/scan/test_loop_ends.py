"""Scans that meet trouble, or are stopped: nothing that was found is ever lost."""

from collections.abc import Iterable, Iterator
from functools import partial

import pytest
from tests.scan.runs import NEAR, QUICK, SILENT, Run, config_of, crowd, mac, near, scan, space_of
from tests.sim.frames import DROPPED, OPEN, Host, Wire

from periplus.engine.engine import Limits
from periplus.scan.names import Named, ReverseNames
from periplus.scan.naming import Naming
from periplus.technique.verdict import State
from periplus.transport.calls import LinkDown


def test_frames_that_found_no_room_are_sent_later() -> None:
    hosts = crowd(4, {22: OPEN})
    wire = Wire(hosts)
    for taken in (4, 0, 3, 1, 0, 0, 7):  # the first are the ARP requests
        wire.trouble(taken)
    run = scan(wire, config_of(space_of([*hosts], [*range(20, 40)])))
    assert run.open == {(addr, 22) for addr in hosts}
    assert wire.probes == {(addr, port): 1 for addr in hosts for port in range(20, 40)}
    assert (run.summary.exit, run.summary.probes, run.summary.loss) == ("success", 80, 0.0)


def test_a_queue_that_is_stuck_for_longer_than_a_time_out_makes_no_silence() -> None:
    hosts = crowd(2, {22: OPEN})
    wire = Wire(hosts)
    wire.trouble(2)
    for _ in range(600):
        wire.trouble(0)
    run = scan(wire, config_of(space_of([*hosts], [22, 23])))
    assert run.summary.seconds > 2.5 * QUICK.initial_rtt_us / 1e6
    assert run.open == {(addr, 22) for addr in hosts}
    assert set(wire.probes.values()) == {1}
    assert run.summary.loss == 0.0


def test_a_question_for_a_hardware_address_that_found_no_room_is_asked_again() -> None:
    wire = Wire({NEAR: near(p22=OPEN)})
    for _ in range(5):
        wire.trouble(0)
    run = scan(wire, config_of(space_of([NEAR], [22])))
    assert run.open == {(NEAR, 22)}
    assert wire.asked == [NEAR]
    assert run.summary.seconds < 0.02  # much less than until the next question


@pytest.mark.parametrize("together", [1, 3])
@pytest.mark.parametrize(("taken", "ports"), [(2, range(20, 24)), (1_000, range(20, 90))])
def test_at_whichever_frame_the_link_goes_down_what_was_found_is_handed_over(
    together: int, taken: int, ports: range
) -> None:
    hosts = crowd(3, {22: OPEN, 77: OPEN})
    ends: list[tuple[str, str | None]] = []
    while ("success", None) not in ends:
        wire = Wire(hosts)
        for _ in ends:
            wire.trouble(taken)
        wire.trouble(LinkDown("interface eth0 is down or gone"))
        limits = Limits(group_hosts=together, batch=32)
        run = scan(wire, config_of(space_of([*hosts], [*ports])), limits=limits)
        assert_nothing_is_lost(run)
        ends.append((run.summary.exit, run.summary.message))
        assert len(ends) < 300
    assert len(ends) > 8
    assert set(ends[:-1]) == {("error", "interface eth0 is down or gone")}


def assert_nothing_is_lost(run: Run) -> None:
    """What was counted and told as found is in the reports."""
    answered = [where for where, verdict in run.verdicts.items() if verdict != SILENT]
    assert len(answered) == run.summary.replies
    assert {where for where, (state, _) in run.verdicts.items() if state == State.OPEN} == run.open
    assert run.summary.hosts_up == len(run.reports)


# ending early


@pytest.mark.parametrize("together", [1, 2, 6])
def test_whenever_it_is_stopped_what_was_found_is_handed_over(together: int) -> None:
    hosts = crowd(6, {22: OPEN, 24: DROPPED})
    ends: list[str] = []
    while "success" not in ends:
        count = iter(ends)
        run = scan(
            Wire(hosts),
            config_of(space_of([*hosts], [22, 23, 24])),
            limits=Limits(group_hosts=together, batch=4),
            stopped=partial(_runs_out, count),
        )
        assert_nothing_is_lost(run)
        ends.append(run.summary.exit)
        assert len(ends) < 300
    assert set(ends[:-1]) == {"interrupted"}
    assert len(ends) > 8
    assert set(run.reports) == set(hosts)


def _runs_out(count: Iterator[str], run: Run) -> bool:
    return next(count, None) is None


class Mute(ReverseNames):
    """A name server that never answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.closed = False

    def ask(self, addresses: Iterable[str]) -> None:
        self.asked.extend(addresses)

    def poll(self) -> list[Named]:
        return []

    def wait(self) -> list[Named]:
        return [(addr, ("named.example",)) for addr in self.asked]

    def close(self) -> None:
        self.closed = True


def test_a_stop_does_not_wait_for_names_and_loses_no_host() -> None:
    hosts = crowd(3, {22: OPEN}) | {NEAR: Host({}, DROPPED, mac(2))}
    names = Mute()
    run = scan(
        Wire(hosts),
        config_of(space_of([*hosts], [22, 23])),
        naming=Naming(None, names),
        stopped=lambda run: len(names.asked) == 3,
    )
    assert run.summary.exit == "interrupted"
    assert set(run.reports) == set(crowd(3, {}))
    assert [report.names for report in run.reports.values()] == [()] * 3


def test_the_end_waits_for_names() -> None:
    hosts = crowd(3, {22: OPEN})
    run = scan(Wire(hosts), config_of(space_of([*hosts], [22])), naming=Naming(None, Mute()))
    assert [report.names for report in run.reports.values()] == [(("named.example", "PTR"),)] * 3

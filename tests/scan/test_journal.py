"""When a run writes down how it stands, and which hosts it takes for finished."""

from dataclasses import replace

import numpy as np
from tests.result.batches import batch_of
from tests.result.examples import host, summary
from tests.scan.campaigns import campaign, config_of, far, finding, syn
from tests.scan.runs import QUICK, ROUTERS, Run, space_of
from tests.sim.frames import Host, Wire, mute

from periplus.engine.ledger import Ledger
from periplus.engine.remains import Remains
from periplus.result.row import SummaryRow
from periplus.scan.journal import EVERY_US, Journal
from periplus.space.course import Course
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace

HOSTS = [far(last) for last in range(1, 7)]
SPACE = AddressSpace.of((parse_ip(addr),) * 2 for addr in HOSTS)


class Clock:
    """A clock that a saving moves on."""

    def __init__(self, cost_us: int) -> None:
        self.now, self.cost_us = 0, cost_us

    def __call__(self) -> int:
        return self.now

    def save(self, summary: SummaryRow, remains: object) -> None:
        self.now += self.cost_us


def test_it_is_saved_twice_a_second_or_for_a_tenth_of_the_time() -> None:
    for cost_us, pause_us in ((0, EVERY_US), (10_000, EVERY_US), (1_000_000, 10_000_000)):
        clock = Clock(cost_us)
        journal = Journal(Ledger(Course(SPACE, 1)), clock.save)
        assert journal.due(0)
        journal.save(summary(), list, clock)
        assert not journal.due(clock.now + pause_us - 1)
        assert journal.due(clock.now + pause_us)


def test_without_a_file_nothing_is_kept() -> None:
    journal = Journal(Ledger(Course(SPACE, 1)))
    assert not journal.due(1 << 60)

    def remains() -> list[Remains]:
        raise AssertionError("nobody wants it")

    journal.save(summary(), remains, lambda: 0)


def test_who_was_reported_is_finished() -> None:
    course = Course(SPACE, 1)
    journal = Journal(Ledger(course))
    journal.ledger.give(6)
    journal.reported([])
    journal.reported([host(addr=HOSTS[0]), host(addr=HOSTS[3])])
    assert journal.ledger.finished == 2
    left = course.at(journal.ledger.still_open()).text()
    assert set(left) == set(HOSTS) - {HOSTS[0], HOSTS[3]}


def test_a_batch_is_reported_as_its_hosts_are() -> None:
    journal = Journal(Ledger(Course(SPACE, 1)))
    journal.ledger.give(6)
    journal.reported(batch_of([host(addr=HOSTS[1]), host(addr=HOSTS[2])], proto=None))
    assert journal.ledger.finished == 2


def world() -> Wire:
    hosts = {
        addr: Host(via="198.18.0.254") if row % 2 else mute(via="198.18.0.254")
        for row, addr in enumerate(HOSTS)
    }
    return Wire(hosts, ROUTERS)


def test_hosts_of_which_nothing_is_told_are_finished_too() -> None:
    """The silent ones: with and without finding hosts first, told or not."""
    work = syn(space_of(HOSTS, [22, 80]))
    for config in (
        config_of((work,), finding(HOSTS)),
        config_of((work,), finding(HOSTS), tell_down=True),
        config_of((), finding(HOSTS)),
        config_of((work,), None),
        replace(config_of((work,), None), assume_up=False),
        config_of((work, work), None),
    ):
        ledger = Ledger(Course(SPACE, config.seed))
        run = campaign(world(), config, journal=Journal(ledger))
        assert ledger.finished == len(HOSTS)
        assert run.summary.hosts == len(HOSTS)


def test_an_interrupted_run_is_written_down_before_it_tells_what_is_not_finished() -> None:
    config = config_of((syn(space_of(HOSTS, list(range(1, 50)))),), None, replace(QUICK, max_rate=500.0))
    ledger, saved = Ledger(Course(SPACE, 7)), list[tuple[str, int, int]]()

    def save(summary: SummaryRow, remains: object) -> None:
        saved.append((summary.exit, ledger.finished, len(run.reports)))

    run = Run()

    def stopped(_: Run) -> bool:
        return bool(saved) and wire.now_us > 1_000_000 + 200_000

    wire = world()
    ended = campaign(wire, config, journal=Journal(ledger, save), listener=run, stopped=stopped)
    assert ended.summary.exit == "interrupted"
    assert saved[-1] == ("interrupted", 0, 0)
    assert run.reports
    assert np.array_equal(ledger.course.hosts.ranges(), SPACE.ranges())

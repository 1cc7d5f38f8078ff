"""Scans of several links that meet trouble, or are stopped: nothing that was found is lost or told twice."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
from tests.scan.campaigns import REFUSED, behind, campaign, config_of, far, finding, syn, udp
from tests.scan.runs import NEAR, ROUTERS, Run, mac, space_of
from tests.sim.frames import DROPPED, OPEN, Host, Wire, mute

from periplus.engine.engine import Limits
from periplus.engine.ledger import Ledger
from periplus.result.batch import Hosts
from periplus.scan.journal import Journal
from periplus.space.course import Course
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.technique.verdict import State
from periplus.transport.calls import LinkDown


def assert_nothing_is_lost(run: Run) -> None:
    """What was told as found is in the reports, and each host comes once (the recorder sees to that)."""
    assert {where for where, (state, _) in run.verdicts.items() if state == State.OPEN} == run.open
    assert run.summary.hosts_up == sum(report.up for report in run.reports.values())


def _runs_out(count: Iterator[str], run: Run) -> bool:
    return next(count, None) is None


@pytest.mark.parametrize("together", [1, 8])
def test_whenever_it_is_stopped_what_was_found_is_handed_over_once(together: int) -> None:
    hosts = {far(last): behind(Host({22: OPEN}, no_datagram=REFUSED)) for last in range(1, 5)}
    hosts |= {far(9): behind(mute()), NEAR: Host({22: OPEN}, DROPPED, mac(2))}
    ends: list[str] = []
    seen: list[int] = []
    while "success" not in ends:
        works = (syn(space_of([*hosts], [22, 23])), udp(space_of([*hosts], [53])))
        run = campaign(
            Wire(hosts, ROUTERS),
            config_of(works, finding(hosts)),
            limits=Limits(group_hosts=together, batch=4),
            stopped=partial(_runs_out, iter(ends)),
        )
        assert_nothing_is_lost(run)
        ends.append(run.summary.exit)
        seen.append(len(run.reports))
        assert len(ends) < 400
    assert set(ends[:-1]) == {"interrupted"}
    assert len(ends) > 8
    assert set(run.reports) == {*hosts} - {far(9)}
    assert seen == sorted(seen)


@pytest.mark.parametrize("together", [1, 8])
def test_whenever_the_way_breaks_what_was_found_is_handed_over_once(together: int) -> None:
    hosts = {far(last): behind(Host({22: OPEN})) for last in range(1, 4)}
    ends: list[str] = []
    while "success" not in ends:
        wire = Wire(hosts, ROUTERS)
        for _ in ends:
            wire.trouble(1 << 20)
        wire.trouble(LinkDown("interface eth0 is down or gone"))
        work = syn(space_of([*hosts], [22, 23]))
        run = campaign(wire, config_of((work,), finding(hosts)), limits=Limits(group_hosts=together, batch=4))
        assert_nothing_is_lost(run)
        ends.append(run.summary.exit)
        assert len(ends) < 300
    assert len(ends) > 4
    assert set(ends[:-1]) == {"error"}


def test_who_stays_silent_is_done_with_when_all_techniques_are() -> None:
    """Of a large network nobody tells of the silent ones; who speaks to one technique alone is told all the same."""
    addrs = [far(last) for last in range(1, 201)]
    works = (syn(space_of(addrs, [22, 23])), udp(space_of(addrs, [53])))
    config = replace(config_of(works, None), tell_silent=False)
    ledger = Ledger(Course(AddressSpace.of((parse_ip(each),) * 2 for each in addrs), config.seed))
    spoke_at = []

    class Watching(Run):
        def hosts(self, hosts: Hosts) -> None:
            spoke_at.extend([ledger.finished] * len(hosts))
            super().hosts(hosts)

    run = Watching()
    hosts = {far(last): behind(Host({22: OPEN}, DROPPED)) for last in range(5, 201, 20)}
    campaign(
        Wire(hosts, ROUTERS),
        config,
        limits=Limits(group_hosts=8, batch=8),
        journal=Journal(ledger),
        listener=run,
    )
    assert set(run.reports) == {*hosts}
    assert ledger.finished == len(addrs)
    assert spoke_at[0] < len(addrs) / 2


def test_techniques_with_different_hosts_go_the_same_way() -> None:
    """What one has found waits for the other, so both ask hosts in one order, and neither runs away."""
    addrs = [far(last) for last in range(1, 201)]
    works = (syn(space_of(addrs, [22])), udp(space_of(addrs[:190], [53, 67, 69, 123])))
    waiting = list[int]()

    class Watching(Run):
        def hosts(self, hosts: Hosts) -> None:
            super().hosts(hosts)
            waiting.append(len({row.addr for row in self.found} - {*self.reports}))

    hosts = {addr: behind(Host({22: OPEN}, DROPPED, no_datagram=DROPPED)) for addr in addrs}
    run = Watching()
    campaign(
        Wire(hosts, ROUTERS), config_of(works, None), limits=Limits(group_hosts=8, batch=8), listener=run
    )
    assert set(run.reports) == {*addrs}
    assert max(waiting) < len(addrs) / 2

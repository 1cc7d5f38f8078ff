"""Hosts are reported many at once, and each as if it were alone."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scan.runs import QUICK, config_of, link_of, services, space_of
from tests.sim.frames import Wire

from periplus.engine.engine import Engine, Limits
from periplus.engine.group import Group
from periplus.engine.replies import Unanswered
from periplus.result.row import HostReport, PortColumns
from periplus.scan.report import ALL_RESET, Reporter
from periplus.space.ip import format_ip, parse_ip
from periplus.space.space import Space
from periplus.technique.fin import TECHNIQUE as FIN
from periplus.technique.model import Technique
from periplus.technique.syn import TECHNIQUE as SYN
from periplus.technique.verdict import Reason, State

PORTS = [22, 23, 24]
SPACE = space_of([f"198.18.9.{last}" for last in range(2, 7)], PORTS)  # behind a tunnel
ROUTERS = [0, parse_ip("198.18.9.254"), parse_ip("2001:db8::fe")]


class World:
    """A group whose columns the test fills."""

    def __init__(self, technique: Technique) -> None:
        self.technique, self.wire = technique, Wire({})
        self.link = link_of(SPACE, self.wire, technique)
        engine = Engine(SPACE, technique.table, QUICK, 7, self.wire.now_us, Limits())
        [self.group] = engine.step(self.wire.now_us, {}).opened
        self.link.open(engine, self.group, self.wire.now_us)
        config = config_of(SPACE, technique=technique, tell_down=True)
        self.reporter = Reporter(config.works[0], config, self.link, self.wire.clock, services)


def slowly(world: World, host: int, whole: bool) -> HostReport:
    """The plain twin: one host, from the columns of its group."""
    group, epoch_s = world.group, world.wire.clock.epoch_s
    rows, trips = group.hosts, group.trips
    up = bool(rows.proved[host])
    to_the_end = whole and not rows.timed_out[host]
    columns = _columns(group, world.technique, SPACE, host, to_the_end) if up else None
    resets = columns is not None and [int(each) for each in columns.reason] == [Reason.RESET] * len(
        columns.ports
    )
    noted = columns is not None and resets and len(columns.ports) > 1 and world.technique.resets_hide_open
    timed = trips.srtt_us[host] > 0
    reason = Reason(int(rows.reason[host]))
    return HostReport(
        addr=group.addresses.text()[host],
        up=up,
        reason=Reason.USER_SET if up and reason == Reason.NO_RESPONSE else reason,
        columns=(columns,) if columns is not None else (),
        started=epoch_s(int(rows.started_us[host]) or int(rows.ended_us[host])),
        ended=epoch_s(int(rows.ended_us[host]) or int(rows.started_us[host])),
        ttl=int(rows.ttl[host]) or None,
        srtt_ms=float(trips.srtt_us[host]) / 1000 if timed else None,
        rttvar_ms=float(trips.rttvar_us[host]) / 1000 if timed else None,
        timeout_ms=float(trips.rto_us[host]) / 1000 if timed else None,
        timed_out=bool(rows.timed_out[host]),
        notes=(ALL_RESET,) if noted and to_the_end else (),
    )


def _columns(group: Group, technique: Technique, space: Space, host: int, to_the_end: bool) -> PortColumns:
    cells, first = group.cells, int(group.hosts.first[host])
    told, senders = [], {}
    for rank in range(int(group.hosts.count[host])):
        cell = first + rank
        state, reason = int(cells.state[cell]), int(cells.reason[cell])
        silent = state >= Unanswered.EXPIRED
        if silent and not to_the_end:
            continue
        if silent and state != Unanswered.FRESH:
            state, reason = technique.silence
        port = int(space.port_at(group.host_id[[host]], np.array([rank]))[0])
        told.append((port, state, reason, cells.ttl[cell], cells.tries[cell], cells.rtt_ms[cell]))
        if cells.sender[cell]:
            senders[port] = format_ip(ROUTERS[int(cells.sender[cell])])
    low, high = int(group.hosts.window_low[host]), int(group.hosts.window_high[host])
    ports, state_of, reason_of, ttl, tries, rtt_ms = zip(*told, strict=True) if told else [()] * 6
    return PortColumns(
        proto=technique.proto,
        ports=np.array(ports, np.uint16),
        state=np.array(state_of, np.uint8),
        reason=np.array(reason_of, np.uint8),
        ttl=np.array(ttl, np.uint8),
        tries=np.array(tries, np.uint8),
        rtt_ms=np.array(rtt_ms, np.float32),
        senders=senders,
        windows=(low, high) if low <= high else None,
    )


def fill(group: Group, draw: st.DataObject, now_us: int) -> None:
    """Columns that a scan might have left, and some that it would not."""
    rng = np.random.default_rng(draw.draw(st.integers(0, 1 << 32)))
    cells, hosts, trips, n = group.cells, group.hosts, group.trips, len(group)
    states = [State.OPEN, State.CLOSED, State.FILTERED, *Unanswered]
    resets = np.repeat(rng.random(n) < 0.3, len(PORTS))
    cells.state[:] = np.where(resets, State.CLOSED, rng.choice(states, len(cells.state)))
    cells.reason[:] = np.where(resets, Reason.RESET, rng.choice(list(Reason), len(cells.state)))
    answered = cells.state < Unanswered.EXPIRED
    cells.sender[:] = np.where(answered, rng.integers(0, 3, len(cells.state)), 0)
    cells.ttl[:], cells.tries[:] = rng.integers(0, 255, (2, len(cells.state)))
    cells.rtt_ms[:] = rng.choice([0.5, np.nan], len(cells.state))
    group.routers = ROUTERS
    hosts.proved[:], hosts.timed_out[:] = rng.random((2, n)) < [[0.7], [0.3]]
    hosts.reason[:], hosts.ttl[:] = rng.choice(list(Reason), n), rng.choice([0, 61], n)
    for column in (hosts.started_us, hosts.ended_us):
        column[:] = rng.choice([0, now_us, now_us + 1_234_567], n)
    hosts.started_us[(hosts.started_us == 0) & (hosts.ended_us == 0)] = now_us
    hosts.window_low[:], hosts.window_high[:] = rng.choice([512, 1024], (2, n))
    for times in (trips.srtt_us, trips.rttvar_us, trips.rto_us):
        times[:] = rng.choice([0.0, 1_500.0, 123_456.7], n)


@pytest.mark.parametrize("technique", [SYN, FIN], ids=["syn", "fin"])
@pytest.mark.parametrize("cells_at_once", [1, 7, 1 << 17])
def test_a_batch_agrees_with_its_slow_twin(
    technique: Technique, cells_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("periplus.scan.report.CELLS_AT_ONCE", cells_at_once)
    world = World(technique)

    @given(st.data(), st.booleans())
    def agrees(draw: st.DataObject, whole: bool) -> None:
        fill(world.group, draw, world.wire.now_us)
        hosts = np.flatnonzero(draw.draw(st.lists(st.booleans(), min_size=5, max_size=5)))
        told = [report for batch in world.reporter.batches(world.group, hosts, whole) for report in batch]
        wanted = [
            slowly(world, int(host), whole) for host in hosts if whole or world.group.hosts.proved[host]
        ]
        for one, other in zip(told, wanted, strict=True):
            np.testing.assert_equal(asdict(one), asdict(other))

    agrees()


def test_a_batch_holds_so_many_ports_but_at_least_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(SYN)
    for most, sizes in ((1, [1] * 5), (6, [2, 2, 1]), (1 << 17, [5])):
        monkeypatch.setattr("periplus.scan.report.CELLS_AT_ONCE", most)
        assert [len(batch) for batch in world.reporter.batches(world.group, np.arange(5))] == sizes

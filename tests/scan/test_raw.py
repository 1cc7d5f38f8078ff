"""The link of frames by itself; whole scans over it are in test_loop."""

from dataclasses import replace

import numpy as np
import pytest
from tests.scan.runs import (
    ETH4,
    FAR,
    KEY,
    NEAR,
    NEAR6,
    NOWHERE6,
    OURS,
    PATHS,
    QUICK,
    ROUTER4,
    ROUTERS,
    SELF,
    TUNNEL,
    config_of,
    link_of,
    scan,
    space_of,
)
from tests.sim.frames import BEGIN_US, DROPPED, OPEN, Host, Wire, read_probe
from tests.wire.twins import number

from periplus.engine.engine import Engine, Limits
from periplus.engine.group import Group, HostState
from periplus.engine.timing import Timing
from periplus.scan.menu import Menu
from periplus.scan.raw import BATCHES, CROWDED, RawLink
from periplus.space.space import Space
from periplus.technique.connect import TECHNIQUE as CONNECT
from periplus.technique.syn import TECHNIQUE
from periplus.technique.verdict import Reason
from periplus.transport.neighbours import Resolver
from periplus.wire.tcp import SYN

MAC = b"\2\0\0\0\1\2"


def opened(space: Space, wire: Wire) -> tuple[RawLink, Engine, Group]:
    """A link with its first group opened."""
    link = link_of(space, wire)
    engine = Engine(space, TECHNIQUE.table, QUICK, 7, wire.now_us, Limits())
    [group] = engine.step(wire.now_us, {}).opened
    link.open(engine, group, wire.now_us)
    return link, engine, group


def by_addr(group: Group, column: "np.ndarray[tuple[int], np.dtype[np.uint8]]") -> dict[str, int]:
    """A column of hosts by their addresses."""
    return dict(zip(group.addresses.text(), column.tolist(), strict=True))


def test_a_technique_of_sockets_has_no_frames() -> None:
    with pytest.raises(ValueError, match="connect"):
        RawLink(space_of([NEAR], [22]), Menu((CONNECT,)), PATHS, Wire({}), OURS, KEY, lambda: 0, Resolver())


def test_hosts_go_ahead_as_soon_as_their_way_is_known() -> None:
    wire = Wire({NEAR: Host(mac=MAC), NEAR6: Host(mac=MAC)}, ROUTERS)
    link, engine, group = opened(space_of([NEAR, FAR, TUNNEL, SELF, NEAR6, NOWHERE6], [22]), wire)
    waiting, active, finished = HostState.WAITING, HostState.ACTIVE, HostState.FINISHED
    assert by_addr(group, group.hosts.status) == {
        NEAR: waiting,
        FAR: waiting,
        TUNNEL: active,
        SELF: active,
        NEAR6: waiting,
        NOWHERE6: finished,
    }
    assert by_addr(group, group.hosts.reason)[NOWHERE6] == Reason.NET_UNREACH
    assert link.collect(engine) == {}
    assert sorted(wire.asked) == sorted([NEAR, ROUTER4, NEAR6])
    wire.wait(10_000)
    link.collect(engine)
    assert set(by_addr(group, group.hosts.status).values()) == {active, finished}
    alive = by_addr(group, link.alive(group, np.arange(len(group))))
    assert alive == {
        NEAR: Reason.ARP_RESPONSE,
        FAR: 0,
        TUNNEL: 0,
        SELF: Reason.LOCALHOST_RESPONSE,
        NEAR6: Reason.ND_RESPONSE,
        NOWHERE6: 0,
    }
    known = link.hardware(group, np.arange(len(group)))
    hardware = {group.addresses.text()[row]: address for row, address in known.items()}
    assert hardware == {NEAR: "02:00:00:00:01:02", NEAR6: "02:00:00:00:01:02"}


def test_a_second_group_asks_nobody_whose_address_is_known() -> None:
    hosts = {f"198.19.0.{last}": Host({}, DROPPED, via=ROUTER4) for last in range(6)}
    wire = Wire(hosts, ROUTERS)
    run = scan(wire, config_of(space_of([*hosts], [22])), limits=Limits(group_hosts=1))
    assert wire.asked == [ROUTER4]
    assert run.summary.probes == 12
    assert wire.astray == 0


def test_probes_are_syns_from_our_ports_with_numbers_of_their_own() -> None:
    wire = Wire({NEAR: Host({}, DROPPED, MAC)})
    run = scan(wire, config_of(space_of([NEAR], [*range(1, 200)])))
    frames = [
        frame.tobytes() for lane, sent in wire.sent for frame in sent if frame[12:14].tobytes() == b"\x08\0"
    ]
    probes = [probe for frame in frames if (probe := read_probe(frame[14:])) is not None]
    assert len(probes) == run.summary.probes
    assert {(probe.source, probe.destination) for probe in probes} == {(ETH4.ip_me, number(NEAR))}
    assert {probe.port_me for probe in probes} == set(OURS)
    assert {probe.packet[33] for probe in probes} == {SYN}
    assert len({probe.number for probe in probes}) == len(probes)
    assert all(int.from_bytes(probe.packet[4:6]) == probe.number & 0xFFFF for probe in probes)
    ports = {port: [probe.port_me for probe in probes if probe.port_them == port] for port in range(1, 200)}
    assert {len(each) for each in ports.values()} == {2}
    assert {(second - first) % 16 for first, second in ports.values()} == {1}


def test_another_key_gives_other_numbers() -> None:
    wires = [Wire({NEAR: Host(mac=MAC)}) for _ in range(3)]
    for wire, key in zip(wires, (KEY, KEY, KEY + 1), strict=True):
        space = space_of([TUNNEL], [*range(1, 9)])
        link = RawLink(space, Menu((TECHNIQUE,)), PATHS, wire, OURS, key, wire.clock.now_us, Resolver())
        engine = Engine(space, TECHNIQUE.table, QUICK, 7, wire.now_us, Limits())
        [group] = engine.step(wire.now_us, {}).opened
        link.open(engine, group, wire.now_us)
        for probes in engine.step(wire.now_us, {}).probes:
            link.send(group, probes)
    one, same, other = ([frame.tobytes() for _, sent in wire.sent for frame in sent] for wire in wires)
    assert one == same
    assert not set(one) & set(other)


def test_waiting_ends_when_the_resolver_has_something_to_do() -> None:
    wire = Wire({})
    link, engine, _ = opened(space_of([NEAR], [22]), wire)
    link.wait(wire.now_us + 5_000_000, wire.now_us)
    assert wire.now_us == BEGIN_US
    link.collect(engine)
    link.wait(wire.now_us + 5_000_000, wire.now_us)
    assert 150_000 < wire.now_us - BEGIN_US < 250_000


def test_waiting_ends_soon_when_frames_found_no_room() -> None:
    wire = Wire({TUNNEL: Host({}, DROPPED)})
    link, engine, group = opened(space_of([TUNNEL], [22]), wire)
    wire.trouble(0)
    [probes] = engine.step(wire.now_us, {}).probes
    link.send(group, probes)
    began_us = wire.now_us
    link.wait(began_us + 5_000_000, began_us)
    assert 0 < wire.now_us - began_us < 5_000
    link.collect(engine)
    assert wire.probes == {(TUNNEL, 22): 1}
    assert [len(frames) for _, frames in wire.sent] == [0, 1]


def test_closing_gives_everything_back() -> None:
    class Held:
        closed = False

        def close(self) -> None:
            self.closed = True

    wire, held = Wire({}), [Held(), Held()]
    space = space_of([NEAR], [22])
    RawLink(space, Menu((TECHNIQUE,)), PATHS, wire, OURS, KEY, lambda: 0, Resolver(), held).close()
    assert wire.closed
    assert all(each.closed for each in held)


def test_a_fresh_link_has_nothing_to_tell() -> None:
    link = link_of(space_of([NEAR], [22]), Wire({}))
    assert (link.counters(), link.drops()) == ({}, 0)
    link.forget([3])


def test_no_more_is_under_way_than_answers_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wire, "capacity", lambda self: 300)
    link = link_of(space_of([NEAR], [22]), Wire({NEAR: Host(mac=MAC)}))
    assert link.limits.outstanding == 300
    monkeypatch.setattr(Wire, "capacity", lambda self: 1 << 40)
    assert link_of(space_of([NEAR], [22]), Wire({})).limits.outstanding == Limits().outstanding


def test_nothing_is_sent_while_answers_wait_in_a_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_of(space_of([NEAR], [22]), Wire({}))
    assert link.room() == link.limits.batch
    monkeypatch.setattr(Wire, "backlog", lambda self: CROWDED + 0.01)
    assert link.room() == 0


def test_a_batch_is_a_part_of_what_the_buffer_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wire, "capacity", lambda self: 300)
    assert link_of(space_of([NEAR], [22]), Wire({})).room() == 300 // BATCHES
    monkeypatch.setattr(Wire, "capacity", lambda self: 1)
    assert link_of(space_of([NEAR], [22]), Wire({})).room() == 1


@pytest.mark.parametrize("timing", [QUICK.once(), replace(QUICK, floor_rate=1e9, floor_is_fixed=True)])
def test_a_sender_without_a_limit_fills_no_buffer(timing: Timing) -> None:
    """Answers come as fast as probes go, and reading them takes longer."""
    wire = Wire({FAR: Host({22: OPEN}, via=ROUTER4)}, ROUTERS, places=100)
    run = scan(wire, config_of(space_of([FAR], [*range(1, 2_001)]), timing))
    assert (run.summary.kernel_drops, run.summary.probes, run.summary.replies) == (0, 2_000, 2_000)
    assert run.open == {(FAR, 22)}

"""Hours: the clock that stands still, and scans in virtual time that rest in the middle without losing anything."""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from tests.scan.campaigns import behind, far
from tests.scan.runs import (
    KEY,
    OURS,
    PATHS,
    QUICK,
    ROUTERS,
    TUN4,
    Run,
    config_of,
    crowd,
    services,
    space_of,
)
from tests.sim.frames import BEGIN_US, EPOCH_S, OPEN, Host, Path, Wire, mute

from periplus.columns import U8
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig
from periplus.scan.guard import Guard, GuardedConnects, GuardedFrames
from periplus.scan.loop import Loop
from periplus.scan.menu import Menu
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.scan.raw import RawLink
from periplus.scan.recess import OpenHours, PausingClock, PlacedFrames, Recess
from periplus.scan.sender import Parcel, Threaded
from periplus.space.address import Addresses
from periplus.space.scopefile import parse_hours
from periplus.technique.syn import TECHNIQUE
from periplus.technique.verdict import State
from periplus.transport.memory import MemoryTransport
from periplus.transport.neighbours import Resolver
from periplus.wire.lane import Lane
from periplus.wire.packets import Packets

HOUR_S = 3_600
MIDNIGHT_S = 1_700_006_400.0  # 2023-11-15 00:00 UTC


def hours(text: str) -> OpenHours:
    return OpenHours(parse_hours(text), UTC, "UTC")


class Hand(Clock):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.us = 1_000_000

    def now_us(self) -> int:
        return self.us

    def epoch_s(self, moment_us: int) -> float:
        return MIDNIGHT_S + moment_us / 1e6


# hours


def test_hours_hold_in_their_zone() -> None:
    assert hours("22:00-06:00").hold(MIDNIGHT_S)
    assert not hours("22:00-06:00").hold(MIDNIGHT_S + 6 * HOUR_S)
    east = OpenHours(parse_hours("22:00-06:00"), timezone(timedelta(hours=7)), "east")
    assert not east.hold(MIDNIGHT_S)
    assert (str(east), east.begin) == ("22:00-06:00 (east)", "22:00")


def test_without_a_zone_the_machine_s_clock_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    local = OpenHours(parse_hours("5:00-6:00"), None, "local time")
    monkeypatch.setattr("time.localtime", lambda epoch_s: time.gmtime(epoch_s + 5 * HOUR_S))
    assert local.hold(MIDNIGHT_S)
    assert not local.hold(MIDNIGHT_S + HOUR_S)


# the clock


def test_a_clock_that_was_stopped_goes_on_where_it_stood() -> None:
    hand = Hand()
    clock = PausingClock(hand)
    hand.us += 10
    assert clock.now_us() == 1_000_010
    clock.stop()
    hand.us += 5_000
    assert (clock.stopped, clock.now_us(), clock.live_us()) == (True, 1_000_010, 1_005_010)
    clock.go_on()
    hand.us += 1
    assert (clock.stopped, clock.now_us(), clock.live_us()) == (False, 1_000_011, 1_000_011)
    clock.go_on()
    assert clock.now_us() == 1_000_011


def test_the_calendar_goes_on_while_it_stands() -> None:
    hand = Hand()
    clock = PausingClock(hand)
    for _ in range(2):
        hand.us += 1_000_000
        clock.stop()
        hand.us += 60_000_000
        clock.go_on()
    moments = (1_000_000, 1_999_999, 2_000_000, 3_000_000)
    assert [clock.epoch_s(moment) - MIDNIGHT_S for moment in moments] == pytest.approx(
        [1.0, 1.999999, 62.0, 123.0]
    )


def test_packets_are_put_where_they_belong() -> None:
    hand = Hand()
    clock = PausingClock(hand)

    def placed(*times_us: int) -> list[int]:
        packets = Packets.of_bytes([b"x"] * len(times_us), list(times_us))
        times: list[int] = clock.placed(packets).time_us.tolist()
        return times

    assert placed(1_000_000) == [1_000_000]
    clock.stop()
    hand.us = 2_000_000
    assert placed(1_000_500) == [1_000_500]  # it was under way, and half a millisecond is what it took
    clock.go_on()
    assert placed(1_000_500, 2_000_100) == [1_000_500, 1_000_100]
    hand.us = 2_000_200
    clock.stop()
    hand.us = 3_000_000
    assert placed(2_000_300) == [1_000_300]
    clock.go_on()
    assert placed(2_000_300, 3_000_001) == [1_000_300, 1_000_201]


# who asks


def test_the_clock_is_stopped_and_started_by_the_hours() -> None:
    hand, told = Hand(), list[str]()
    clock = PausingClock(hand)
    recess = Recess(hours("00:00-06:00"), clock, lambda: hand.epoch_s(hand.us), lambda s: None, told.append)
    assert (recess.look(), recess.until) == (False, None)
    hand.us += 6 * HOUR_S * 1_000_000
    assert (recess.look(), recess.look(), recess.until) == (True, True, "00:00")
    hand.us += 18 * HOUR_S * 1_000_000
    assert (recess.look(), recess.until, clock.stopped) == (False, None, False)
    assert told == [
        "--hours 00:00-06:00 (UTC): paused until 00:00",
        "--hours 00:00-06:00 (UTC): going on",
    ]


def test_it_is_shut_before_the_clock_is_stopped_and_until_it_goes_on() -> None:
    hand, naps = Hand(), list[float]()
    recess = Recess(hours("00:00-06:00"), PausingClock(hand), lambda: hand.epoch_s(hand.us), naps.append)
    assert (recess.shut(), len(naps)) == (False, 0)
    hand.us += 6 * HOUR_S * 1_000_000
    assert (recess.shut(), recess.clock.stopped, len(naps)) == (True, False, 1)
    recess.look()
    hand.us += 18 * HOUR_S * 1_000_000
    assert recess.shut()  # what left now would have the time of yesterday
    recess.look()
    assert not recess.shut()


def test_a_run_waits_for_the_hours_or_until_it_is_stopped() -> None:
    hand = Hand()

    def sleep(seconds: float) -> None:
        hand.us += HOUR_S * 1_000_000

    def made() -> Recess:
        return Recess(hours("03:00-04:00"), PausingClock(hand), lambda: hand.epoch_s(hand.us), sleep)

    made().wait(lambda: True)
    assert hand.us == 1_000_000
    made().wait()
    assert hand.us == 1_000_000 + 3 * HOUR_S * 1_000_000


def test_the_guard_lets_nothing_out_while_it_is_shut() -> None:
    memory = MemoryTransport()
    shut = [True, False]
    guard = Guard(None, lambda: 0, lambda: 0.0, lambda: shut[0])
    line = GuardedFrames(PlacedFrames(memory, PausingClock(Hand())), guard)
    frames = np.zeros((2, 60), np.uint8)
    assert (line.send(TUN4, frames), memory.sent) == (0, [])
    shut.pop(0)
    assert (line.send(TUN4, frames), len(memory.sent)) == (2, 1)


def test_connects_do_not_begin_while_it_is_shut() -> None:
    shut = [True, False]
    guard = Guard(None, lambda: 0, lambda: 0.0, lambda: shut[0])
    them = Addresses.of_ints([0xFFFF_7F00_0001])
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        ports = np.array([holder.getsockname()[1]], np.uint16)
        transport = GuardedConnects(guard)
        one = np.ones(1, np.int64)
        assert transport.send(one, them, ports, one, lambda: 0).taken == 0
        shut.pop(0)
        assert transport.send(one, them, ports, one, lambda: 0).taken == 1
        transport.close()


# whole scans


class Watched(Wire):
    """A wire that notes when frames leave."""

    def send(self, lane: Lane, frames: U8) -> int:
        self.__dict__.setdefault("left_us", []).append(self.now_us)
        return super().send(lane, frames)

    @property
    def left_s(self) -> list[float]:
        """Seconds since the beginning."""
        return [(each - BEGIN_US) / 1e6 for each in self.__dict__.get("left_us", [])]


class Night:
    """A scan whose hours end so many seconds after its beginning, and begin again an hour later."""

    def __init__(self, wire: Watched, config: ScanConfig, *, open_s: float) -> None:
        self.wire, self.config, self.open_s = wire, config, open_s
        self.told: list[str] = []
        self.run = Run()
        self.clock = PausingClock(wire.clock)
        self.recess = Recess(hours("00:00-06:00"), self.clock, self.epoch_s, self.sleep, self.told.append)

    @property
    def elapsed_s(self) -> float:
        return (self.wire.now_us - BEGIN_US) / 1e6

    def epoch_s(self) -> float:
        shut = self.open_s <= self.elapsed_s < self.open_s + HOUR_S
        return MIDNIGHT_S + 12 * HOUR_S * shut

    def sleep(self, seconds: float) -> None:
        self.wire.now_us += int((seconds if self.elapsed_s < self.open_s + 5 else 60) * 1e6)

    def scan(self, stopped: Callable[[Run], bool] = lambda run: False) -> Run:
        clock, run = self.clock, self.run
        guard = Guard(None, clock.now_us, self.epoch_s, self.recess.shut)
        transport = GuardedFrames(PlacedFrames(self.wire, clock), guard)
        space = self.config.works[0].space
        link = RawLink(space, Menu((TECHNIQUE,)), PATHS, transport, OURS, KEY, clock.now_us, Resolver())

        def ended() -> bool:
            assert self.elapsed_s < 3 * HOUR_S, "the scan does not end"
            return stopped(run)

        naming = Naming(reverse=False)
        loop = Loop(self.config, Links((link,)), run, clock, services, naming, ended, recess=self.recess)
        run.summary = loop.run()
        return run

    @property
    def broken(self) -> list[float]:
        """When something left that should not have."""
        return [left for left in self.wire.left_s if self.open_s <= left < self.open_s + HOUR_S]


PORTS = list(range(1, 301))


def night(open_s: float, hosts: dict[str, Host], path: Path | None = None, **timing: Any) -> Night:
    config = config_of(space_of(list(hosts), PORTS), replace(QUICK, **timing))
    return Night(Watched(hosts, ROUTERS, path, OURS), config, open_s=open_s)


SLOW_WAY = Path(delay_us=40_000)


@pytest.mark.parametrize("open_s", [0.0, 0.02, 0.1, 0.13, 0.2, 0.35])
def test_no_port_is_silent_because_of_a_rest(open_s: float) -> None:
    """Whenever the hours end: before the first question on the link, before its answer, with probes under way."""
    hosts = crowd(3, {22: OPEN}) | {far(7): behind(Host({80: OPEN}))}
    one = night(open_s, hosts, SLOW_WAY, max_rate=2_000, host_timeout_us=10_000_000)
    run = one.scan()
    assert run.summary.exit == "success"
    assert one.broken == []
    assert one.elapsed_s > HOUR_S
    assert {(addr, port) for (addr, port), verdict in run.verdicts.items() if verdict[0] == State.OPEN} == {
        *((f"198.18.0.{last}", 22) for last in (10, 11, 12)),
        (far(7), 80),
    }
    assert {verdict[0] for verdict in run.verdicts.values()} == {State.OPEN, State.CLOSED}
    assert len(run.verdicts) == 4 * len(PORTS)
    assert not any(report.timed_out for report in run.reports.values())
    assert run.summary.probes == 4 * len(PORTS)  # nothing was asked twice either
    assert run.summary.loss == 0
    assert run.summary.seconds < 10
    assert run.summary.ended == pytest.approx(EPOCH_S + one.wire.now_us / 1e6)


def test_round_trips_are_right_whatever_the_clock_does() -> None:
    one = night(0.2, crowd(1, {}), SLOW_WAY, max_rate=1_000)
    [report] = one.scan().reports.values()
    assert report.srtt_ms == pytest.approx(80, abs=2)


def test_a_silent_host_gets_all_its_time() -> None:
    hosts = {far(7): behind(mute())}
    rested, straight = (night(open_s, hosts, max_rate=1_000) for open_s in (0.25, 10_000.0))
    assert rested.scan().verdicts == straight.scan().verdicts
    assert rested.broken == []
    assert rested.run.summary.probes == straight.run.summary.probes
    assert rested.run.summary.seconds == pytest.approx(straight.run.summary.seconds, abs=0.2)


def test_what_is_shown_while_it_rests() -> None:
    one = night(0.2, crowd(1, {}), max_rate=500)
    run = one.scan()
    paused = [each for each in run.snapshots if each.paused_until]
    assert {each.paused_until for each in paused} == {"00:00"}
    assert len(set(paused)) == 1
    assert run.snapshots[-1].paused_until is None
    assert [line.rpartition(": ")[2] for line in one.told] == ["paused until 00:00", "going on"]


def test_it_can_be_stopped_while_it_rests() -> None:
    one = night(0.1, crowd(2, {22: OPEN}), max_rate=500)
    run = one.scan(stopped=lambda run: any(each.paused_until for each in run.snapshots))
    assert run.summary.exit == "interrupted"
    assert one.elapsed_s < 10
    assert run.reports  # what was found until then is told


def test_a_thread_that_sends_holds_its_frames_as_well() -> None:
    memory, shut = MemoryTransport(), threading.Event()
    shut.set()
    waited = threading.Event()

    def is_shut() -> bool:
        waited.set()
        return shut.is_set()

    guard = Guard(None, lambda: 0, lambda: 0.0, is_shut)
    sender = Threaded(GuardedFrames(memory, guard), lambda: 0)
    sender.offer(Parcel(TUN4, np.zeros((3, 60), np.uint8)))
    assert waited.wait(10)
    assert memory.sent == []
    shut.clear()
    while not memory.sent:
        sender.wait(10_000)
    sender.close()
    assert [len(frames) for _, frames in memory.sent] == [3]


# a pause that the user makes


@pytest.mark.parametrize("when", [None, hours("00:00-12:00")])
def test_a_key_pauses_and_goes_on(when: OpenHours | None) -> None:
    hand, lines, naps = Hand(), list[str](), list[float]()
    clock = PausingClock(hand)
    recess = Recess(when, clock, lambda: MIDNIGHT_S, naps.append, lines.append)
    assert (recess.look(), recess.shut(), recess.until) == (False, False, None)
    recess.pressed()
    assert recess.shut()  # also before the loop has stopped the clock
    assert (recess.look(), recess.look(), recess.until, clock.stopped) == (True, True, "p is pressed", True)
    recess.pressed()
    assert (recess.look(), recess.shut(), recess.until, clock.stopped) == (False, False, None, False)
    assert (lines, len(naps)) == (["paused until p is pressed", "going on"], 1)


def test_hours_that_end_during_a_pause_go_on_with_it() -> None:
    hand, lines, now = Hand(), list[str](), [MIDNIGHT_S]
    recess = Recess(hours("00:00-12:00"), PausingClock(hand), lambda: now[0], lambda _: None, lines.append)
    recess.pressed()
    assert recess.look()
    now[0] += 13 * HOUR_S
    recess.pressed()
    assert (recess.look(), recess.until) == (True, "00:00")
    now[0] += 11 * HOUR_S
    assert not recess.look()
    assert [line.rpartition(": ")[2] for line in lines] == [
        "paused until p is pressed",
        "paused until 00:00",
        "going on",
    ]

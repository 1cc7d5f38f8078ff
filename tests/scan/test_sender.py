"""Senders: order, departures, full queues, errors; in the calling thread and in one of their own."""

import threading
from collections.abc import Callable

import numpy as np
import pytest

from periplus.columns import I64, U8
from periplus.engine.group import Group
from periplus.engine.timing import Timing
from periplus.errors import CannotScan
from periplus.scan.sender import DEPTH, Direct, Parcel, Sender, Threaded, sender_for
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.transport.calls import LinkDown
from periplus.transport.memory import MemoryTransport
from periplus.wire.lane import Lane, Link

LANE = Lane(1, "v0", Link.BARE, parse_ip("198.18.0.1"), b"", 1500)
MAKERS: list[Callable[..., Sender]] = [Direct, Threaded]


class Clock:
    """Each look takes a microsecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now_us = 1_000

    def now_us(self) -> int:
        with self._lock:
            self._now_us += 1
            return self._now_us


class Gate(MemoryTransport):
    """A transport whose sends wait until they are let through."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.entered = threading.Event()

    def send(self, lane: Lane, frames: U8) -> int:
        self.entered.set()
        assert self.open.wait(10)
        return super().send(lane, frames)


def _group(cells: int) -> Group:
    address = Addresses.of_ints([parse_ip("198.18.0.2")])
    return Group(0, address, np.array([cells]), np.array([0]), 1, Timing(), 100)


def _parcel(group: Group, cells: range) -> Parcel:
    cell: I64 = np.array(cells)
    return Parcel(LANE, np.repeat(cell.astype(np.uint8)[:, None], 4, axis=1), group, cell)


def _sent(transport: MemoryTransport) -> list[int]:
    return [int(frame[0]) for _, frames in transport.sent for frame in frames]


def _drain(sender: Sender, transport: MemoryTransport, frames: int) -> None:
    for _ in range(10_000):
        sender.settle()
        if len(_sent(transport)) >= frames and sender.room:
            return
        sender.wait(1_000)
    raise AssertionError("the sender does not get on")


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("takes", [[], [0, 3, 0, 1], [0, 0, 0]])
def test_everything_leaves_once_and_in_order(maker: Callable[..., Sender], takes: list[int]) -> None:
    transport, group = MemoryTransport(), _group(30)
    for frames in takes:
        transport.trouble(frames)
    sender = maker(transport, Clock().now_us)
    for begin in (0, 10, 20):
        sender.offer(_parcel(group, range(begin, begin + 10)))
    _drain(sender, transport, 30)
    sender.close()
    sender.settle()
    assert _sent(transport) == list(range(30))
    stamps = group.cells.sent_us.tolist()
    assert stamps == sorted(stamps)
    assert stamps[0] > 1_000


@pytest.mark.parametrize("maker", MAKERS)
def test_trouble_that_does_not_pass_reaches_the_caller(maker: Callable[..., Sender]) -> None:
    transport, group = MemoryTransport(), _group(5)
    transport.trouble(LinkDown("v0 is down"))
    sender = maker(transport, Clock().now_us)

    def until_told() -> None:
        for _ in range(10_000):
            sender.offer(_parcel(group, range(5)))
            sender.wait(1_000)
            sender.settle()

    with pytest.raises(CannotScan, match="v0 is down"):
        until_told()
    sender.close()


def test_a_thread_has_room_for_the_depth_and_what_waits_is_stamped() -> None:
    transport, group, clock = Gate(), _group(40), Clock()
    sender = Threaded(transport, clock.now_us)
    for row in range(DEPTH):
        assert sender.room
        sender.offer(_parcel(group, range(10 * row, 10 * row + 10)))
    assert not sender.room
    assert transport.entered.wait(10)
    before_us = clock.now_us()
    sender.settle()
    assert (group.cells.sent_us[10:20] > before_us).all()  # not sent: its time-out does not run
    assert (group.cells.sent_us[:1] < before_us).all()  # leaving since a while
    transport.open.set()
    _drain(sender, transport, 20)
    sender.close()


def test_closing_ends_the_thread_in_the_middle_of_a_full_queue() -> None:
    transport, group = MemoryTransport(), _group(5)
    for _ in range(100_000):
        transport.trouble(0)
    sender = Threaded(transport, Clock().now_us)
    sender.offer(_parcel(group, range(5)))
    sender.close()
    assert not sender._thread.is_alive()


def test_frames_that_are_no_probes_need_no_group() -> None:
    transport = MemoryTransport()
    sender = Direct(transport, Clock().now_us)
    sender.offer(Parcel(LANE, np.zeros((2, 42), np.uint8)))
    assert len(_sent(transport)) == 2
    assert sender.room


def test_a_thread_is_for_a_second_core(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, kind in (({0}, Direct), ({0, 1}, Threaded)):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, cores=cores: cores, raising=False)
        sender = sender_for(MemoryTransport(), Clock().now_us)
        assert isinstance(sender, kind)
        sender.close()

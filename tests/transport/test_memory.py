"""The transport of the other tests must itself keep the promises of `calls.FrameTransport`."""

import numpy as np
import pytest

from periplus.columns import U8
from periplus.space.ip import parse_ip
from periplus.transport.calls import FrameTransport, LinkDown
from periplus.transport.memory import MemoryTransport
from periplus.wire.lane import Lane, Link
from periplus.wire.packets import Packets

LANE = Lane(1, "lo", Link.LOCAL, parse_ip("198.18.0.1"), b"", 1500)
FRAMES: U8 = np.arange(12, dtype=np.uint8).reshape(3, 4)


def test_what_is_sent_lies_there() -> None:
    memory = MemoryTransport()
    frames = FRAMES.copy()
    assert memory.send(LANE, frames) == 3
    frames[:] = 0
    [(lane, sent)] = memory.sent
    assert lane is LANE
    assert (sent == FRAMES).all()


def test_packets_come_back_in_order_and_within_the_limit() -> None:
    memory = MemoryTransport()
    assert not memory.wait(0)
    memory.deliver(Packets.empty())
    assert not memory.wait(0)
    memory.deliver(Packets.of_bytes([b"a", b"b"]))
    memory.deliver(Packets.of_bytes([b"c"]))
    assert memory.wait(0)
    received = [memory.receive(2), memory.receive(2), memory.receive(2)]
    assert [[row[:1].tobytes() for row in one.data] for one in received] == [[b"a", b"b"], [b"c"], []]


def test_a_peer_answers() -> None:
    memory = MemoryTransport(lambda lane, frames: Packets.of_bytes([row.tobytes() for row in frames]))
    memory.send(LANE, FRAMES)
    assert memory.receive().data[:, :4].tolist() == FRAMES.tolist()


def test_trouble_comes_once_and_in_order() -> None:
    memory = MemoryTransport()
    memory.trouble(2)
    memory.trouble(LinkDown("interface lo is down or gone"))
    assert memory.send(LANE, FRAMES) == 2
    with pytest.raises(LinkDown):
        memory.send(LANE, FRAMES)
    assert memory.send(LANE, FRAMES) == 3
    assert [len(frames) for _, frames in memory.sent] == [2, 3]


def test_closing_and_drops() -> None:
    memory: FrameTransport = MemoryTransport()
    assert memory.drops() == 0
    memory.close()
    memory.close()
    assert isinstance(memory, MemoryTransport)
    assert memory.closed


def test_it_holds_whatever_comes() -> None:
    memory = MemoryTransport()
    memory.deliver(Packets.of_bytes([b"a"] * 1000))
    assert memory.capacity() > 1 << 30
    assert memory.backlog() < 0.001


def test_with_few_places_what_comes_too_early_is_lost() -> None:
    memory = MemoryTransport(places=4)
    memory.deliver(Packets.of_bytes([b"a"] * 3))
    assert (memory.capacity(), memory.backlog(), memory.drops()) == (4, 0.75, 0)
    memory.deliver(Packets.of_bytes([b"b"] * 3))
    assert (memory.backlog(), memory.drops()) == (1.0, 2)
    assert [row[:1].tobytes() for row in memory.receive().data] == [b"a", b"a", b"a", b"b"]
    assert memory.backlog() == 0

"""Batches through ordinary datagram sockets on loopback, where no privilege is needed."""

import errno
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from periplus.columns import U8
from periplus.transport.syscalls import BATCH, Inbox, Outbox, Readable, bind_link, link_address

SO_TIMESTAMPNS = 35
FRAMES: U8 = np.arange(BATCH * 40, dtype=np.uint32).astype(np.uint8).reshape(BATCH, 40)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A sender that is connected to a receiver with room for a whole batch."""
    with closing(_bound()) as receiver, closing(_bound()) as sender:
        sender.connect(receiver.getsockname())
        yield sender, receiver


def _bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind(("127.0.0.1", 0))
    return sock


def test_a_whole_batch_arrives_in_order(ends: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = ends
    inbox = Inbox(BATCH, 64)
    assert Outbox().send(sender.fileno(), FRAMES) == BATCH
    assert inbox.receive(receiver.fileno(), BATCH) == BATCH
    assert (inbox.data[:, :40] == FRAMES).all()
    assert not inbox.data[:, 40:].any()
    assert inbox.lengths(BATCH).tolist() == [40] * BATCH


def test_shape_may_change_from_call_to_call(ends: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = ends
    outbox, inbox = Outbox(), Inbox(16, 64)
    for frames in (
        FRAMES[:3],
        FRAMES[:4, :20],
        FRAMES[1:9:2],
        FRAMES[5:6, ::2],
        np.asfortranarray(FRAMES[:2]),
    ):
        assert outbox.send(sender.fileno(), frames) == len(frames)
        count = inbox.receive(receiver.fileno(), 16)
        assert count == len(frames)
        assert (inbox.data[:count, : frames.shape[1]] == frames).all()
        assert inbox.lengths(count).tolist() == [frames.shape[1]] * count
        inbox.clear(count)


def test_destinations_row_by_row() -> None:
    receivers = [_bound() for _ in range(3)]
    names = np.zeros((BATCH, 16), np.uint8)
    for row, receiver in enumerate(receivers):
        address, port = receiver.getsockname()
        name = struct.pack("=H", socket.AF_INET) + port.to_bytes(2) + socket.inet_aton(address)
        names[row, : len(name)] = np.frombuffer(name, np.uint8)
    with closing(_bound()) as sender:
        assert Outbox(names).send(sender.fileno(), FRAMES[:3]) == 3
    for row, receiver in enumerate(receivers):
        assert receiver.recv(100) == FRAMES[row].tobytes()
        receiver.close()


def test_one_destination_for_all() -> None:
    with closing(_bound()) as receiver, closing(_bound()) as sender:
        port = receiver.getsockname()[1]
        name = struct.pack("=H", socket.AF_INET) + port.to_bytes(2) + bytes([127, 0, 0, 1]) + bytes(8)
        outbox = Outbox(np.frombuffer(name, np.uint8).reshape(1, 16).copy())
        assert outbox.send(sender.fileno(), FRAMES[:5]) == 5
        assert [receiver.recv(100) for _ in range(5)] == [row.tobytes() for row in FRAMES[:5]]


def test_more_than_a_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="1025 frames in one call"):
        Outbox().send(0, np.zeros((BATCH + 1, 8), np.uint8))


def test_errors_name_the_call_and_the_reason() -> None:
    with pytest.raises(OSError, match="sendmmsg: Bad file descriptor") as error:
        Outbox().send(-1, FRAMES[:1])
    assert error.value.errno == errno.EBADF
    with pytest.raises(OSError, match="recvmmsg: Bad file descriptor"):
        Inbox(1, 1).receive(-1, 1)
    with pytest.raises(OSError, match="bind: Bad file descriptor"):
        bind_link(-1, 0, 0)


def test_longer_packets_are_cut_and_shorter_ones_padded(ends: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = ends
    inbox = Inbox(4, 8)
    for data in (b"123456789", b"12", b""):
        sender.send(data)
    assert inbox.receive(receiver.fileno(), 4) == 3
    assert inbox.lengths(3).tolist() == [8, 2, 0]
    assert [row.tobytes() for row in inbox.data[:3]] == [b"12345678", b"12\0\0\0\0\0\0", bytes(8)]


def test_rows_are_reusable_after_clear(ends: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = ends
    receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    inbox = Inbox(2, 8)
    for _ in range(3):
        sender.send(b"long one")
        assert inbox.receive(receiver.fileno(), 2) == 1
        assert inbox.stamps_ns(1)[0] > 0
        inbox.clear(1)
    sender.send(b"x")
    assert inbox.receive(receiver.fileno(), 2) == 1
    assert inbox.data[0].tobytes() == b"x" + bytes(7)


def test_limit_and_nothing_there(ends: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = ends
    inbox = Inbox(8, 8)
    assert inbox.receive(receiver.fileno(), 8) == 0
    for _ in range(3):
        sender.send(b"x")
    assert [inbox.receive(receiver.fileno(), 2) for _ in range(3)] == [2, 1, 0]


def test_stamps_are_of_the_wall_clock_or_zero(ends: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = ends
    inbox = Inbox(8, 8)
    sender.send(b"x")
    assert inbox.receive(receiver.fileno(), 8) == 1
    assert inbox.stamps_ns(1).tolist() == [0]
    inbox.clear(1)
    receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    before = time.time_ns()
    sender.send(b"x")
    assert inbox.receive(receiver.fileno(), 8) == 1
    assert before - 10_000_000 <= inbox.stamps_ns(1)[0] <= time.time_ns() + 10_000_000


def test_waiting(ends: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = ends
    readable = Readable(receiver.fileno())
    began = time.monotonic_ns()
    assert not readable.wait(3_000)
    assert time.monotonic_ns() - began >= 3_000_000
    assert not readable.wait(0)
    sender.send(b"x")
    assert readable.wait(60_000_000)
    assert readable.wait(0)
    receiver.recv(1)
    assert not readable.wait(0)


def test_waiting_for_any_of_several(ends: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = ends
    with closing(_bound()) as first, closing(_bound()) as last:
        readable = Readable(first.fileno(), receiver.fileno(), last.fileno())
        assert not readable.wait(0)
        for each in (first, last, receiver):
            sender.connect(each.getsockname())
            sender.send(b"x")
            assert readable.wait(60_000_000)
            each.recv(1)
            assert not readable.wait(0)


def test_waiting_for_nothing_takes_its_time() -> None:
    began = time.monotonic_ns()
    assert not Readable().wait(3_000)
    assert time.monotonic_ns() - began >= 3_000_000


def test_link_address_has_the_kernels_layout() -> None:
    assert link_address(7, 0x0806) == struct.pack("=H", 17) + b"\x08\x06" + struct.pack("=i", 7) + bytes(12)

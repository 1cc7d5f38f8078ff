"""The kernel's answers: frames through a veth pair in namespaces of our own, caught one by one at the other end."""

import errno
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import numpy as np
import pytest
from tests.transport.namespaces import ME4, THEM4, Pair, local_lane, pair, run, sealed, tun
from tests.transport.test_packet import PORTS, flags_by_port, gather, syns

from periplus.errors import CannotScan
from periplus.space.ip import parse_ip
from periplus.transport import syscalls, xdpsocket
from periplus.transport.calls import LinkDown
from periplus.transport.packet import PacketTransport
from periplus.transport.syscalls import Inbox, bind_link
from periplus.transport.xdp import XdpExpress
from periplus.transport.xdpsocket import XdpSocket, words
from periplus.wire.lane import Lane, Link

pytestmark = pytest.mark.lab

ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
NOBODY = b"\x02\0\0\0\0\x77"


@pytest.fixture
def veth() -> Iterator[Pair]:
    with pair() as made:
        yield made


@contextmanager
def express(lane: Lane) -> Iterator[tuple[PacketTransport, list[str]]]:
    """A transport that sends by AF_XDP where it can, and what was told."""
    lines: list[str] = []
    with (
        closing(XdpExpress(lines.append)) as way,
        closing(PacketTransport(PORTS, [lane], express=way)) as made,
    ):
        yield made, lines


@contextmanager
def catching(veth: Pair) -> Iterator[socket.socket]:
    """A packet socket at the other end."""
    with veth.them.inside():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    with closing(sock):
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        with veth.them.inside():
            bind_link(sock.fileno(), socket.if_nametoindex("v1"), ETH_P_ALL)
        yield sock


def caught(sock: socket.socket, width: int) -> list[bytes]:
    """All frames to `NOBODY` that have arrived."""
    inbox = Inbox(4096, 2048)
    rows: list[bytes] = []
    while count := inbox.receive(sock.fileno(), 4096):
        rows += [row[:width].tobytes() for row in inbox.data[:count] if row[:6].tobytes() == NOBODY]
        inbox.clear(count)
    return rows


@pytest.mark.parametrize("family", [4, 6])
def test_every_frame_arrives_once_unchanged_and_in_order(veth: Pair, family: int) -> None:
    lane, address = (veth.v4, "198.18.0.77") if family == 4 else (veth.v6, "2001:db8::77")
    frames = syns(lane, address, list(range(1, 20001)), NOBODY)
    with catching(veth) as sock, express(lane) as (transport, lines):
        assert transport.send(lane, frames[:7]) == 7
        assert transport.send(lane, frames[7:]) == len(frames) - 7
        rows = caught(sock, frames.shape[1])
    assert lines == ["xdp: packets to v0 go by AF_XDP (copy mode; zero-copy: Operation not supported)"]
    assert rows == [row.tobytes() for row in frames]


def test_frames_of_every_width_in_turn(veth: Pair) -> None:
    lane = veth.v4
    widths = [60, 1514, 64, 700, 65, 130, 42]
    wanted = []
    with catching(veth) as sock, express(lane) as (transport, _):
        for turn, width in enumerate(widths * 5):
            frames = np.full((100 + turn, width), turn, np.uint8)
            frames[:, :14] = np.frombuffer(NOBODY + lane.mac_me + b"\x88\xb5", np.uint8)
            frames[:, 14] = np.arange(len(frames))
            assert transport.send(lane, frames) == len(frames)
            rows = caught(sock, width)
            assert rows == [row.tobytes() for row in frames]
            wanted += rows
    assert len(wanted) == sum(range(100, 135))


def test_answers_come_in_as_ever(veth: Pair) -> None:
    with express(veth.v4) as (transport, _):
        assert transport.send(veth.v4, syns(veth.v4, THEM4, list(range(1, 20001)), veth.mac_them)) == 20000
        packets = gather(transport, 20000)
        assert transport.drops() == 0
    assert len(flags_by_port(packets)) == 20000


def test_an_interface_that_goes_down_and_comes_back(veth: Pair) -> None:
    frames = syns(veth.v4, "198.18.0.77", [1, 2], NOBODY)
    with catching(veth) as sock, express(veth.v4) as (transport, _):
        assert transport.send(veth.v4, frames) == 2
        run("ip link set v0 down")
        with pytest.raises(LinkDown, match="interface v0 is down or gone"):
            transport.send(veth.v4, frames)
        run("ip link set v0 up")
        assert transport.send(veth.v4, frames) == 2
        rows = caught(sock, frames.shape[1])
        run("ip link del v0")
        with pytest.raises(LinkDown, match="interface v0 is down or gone"):
            transport.send(veth.v4, frames)
    assert rows == [row.tobytes() for row in frames] * 2


def test_a_lost_carrier_is_borne_for_a_while(veth: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = syns(veth.v4, "198.18.0.77", [1, 2, 3], NOBODY)
    clock = iter(np.arange(0.0, 100.0, 0.25).tolist())
    with express(veth.v4) as (transport, _):
        with veth.them.inside():
            run("ip link set v1 down")
        monkeypatch.setattr(time, "monotonic", lambda: next(clock))
        assert [transport.send(veth.v4, frames) for _ in range(13)] == [0] * 13
        with pytest.raises(LinkDown, match="v0 takes no frames"):
            transport.send(veth.v4, frames)
        with veth.them.inside():
            run("ip link set v1 up")
        with catching(veth) as sock:
            assert transport.send(veth.v4, frames) == 3
            rows = caught(sock, frames.shape[1])
    assert rows == [row.tobytes() for row in frames], "nothing that was refused leaves later"


def test_errors_keep_the_kernels_words(veth: Pair) -> None:
    with (
        express(veth.v4) as (transport, _),
        pytest.raises(CannotScan, match="cannot send on v0: Message too long"),
    ):
        transport.send(veth.v4, np.zeros((1, 1515), np.uint8))


def test_both_families_and_all_transports_share_the_socket(veth: Pair) -> None:
    lines: list[str] = []
    with closing(XdpExpress(lines.append)) as way:
        with closing(PacketTransport(PORTS, [veth.v4, veth.v6], express=way)) as first:
            assert first.send(veth.v4, syns(veth.v4, THEM4, [1], veth.mac_them)) == 1
        with closing(PacketTransport(PORTS, [veth.v4], express=way)) as second:
            assert second.send(veth.v4, syns(veth.v4, THEM4, [2, 3], veth.mac_them)) == 2
            assert len(gather(second, 2)) == 2
    assert len(lines) == 1


def test_a_socket_may_follow_another_at_once(veth: Pair) -> None:
    for _ in range(3):
        XdpSocket(veth.v4.ifindex, 1500).close()


def test_the_queue_is_somebody_elses(veth: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with closing(XdpSocket(veth.v4.ifindex, 1500)), express(veth.v4) as (transport, lines):
        assert transport.send(veth.v4, syns(veth.v4, THEM4, [1], veth.mac_them)) == 1
        assert len(gather(transport, 1)) == 1
    assert lines == ["xdp: v0 refuses it (Device or resource busy); packets go by AF_PACKET"]


def test_loopback_and_tunnels_send_as_ever() -> None:
    with sealed(), tun("t0") as fd:
        bare = Lane(socket.if_nametoindex("t0"), "t0", Link.BARE, parse_ip(ME4), b"", 1500)
        local = local_lane("127.0.0.1")
        with express(bare) as (transport, lines):
            assert transport.send(local, syns(local, "127.0.0.1", [1])) == 1
            assert len(gather(transport, 1)) == 1
            frames = syns(bare, THEM4, [80])
            assert transport.send(bare, frames) == 1
            arrived = set()
            while frames[0].tobytes() not in arrived:
                arrived.add(os.read(fd, 2000))
        assert lines == []


def test_an_interface_that_is_not_there_is_told() -> None:
    with sealed():
        lane = Lane(77, "none0", Link.ETHERNET, parse_ip(ME4), b"\x02\0\0\0\0\x01", 1500)
        lines: list[str] = []
        with closing(XdpExpress(lines.append)) as way, pytest.raises(LinkDown, match="none0"):
            PacketTransport(PORTS, [lane], express=way)
    assert lines == ["xdp: none0 refuses it (No such device); packets go by AF_PACKET"]


def test_why_nothing_is_sent_without_copying(veth: Pair) -> None:
    for mtu, machine, why in (
        (1500, "x86_64", "Operation not supported"),
        (9000, "x86_64", "frames of 9000 bytes are too long"),
        (1500, "aarch64", "not on aarch64"),
    ):
        with closing(XdpSocket(veth.v4.ifindex, mtu, machine)) as sock:
            assert (sock.zerocopy, sock.mode) == (False, f"copy mode; zero-copy: {why}")


@pytest.mark.parametrize(("woken", "zerocopy"), [(0, True), (errno.EAGAIN, True), (errno.EINVAL, False)])
def test_a_driver_must_be_able_to_be_woken(
    veth: Pair, monkeypatch: pytest.MonkeyPatch, woken: int, *, zerocopy: bool
) -> None:
    """No driver here sends without copying, so its part is played: a bind that succeeds, and a wake-up."""
    flags: list[int] = []
    real = syscalls.bind

    def bind(fd: int, address: bytes) -> None:
        flags.append(struct.unpack("=HHIII", address)[1])
        if flags[-1] & 2:
            real(fd, address)

    monkeypatch.setattr(xdpsocket, "bind", bind)
    monkeypatch.setattr(XdpSocket, "kick", lambda self: woken)
    with closing(XdpSocket(veth.v4.ifindex, 1500)) as sock:
        assert sock.zerocopy is zerocopy
    assert flags == ([12] if zerocopy else [12, 2])
    if not zerocopy:
        assert sock.mode == "copy mode; zero-copy: the driver cannot be woken (Invalid argument)"


def test_a_kernel_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EAFNOSUPPORT, "no")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(OSError, match="no") as caught_error:
        XdpSocket(1, 1500)
    assert words(caught_error.value) == "this kernel has no AF_XDP"


def test_an_old_kernel_has_no_option_for_the_budget(veth: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xdpsocket, "_MAX_TX_SKB_BUDGET", 99)
    lane = replace(veth.v4)
    frames = syns(lane, "198.18.0.77", list(range(1, 3001)), NOBODY)
    with catching(veth) as sock, express(lane) as (transport, _):
        assert transport.send(lane, frames) == 3000
        rows = caught(sock, frames.shape[1])
    assert rows == [row.tobytes() for row in frames]

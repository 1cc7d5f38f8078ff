"""The kernel's answers to our frames, in namespaces of our own."""

import errno
import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import ICMPv6MLReport2, IPv6, IPv6ExtHdrHopByHop
from scapy.layers.l2 import Ether
from tests.transport.namespaces import ME4, THEM4, THEM6, Pair, local_lane, pair, run, sealed, tun

from periplus.columns import U8
from periplus.errors import CannotScan
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.transport.bpf import presence_filter
from periplus.transport.calls import FrameTransport, LinkDown, SendRefused
from periplus.transport.packet import PacketTransport, hold_port, reserve_ports
from periplus.wire.headers import PROTOCOL_SCTP, PROTOCOL_UDP
from periplus.wire.lane import Lane, Link
from periplus.wire.packets import WIDE, WIDTH, Packets
from periplus.wire.tcp import SYN, TcpFrames, TcpProbe

pytestmark = pytest.mark.lab

PORTS = range(20000, 20016)
SYN_ACK, RST_ACK = 0x12, 0x14


@pytest.fixture
def alone() -> Iterator[None]:
    with sealed():
        yield


@pytest.fixture
def veth() -> Iterator[Pair]:
    with pair() as made:
        yield made


def syns(lane: Lane, them: str, ports: list[int], mac_them: bytes = bytes(6)) -> U8:
    """One SYN to each port, from the first of our ports; the sequence number is the row."""
    n = len(ports)
    return TcpFrames(lane, TcpProbe(SYN)).build(
        Addresses.of_ints([parse_ip(them)] * n),
        np.array(ports, np.uint16),
        np.full(n, PORTS.start, np.uint16),
        np.arange(n, dtype=np.uint32),
        np.zeros(n, np.uint16),
        mac_them=np.tile(np.frombuffer(mac_them, np.uint8), (n, 1)),
    )


def gather(transport: FrameTransport, count: int) -> Packets:
    """What arrives until there are `count` packets or half a second is silent."""
    batches = [transport.receive()]
    while sum(map(len, batches)) < count and transport.wait(500_000):
        batches.append(transport.receive())
    return Packets.concat(batches)


def flags_by_port(packets: Packets) -> dict[int, int]:
    """The TCP flags that came from each port; both families."""
    found = {}
    for row in packets.data:
        tcp = row[20:] if row[0] >> 4 == 4 else row[40:]
        found[int.from_bytes(tcp[:2].tobytes())] = int(tcp[13])
    return found


def ephemeral(ports: str) -> None:
    Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(ports, encoding="ascii")


def listener(address: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.create_server((address, 0), family=family)
    sock.setblocking(False)
    return sock


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "198.18.5.5", "2001:db8::5"])
def test_local_lane_finds_a_listener(alone: None, address: str) -> None:
    run("ip addr add 198.18.5.5/32 dev lo", "ip addr add 2001:db8::5/128 dev lo nodad")
    lane = local_lane(address)
    with closing(listener(address)) as server, closing(PacketTransport(PORTS, [lane])) as transport:
        open_port = server.getsockname()[1]
        assert transport.send(lane, syns(lane, address, [open_port, 1])) == 2
        packets = gather(transport, 2)
    assert flags_by_port(packets) == {open_port: SYN_ACK, 1: RST_ACK}
    assert packets.ifindex.tolist() == [lane.ifindex] * 2
    assert packets.ethertype.tolist() == [0x86DD if ":" in address else 0x0800] * 2


def test_the_backlog_is_what_waits_to_be_read(alone: None) -> None:
    lane = local_lane("127.0.0.1")
    with closing(PacketTransport(PORTS, [lane], buffer_bytes=1 << 16)) as transport:
        assert transport.backlog() == 0
        assert transport.send(lane, syns(lane, "127.0.0.1", [1, 2, 3, 4])) == 4
        assert transport.wait(500_000)
        waiting = transport.backlog()
        assert 0 < waiting < 0.5
        gather(transport, 4)
        assert transport.backlog() == 0


def test_of_long_packets_as_much_is_kept_as_was_wanted(alone: None) -> None:
    lane, long = local_lane("127.0.0.1"), bytes(range(256)) * 8
    made = [PacketTransport(PORTS, [lane], protocols=(PROTOCOL_UDP,), width=width) for width in (WIDTH, WIDE)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(long, ("127.0.0.1", PORTS.start))
    for transport in made:
        packets = gather(transport, 2)  # as nobody listens there, an error quotes it
        width = packets.width
        assert packets.length[0] == width
        assert packets.data[0, 28:].tobytes() == long[: width - 28]
        transport.close()


def test_local_lanes_of_both_families_at_once(alone: None) -> None:
    lanes = [local_lane("127.0.0.1"), local_lane("::1")]
    with closing(PacketTransport(PORTS, lanes)) as transport:
        for lane, address in zip(lanes, ("127.0.0.1", "::1"), strict=True):
            assert transport.send(lane, syns(lane, address, [1, 2, 3])) == 3
        packets = gather(transport, 6)
    assert sorted(packets.ethertype.tolist()) == [0x0800] * 3 + [0x86DD] * 3


def test_local_lane_loses_nothing_of_every_port(alone: None) -> None:
    lane = local_lane("127.0.0.1")
    frames = syns(lane, "127.0.0.1", list(range(1, 65536)))
    with closing(PacketTransport(PORTS, [lane])) as transport:
        assert transport.send(lane, frames) == 65535
        packets = gather(transport, 65535 + len(PORTS))  # SYNs to our own ports come by as well
        assert transport.drops() == 0
    assert len(flags_by_port(packets)) == 65535


@pytest.mark.parametrize("family", [4, 6])
def test_ethernet_lane_over_veth(veth: Pair, family: int) -> None:
    lane, address = (veth.v4, THEM4) if family == 4 else (veth.v6, THEM6)
    with veth.them.inside():
        server = listener(address)
    with closing(server), closing(PacketTransport(PORTS, [lane])) as transport:
        open_port = server.getsockname()[1]
        before_us = time.monotonic_ns() // 1000
        assert transport.send(lane, syns(lane, address, [open_port, 1], veth.mac_them)) == 2
        packets = gather(transport, 2)
        after_us = time.monotonic_ns() // 1000
    assert flags_by_port(packets) == {open_port: SYN_ACK, 1: RST_ACK}
    assert packets.length.tolist() == ([44, 40] if family == 4 else [64, 60])
    assert all(before_us - 1000 <= stamp <= after_us + 1000 for stamp in packets.time_us.tolist())
    assert not packets.data[:, 64:].any()


def test_more_than_a_batch_leaves_and_everything_returns(veth: Pair) -> None:
    frames = syns(veth.v4, THEM4, list(range(1, 20001)), veth.mac_them)
    with closing(PacketTransport(PORTS, [veth.v4])) as transport:
        assert transport.send(veth.v4, frames) == 20000
        packets = gather(transport, 20000)
        assert transport.drops() == 0
    assert len(flags_by_port(packets)) == 20000


def test_receive_respects_its_limit_and_clears_rows(veth: Pair) -> None:
    with closing(PacketTransport(PORTS, [veth.v4])) as transport:
        transport.send(veth.v6, syns(veth.v6, THEM6, [1, 2, 3], veth.mac_them))
        first = gather(transport, 3)
        transport.send(veth.v4, syns(veth.v4, THEM4, [1, 2, 3, 4, 5], veth.mac_them))
        transport.wait(500_000)
        batches = [transport.receive(2), transport.receive(2), transport.receive(2), transport.receive(2)]
    assert first.length.tolist() == [60] * 3
    assert [len(batch) for batch in batches] == [2, 2, 1, 0]
    assert not batches[0].data[:, 40:].any(), "rests of the longer packets before"


def test_drops_are_counted(veth: Pair) -> None:
    frames = syns(veth.v4, THEM4, list(range(1, 5001)), veth.mac_them)
    with closing(PacketTransport(PORTS, [veth.v4], buffer_bytes=65536)) as transport:
        transport.send(veth.v4, frames)
        received = len(gather(transport, 5000))
        drops = transport.drops()
        assert drops > 1000
        assert received + drops == 5000
        assert 50 < transport.capacity() <= received
        assert transport.drops() == drops


def test_frames_from_a_strided_array(veth: Pair) -> None:
    wide = np.zeros((6, 100), np.uint8)
    frames = syns(veth.v4, THEM4, [1, 2, 3], veth.mac_them)
    wide[::2, 10 : 10 + frames.shape[1]] = frames
    with closing(PacketTransport(PORTS, [veth.v4])) as transport:
        assert transport.send(veth.v4, wide[::2, 10 : 10 + frames.shape[1]]) == 3
        assert transport.send(veth.v4, np.asfortranarray(frames)) == 3
        packets = gather(transport, 6)
    assert len(packets) == 6
    assert flags_by_port(packets) == dict.fromkeys([1, 2, 3], RST_ACK)


def test_interface_that_goes_down_while_sending(veth: Pair) -> None:
    frames = syns(veth.v4, THEM4, [1, 2], veth.mac_them)
    with closing(PacketTransport(PORTS, [veth.v4])) as transport:
        assert transport.send(veth.v4, frames) == 2
        assert len(gather(transport, 2)) == 2
        run("ip link set v0 down")
        with pytest.raises(LinkDown, match="interface v0 is down or gone"):
            transport.send(veth.v4, frames)
        assert len(transport.receive()) == 0
        run("ip link set v0 up")
        transport.wait(20_000)
        assert transport.send(veth.v4, frames) == 2


def test_interface_that_goes_down_in_the_middle_of_a_send(veth: Pair) -> None:
    """Another process takes it down while we send without pause: the error comes, and comes again."""
    frames = syns(veth.v4, "198.18.0.77", [1] * 20000, b"\x02\0\0\0\0\x77")
    deadline = time.monotonic() + 30
    with (
        closing(PacketTransport(PORTS, [veth.v4])) as transport,
        subprocess.Popen(["ip", "link", "set", "v0", "down"]),
        pytest.raises(LinkDown, match="interface v0 is down or gone"),
    ):
        _send_until(deadline, transport, veth.v4, frames)
    with closing(PacketTransport(PORTS, [veth.v4])) as transport, pytest.raises(LinkDown):
        transport.send(veth.v4, frames)


def _send_until(deadline: float, transport: PacketTransport, lane: Lane, frames: U8) -> None:
    while time.monotonic() < deadline:
        assert 0 <= transport.send(lane, frames) <= len(frames)


def test_interface_that_vanishes(veth: Pair) -> None:
    frames = syns(veth.v4, THEM4, [1], veth.mac_them)
    with closing(PacketTransport(PORTS, [veth.v4])) as transport:
        run("ip link del v0")
        with pytest.raises(LinkDown, match="v0"):
            transport.send(veth.v4, frames)
        assert len(transport.receive()) == 0
    with pytest.raises(LinkDown, match="v0"):
        PacketTransport(PORTS, [veth.v4])


def test_lost_carrier_is_borne_for_a_while_and_then_told(veth: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = syns(veth.v4, THEM4, [1], veth.mac_them)
    clock = iter(np.arange(0.0, 100.0, 0.25).tolist())
    with closing(PacketTransport(PORTS, [veth.v4])) as transport:
        with veth.them.inside():
            run("ip link set v1 down")
        monkeypatch.setattr(time, "monotonic", lambda: next(clock))
        assert [transport.send(veth.v4, frames) for _ in range(13)] == [0] * 13
        with pytest.raises(LinkDown, match="v0 takes no frames"):
            transport.send(veth.v4, frames)


def test_carrier_that_returns_is_used_again(veth: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = syns(veth.v4, THEM4, [1], veth.mac_them)
    clock = iter(np.arange(0.0, 100.0, 0.5).tolist())
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with closing(PacketTransport(PORTS, [veth.v4])) as transport:
        for _ in range(3):
            with veth.them.inside():
                run("ip link set v1 down")
            assert [transport.send(veth.v4, frames) for _ in range(5)] == [0] * 5
            with veth.them.inside():
                run("ip link set v1 up")
            assert transport.send(veth.v4, frames) == 1


def test_full_queue_takes_fewer(alone: None) -> None:
    with tun("t0") as fd:
        run("ip link set t0 txqueuelen 100")
        lane = Lane(socket.if_nametoindex("t0"), "t0", Link.BARE, parse_ip(ME4), b"", 1500)
        frames = syns(lane, THEM4, list(range(1, 301)))
        with closing(PacketTransport(PORTS, [lane])) as transport:
            taken = transport.send(lane, frames)
            assert 90 <= taken <= 100, "the kernel's own multicast reports take up room"
            assert transport.send(lane, frames[taken:]) == 0
            for _ in range(50):
                os.read(fd, 2000)
            assert 40 <= transport.send(lane, frames[taken:]) <= 50


@pytest.mark.parametrize("family", [4, 6])
def test_bare_lane_through_tun(alone: None, family: int) -> None:
    me, them = (ME4, THEM4) if family == 4 else ("2001:db8::1", THEM6)
    with tun("t0") as fd:
        run("ip addr add 198.18.0.1/24 dev t0", "ip addr add 2001:db8::1/64 dev t0 nodad")
        lane = Lane(socket.if_nametoindex("t0"), "t0", Link.BARE, parse_ip(me), b"", 1500)
        frames = syns(lane, them, [80])
        with closing(PacketTransport(PORTS, [lane])) as transport:
            assert transport.send(lane, frames) == 1
            assert frames[0].tobytes() in list(_readable(fd))
            layer = IP if family == 4 else IPv6
            os.write(fd, bytes(layer(src=them, dst=me) / TCP(sport=80, dport=PORTS.start, flags="SA")))
            packets = gather(transport, 1)
        assert flags_by_port(packets) == {80: SYN_ACK}
        assert packets.ifindex.tolist() == [lane.ifindex]


def _readable(fd: int) -> Iterator[bytes]:
    with suppress(BlockingIOError):
        while True:
            yield os.read(fd, 2000)


def test_firewall_that_drops_our_output(alone: None) -> None:
    lane = local_lane("127.0.0.1")
    run(
        "nft add table ip wall",
        "nft add chain ip wall out { type filter hook output priority 0 ; }",
        "nft add rule ip wall out tcp dport 7 drop",
    )
    with closing(PacketTransport(PORTS, [lane])) as transport:
        assert transport.send(lane, syns(lane, "127.0.0.1", [1, 2, 7, 3])) == 2
        with pytest.raises(SendRefused, match="a firewall on this machine refuses our own packets"):
            transport.send(lane, syns(lane, "127.0.0.1", [7, 3]))
        assert transport.send(lane, syns(lane, "127.0.0.1", [3])) == 1
        assert len(gather(transport, 3)) == 3


def test_other_errors_keep_the_kernels_words(veth: Pair) -> None:
    with (
        closing(PacketTransport(PORTS, [veth.v4])) as transport,
        pytest.raises(CannotScan, match="cannot send on v0: Message too long"),
    ):
        transport.send(veth.v4, np.zeros((1, 3000), np.uint8))


def test_nothing_but_replies_is_received(veth: Pair) -> None:
    run("ip addr add 198.18.1.1/24 dev v0")
    with closing(PacketTransport(PORTS, [veth.v4])) as transport, veth.them.inside():
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
            for port in (PORTS.start, 9):
                sender.sendto(b"no reply", (ME4, port))
        with closing(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)) as sender:
            for one in (
                IP(src=THEM4, dst=ME4) / TCP(sport=1, dport=PORTS.start - 1, seq=1),
                IP(src=THEM4, dst=ME4) / TCP(sport=2, dport=PORTS.stop, seq=2),
                IP(src=THEM4, dst=ME4) / TCP(sport=3, dport=PORTS.stop - 1, seq=3),
                IP(src=THEM4, dst=ME4, frag=3) / TCP(sport=4, dport=PORTS.start),
                IP(src=THEM4, dst=ME4) / ICMP(type=8),
                IP(src=THEM4, dst=ME4) / ICMP(type=3, code=13) / (b"E" * 28),
            ):
                sender.sendto(bytes(one), (ME4, 0))
        packets = gather(transport, 9)
    kinds = [int(row[9]) for row, kind in zip(packets.data, packets.ethertype, strict=True) if kind == 0x0800]
    assert kinds == [6, 1]
    assert 3 in flags_by_port(packets)


def test_groups_are_heard_that_this_machine_is_no_member_of(veth: Pair) -> None:
    details = ["ip", "-details", "link", "show", "v0"]
    with closing(PacketTransport(PORTS, [], program=presence_filter())) as transport:
        transport.hear_groups(veth.v6)
        assert b"allmulti 1" in subprocess.run(details, capture_output=True, check=True).stdout
        with veth.them.inside(), closing(socket.socket(socket.AF_PACKET, socket.SOCK_RAW)) as sender:
            sender.bind(("v1", 0))
            report = IPv6(src="fe80::2", dst="ff02::16") / IPv6ExtHdrHopByHop() / ICMPv6MLReport2()
            sender.send(bytes(Ether(src="02:00:00:00:00:02", dst="33:33:00:00:00:16") / report))
        packets = gather(transport, 1)
    assert len(packets) == 1
    assert packets.ifindex.tolist() == [veth.v6.ifindex]
    assert b"allmulti 0" in subprocess.run(details, capture_output=True, check=True).stdout


def test_groups_of_an_interface_that_is_gone(veth: Pair) -> None:
    with closing(PacketTransport(PORTS, [])) as transport:
        run("ip link delete v0")
        with pytest.raises(LinkDown, match="v0"):
            transport.hear_groups(veth.v6)


def test_closing_twice_and_without_lanes(alone: None) -> None:
    transport = PacketTransport(PORTS, [])
    transport.close()
    transport.close()


def test_a_lane_opens_when_first_used(veth: Pair) -> None:
    with closing(PacketTransport(PORTS, [])) as transport:
        assert transport.send(veth.v4, syns(veth.v4, THEM4, [1], veth.mac_them)) == 1
        assert len(gather(transport, 1)) == 1


def test_without_the_privilege_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(CannotScan, match="no privilege for raw sockets: run as root or give CAP_NET_RAW"):
        PacketTransport(PORTS, [])


def test_reserved_ports_are_adjacent_and_ours(alone: None) -> None:
    ephemeral("32768 60999")
    ports, sockets = reserve_ports(random.Random(1).randrange)
    assert [sock.getsockname()[1] for sock in sockets] == list(ports)
    assert len(ports) == 16
    assert ports.stop <= 32768 or ports.start > 60999
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with closing(socket.socket(family)) as other, pytest.raises(OSError, match="in use"):
            other.bind((address, ports[3]))
    for sock in sockets:
        sock.close()


def test_reserved_ports_of_udp_swallow_what_comes(alone: None) -> None:
    """A datagram to one of them raises no error, as one to a free port does; nobody else can have them."""
    ports, sockets = reserve_ports(random.Random(1).randrange, protocols=(PROTOCOL_UDP,))
    assert [sock.getsockname()[1] for sock in sockets] == list(ports)
    assert {sock.type for sock in sockets} == {socket.SOCK_DGRAM}
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as other:
            with pytest.raises(OSError, match="in use"):
                other.bind((address, ports[3]))
            other.connect((address, ports[3]))
            other.send(b"swallowed")
            other.send(b"no error waits from the first")
            other.connect((address, ports.start - 1))
            other.send(b"refused")
            with pytest.raises(ConnectionRefusedError):
                other.send(b"told now")
    with closing(socket.socket()) as tcp:
        tcp.bind(("127.0.0.1", ports[3]))  # of TCP they are free
    for sock in sockets:
        sock.close()


def test_reserving_udp_steps_over_ports_in_use(alone: None) -> None:
    draws = iter([3, 4, 5])
    with closing(socket.socket(type=socket.SOCK_DGRAM)) as taken:
        taken.bind(("127.0.0.1", 16388))
        ports, sockets = reserve_ports(lambda _: next(draws), count=4, protocols=(PROTOCOL_UDP,))
    assert ports == range(16389, 16393)
    for sock in sockets:
        sock.close()


def test_other_protocols_hold_ports_of_tcp(alone: None) -> None:
    _, sockets = reserve_ports(random.Random(1).randrange, protocols=(PROTOCOL_SCTP,))
    assert {sock.type for sock in sockets} == {socket.SOCK_STREAM}
    for sock in sockets:
        sock.close()


def test_reserving_steps_over_ports_in_use(alone: None) -> None:
    draws = iter([3, 4, 5])
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 16388))
        ports, sockets = reserve_ports(lambda _: next(draws), count=4)
    assert ports == range(16389, 16393)
    for sock in sockets:
        sock.close()


def test_reserving_inside_the_kernels_range_when_there_is_no_other(alone: None) -> None:
    ephemeral("1024 65535")
    ports, sockets = reserve_ports(random.Random(1).randrange)
    assert len(sockets) == len(ports) == 16
    for sock in sockets:
        sock.close()


def test_reserving_gives_up_with_one_line(alone: None) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 16384))
        with pytest.raises(CannotScan, match="no 16 adjacent ports are free"):
            reserve_ports(lambda _: 0)


def test_a_port_that_was_chosen_is_held_unless_somebody_has_it() -> None:
    _, sockets = reserve_ports(random.Random(1).randrange, 1)
    port = sockets[0].getsockname()[1]
    assert hold_port(port, (6,)) == []
    for sock in sockets:
        sock.close()
    [held] = hold_port(port, (17,))
    assert (held.getsockname()[1], held.type) == (port, socket.SOCK_DGRAM)
    held.close()

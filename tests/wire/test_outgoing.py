"""Our frames read back; the slow twin takes one frame at a time apart with `struct`."""

import struct
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import ip4, ip6, number, tcp

from periplus.columns import U8
from periplus.space.address import Addresses
from periplus.wire.fragment import fragments
from periplus.wire.icmp import ECHO, IcmpProbe
from periplus.wire.lane import Lane, Link
from periplus.wire.neighbour import arp_requests, polls, solicitations
from periplus.wire.outgoing import read_outgoing
from periplus.wire.protocol import ProtocolProbe
from periplus.wire.question import Probe, Questions
from periplus.wire.sctp import INIT, SctpProbe
from periplus.wire.shape import PLAIN
from periplus.wire.tcp import SYN, TcpProbe
from periplus.wire.udp import UdpProbe

ME4, ME6 = number("198.18.0.1"), number("2001:db8::1")
MAC = b"\2\0\0\0\0\1"
ETH4, ETH6 = (Lane(2, "eth0", Link.ETHERNET, me, MAC, 1500) for me in (ME4, ME6))
TUN4, TUN6 = (Lane(3, "tun0", Link.BARE, me, b"", 1420) for me in (ME4, ME6))
HOSTS = {4: ["198.18.0.7", "198.19.255.254"], 6: ["2001:db8::7", "2001:db8:ffff::1"]}
PORTED = (6, 17, 132)


class Seen(NamedTuple):
    """One row."""

    readable: bool
    them: int = 0
    protocol: int = 0
    port: int | None = None
    asks_link: bool = False


def twin(frame: bytes, header: int) -> Seen:
    """The slow twin."""
    kind = struct.unpack_from("!H", frame, 12)[0] if header else {4: 0x0800, 6: 0x86DD}.get(frame[0] >> 4, 0)
    packet = frame[header:]
    if kind == 0x0806 and len(packet) >= 28 and packet[:8] == bytes([0, 1, 8, 0, 6, 4, 0, 1]):
        return Seen(True, 0xFFFF << 32 | int.from_bytes(packet[24:28]), asks_link=True)
    if kind == 0x0800 and len(packet) >= 20 and packet[0] == 0x45:
        later = int.from_bytes(packet[6:8]) & 0x1FFF > 0
        return with_port(0xFFFF << 32 | int.from_bytes(packet[16:20]), packet[9], packet[20:], later=later)
    if kind == 0x86DD and len(packet) >= 40 and packet[0] >> 4 == 6:
        them, target = packet[24:40], packet[48:64]
        group = bytes.fromhex("ff0200000000000000000001ff") + target[13:]
        if packet[6] == 58 and len(target) == 16 and packet[40] == 135 and them in (group, target):
            return Seen(True, int.from_bytes(target), 58, asks_link=True)
        return with_port(int.from_bytes(them), packet[6], packet[40:], later=False)
    return Seen(False)


def with_port(them: int, protocol: int, payload: bytes, *, later: bool) -> Seen:
    if protocol not in PORTED or (later and len(payload) >= 4):
        return Seen(True, them, protocol)
    if len(payload) < 4:
        return Seen(later, them, protocol)
    return Seen(True, them, protocol, int.from_bytes(payload[2:4]))


def seen(frames: U8, header: int) -> list[Seen]:
    """What is read, row by row; of the unreadable nothing else."""
    read = read_outgoing(frames, header)
    assert len(read) == len(frames)
    return [
        Seen(
            bool(read.readable[row]),
            read.them.ints()[row],
            int(read.protocol[row]),
            int(read.port[row]) if read.has_port[row] else None,
            bool(read.asks_link[row]),
        )
        if read.readable[row]
        else Seen(False)
        for row in range(len(frames))
    ]


def twins(frames: U8, header: int) -> list[Seen]:
    made = [twin(row.tobytes(), header) for row in frames]
    return [each if each.readable else Seen(False) for each in made]


def table(*frames: bytes) -> U8:
    """Frames of equal length, the shorter filled up with zeros."""
    width = max(map(len, frames))
    return np.array([list(each.ljust(width, b"\0")) for each in frames], np.uint8)


PROBES: list[tuple[Probe, int]] = [(TcpProbe(SYN), 6), (UdpProbe(), 17), (SctpProbe(INIT), 132)]


@pytest.mark.parametrize(("probe", "protocol"), PROBES)
@pytest.mark.parametrize("lane", [ETH4, ETH6, TUN4, TUN6])
def test_what_was_asked_is_what_is_read(probe: Probe, protocol: int, lane: Lane) -> None:
    hosts, ports = [number(text) for text in HOSTS[4 if lane.is_v4 else 6]], [22, 65535]
    for frames, rows in probe.maker(lane, PLAIN).make(questions(hosts, ports)):
        expected = [Seen(True, hosts[row], protocol, ports[row]) for row in rows]
        assert seen(frames, lane.header) == twins(frames, lane.header) == expected


def questions(hosts: list[int], ports: list[int]) -> Questions:
    count = len(hosts)
    return Questions(
        Addresses.of_ints(hosts),
        np.array(ports, np.uint16),
        np.full(count, 50_000, np.uint16),
        np.arange(count, dtype=np.uint32),
        np.arange(count, dtype=np.uint16),
        np.zeros((count, 6), np.uint8),
    )


@pytest.mark.parametrize("lane", [ETH4, ETH6, TUN4, TUN6])
def test_echo_requests_and_protocols_have_no_port(lane: Lane) -> None:
    hosts = [number(text) for text in HOSTS[4 if lane.is_v4 else 6]]
    [(frames, _)] = IcmpProbe(ECHO).maker(lane, PLAIN).make(questions(hosts, [ECHO] * 2))
    assert seen(frames, lane.header) == [Seen(True, host, 1 if lane.is_v4 else 58) for host in hosts]
    for frames, rows in ProtocolProbe().maker(lane, PLAIN).make(questions(hosts, [47, 6])):
        expected = [Seen(True, hosts[row], [47, 6][row], [None, 80][row]) for row in rows]
        assert seen(frames, lane.header) == expected


def test_questions_on_the_link() -> None:
    hosts = Addresses.of_ints([number(text) for text in HOSTS[4]])
    assert seen(arp_requests(ETH4, hosts.v4), 14) == [
        Seen(True, each, asks_link=True) for each in hosts.ints()
    ]
    hosts = Addresses.of_ints([number(text) for text in HOSTS[6]])
    assert seen(solicitations(ETH6, hosts), 14) == [
        Seen(True, each, 58, asks_link=True) for each in hosts.ints()
    ]


@pytest.mark.parametrize(("lane", "family", "protocol"), [(ETH4, 4, 0), (ETH6, 6, 58)])
def test_questions_to_a_neighbour_alone_are_questions_on_the_link(
    lane: Lane, family: int, protocol: int
) -> None:
    hosts = Addresses.of_ints([number(text) for text in HOSTS[family]])
    frames = polls(lane, hosts, np.full((len(hosts), 6), 2, np.uint8))
    assert seen(frames, 14) == [Seen(True, each, protocol, asks_link=True) for each in hosts.ints()]
    assert seen(frames, 14) == twins(frames, 14)


def test_a_solicitation_to_one_about_another_asks_whom_it_is_sent_to() -> None:
    frames = polls(ETH6, Addresses.of_ints([number(HOSTS[6][0])]), np.full((1, 6), 2, np.uint8))
    frames[0, 14 + 48] ^= 1  # a target that ends alike
    assert seen(frames, 14) == [Seen(True, number(HOSTS[6][0]), 58)]
    assert seen(frames, 14) == twins(frames, 14)


def test_a_solicitation_to_another_group_asks_that_group() -> None:
    frames = solicitations(ETH6, Addresses.of_ints([number(HOSTS[6][0])]))
    frames[0, 14 + 39] ^= 1
    assert seen(frames, 14) == [Seen(True, number("ff02::1:ff00:6"), 58)]


def test_only_the_first_fragment_has_a_port() -> None:
    host = number(HOSTS[4][0])
    [(frames, _)] = TcpProbe(SYN).maker(ETH4, PLAIN).make(questions([host], [22]))
    [(pieces, _)] = fragments(frames, 14, 8, fill=True)
    assert [each.port for each in seen(pieces, 14)] == [22, *[None] * (len(pieces) - 1)]
    assert {each.them for each in seen(pieces, 14)} == {host}
    assert seen(pieces, 14) == twins(pieces, 14)


@pytest.mark.parametrize("frame", [b"", b"\x45", b"\x46" + bytes(40), bytes(60), b"\x60" + bytes(38)])
def test_what_cannot_be_read(frame: bytes) -> None:
    assert seen(np.frombuffer(frame, np.uint8).reshape(1, -1), 0) == [Seen(False)]


PACKETS = st.builds(
    lambda them, protocol, port, offset: (
        ip4(ME4, them, protocol, tcp(50_000, port), flags_offset=offset)
        if them >> 32 == 0xFFFF
        else ip6(ME6, them, protocol, tcp(50_000, port))
    ),
    st.sampled_from([number(text) for texts in HOSTS.values() for text in texts]),
    st.sampled_from([1, 6, 17, 47, 58, 132]),
    st.integers(0, 65535),
    st.sampled_from([0, 0x4000, 0x2000, 1, 0x2001]),
)


@given(st.lists(PACKETS | st.binary(min_size=1, max_size=70), min_size=1, max_size=8), st.integers(0, 70))
def test_columns_agree_with_one_at_a_time(packets: list[bytes], cut: int) -> None:
    bare = table(*packets)[:, : max(cut, 1)]
    assert seen(bare, 0) == twins(bare, 0)


@given(
    st.lists(
        st.tuples(st.sampled_from([0x0800, 0x0806, 0x86DD, 0x8100]), PACKETS | st.binary(max_size=70)),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 90),
)
def test_so_do_they_behind_an_ethernet_header(packets: list[tuple[int, bytes]], cut: int) -> None:
    frames = table(*(bytes(12) + kind.to_bytes(2) + packet for kind, packet in packets))[:, : 14 + cut]
    assert seen(frames, 14) == twins(frames, 14)

"""TCP frames against a plain twin, against scapy, and against a header of a real connection attempt."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from tests.wire.twins import ip4, ip6, number, transport_checksum

from periplus.columns import U8
from periplus.space.address import Addresses
from periplus.wire.lane import Lane, Link
from periplus.wire.shape import Shape
from periplus.wire.tcp import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, TcpFrames, TcpProbe

MAC_ME = bytes.fromhex("020000000001")
MAC_THEM = bytes.fromhex("020000000002")
MSS = b"\x02\x04\x05\xb4"
ME = {4: number("198.18.0.1"), 6: number("2001:db8::1")}


class Target(NamedTuple):
    """What differs from frame to frame."""

    them: int
    port_them: int
    port_me: int
    seq: int
    ip_id: int
    ack: int
    mac: bytes


def lane(version: int, link: Link = Link.ETHERNET) -> Lane:
    return Lane(2, "eth0", link, ME[version], MAC_ME if link is Link.ETHERNET else b"", 1500)


def build(frames: TcpFrames, targets: Sequence[Target], *, has_ack: bool = True) -> U8:
    them, port_them, port_me, seq, ip_id, ack, macs = zip(*targets, strict=True)
    return frames.build(
        Addresses.of_ints(them),
        np.array(port_them, np.uint16),
        np.array(port_me, np.uint16),
        np.array(seq, np.uint32),
        np.array(ip_id, np.uint16),
        np.array(ack, np.uint32) if has_ack else None,
        np.frombuffer(b"".join(macs), np.uint8).reshape(-1, 6),
    )


def twin(lane: Lane, probe: TcpProbe, ttl: int, target: Target) -> bytes:
    """One frame, field by field."""
    words = 5 + len(probe.options) // 4
    ports = struct.pack("!HHII", target.port_me, target.port_them, target.seq, target.ack)
    head = ports + struct.pack("!BBH", words << 4, probe.flags, probe.window)
    zero = head + bytes(4) + probe.options
    total = transport_checksum(lane.ip_me, target.them, 6, zero)
    segment = head + struct.pack("!HH", total, 0) + probe.options
    if lane.is_v4:
        packet = ip4(lane.ip_me, target.them, 6, segment, ttl=ttl, ident=target.ip_id)
    else:
        packet = ip6(lane.ip_me, target.them, 6, segment, ttl=ttl, ident=target.ip_id)
    ethertype = b"\x08\0" if lane.is_v4 else b"\x86\xdd"
    return (target.mac + MAC_ME + ethertype if lane.header else b"") + packet


def targets(version: int) -> st.SearchStrategy[list[Target]]:
    v4 = st.integers(0, (1 << 32) - 1).map(lambda low: 0xFFFF << 32 | low)
    v6 = st.integers(1 << 64, (1 << 128) - 1)
    half, word = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
    one = st.builds(
        Target, v4 if version == 4 else v6, half, half, word, half, word, st.binary(min_size=6, max_size=6)
    )
    return st.lists(one, min_size=1, max_size=5)


probes = st.builds(
    TcpProbe,
    flags=st.integers(0, 255),
    window=st.integers(0, 0xFFFF),
    options=st.integers(0, 10).flatmap(lambda words: st.binary(min_size=4 * words, max_size=4 * words)),
)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("link", list(Link))
@given(data=st.data())
def test_every_frame_agrees_with_the_twin(version: int, link: Link, data: st.DataObject) -> None:
    probe, ttl = data.draw(probes), data.draw(st.integers(0, 255))
    chosen = data.draw(targets(version))
    frames = build(TcpFrames(lane(version, link), probe, Shape(ttl)), chosen)
    assert [frame.tobytes() for frame in frames] == [
        twin(lane(version, link), probe, ttl, one) for one in chosen
    ]


@pytest.mark.parametrize("version", [4, 6])
def test_scapy_reads_what_we_meant_and_finds_the_checksums_right(version: int) -> None:
    them = {4: "198.18.7.9", 6: "2001:db8::7:9"}[version]
    target = Target(number(them), 443, 40001, 0xDEADBEEF, 0x1234, 0, MAC_THEM)
    frame = build(TcpFrames(lane(version), TcpProbe(SYN | ECE), Shape(57)), [target], has_ack=False)[
        0
    ].tobytes()
    read = Ether(frame)
    assert (read.dst, read.src) == ("02:00:00:00:00:02", "02:00:00:00:00:01")
    network = read[IP] if version == 4 else read[IPv6]
    assert network.dst == them
    tcp = read[TCP]
    assert (tcp.dport, tcp.sport, tcp.seq, tcp.ack, tcp.window) == (443, 40001, 0xDEADBEEF, 0, 1024)
    assert (tcp.flags, tcp.options) == ("SE", [("MSS", 1460)])
    if version == 4:
        assert (network.id, network.ttl, network.flags, network.len) == (0x1234, 57, "DF", 44)
        del network.chksum
    else:
        assert (network.hlim, network.fl, network.tc, network.plen) == (57, 0x1234, 0, 24)
    del tcp.chksum
    assert bytes(read) == frame


def test_flag_constants_are_the_bits_of_rfc_9293() -> None:
    assert [1 << bit for bit in range(8)] == [FIN, SYN, RST, PSH, ACK, URG, ECE, CWR]


def test_without_ack_the_number_is_zero_and_the_same_columns_with_a_zero_ack_give_the_same_frame() -> None:
    target = Target(number("198.18.0.2"), 22, 40000, 1, 2, 0, MAC_THEM)
    frames = TcpFrames(lane(4), TcpProbe(SYN))
    assert (build(frames, [target]) == build(frames, [target], has_ack=False)).all()


def test_width_shape_and_the_empty_batch() -> None:
    frames = TcpFrames(lane(4), TcpProbe(SYN))
    assert frames.width == 14 + 20 + 24
    none16, none32 = np.empty(0, np.uint16), np.empty(0, np.uint32)
    built = frames.build(
        Addresses.of_ints([]), none16, none16, none32, none16, None, np.empty((0, 6), np.uint8)
    )
    assert built.shape == (0, frames.width)
    assert TcpFrames(lane(6, Link.BARE), TcpProbe(SYN, options=b"")).width == 40 + 20


def test_a_batch_of_thousands_is_the_twin_row_by_row() -> None:
    rng = np.random.default_rng(3)
    them = Addresses.of_v4(rng.integers(0, 1 << 32, 3000, dtype=np.uint32)).ints()
    numbers = rng.integers(0, 1 << 16, (3000, 4)).tolist()
    chosen = [
        Target(one, a, b, c, d, 0, rng.bytes(6)) for one, (a, b, c, d) in zip(them, numbers, strict=True)
    ]
    built = build(TcpFrames(lane(4), TcpProbe(SYN)), chosen)
    assert built.flags.c_contiguous
    assert [row.tobytes() for row in built] == [twin(lane(4), TcpProbe(SYN), 64, one) for one in chosen]


@pytest.mark.parametrize("link", [Link.BARE, Link.LOCAL])
def test_lanes_without_link_layer_need_no_hardware_addresses(link: Link) -> None:
    one = np.array([1], np.uint16)
    them = Addresses.of_ints([number("198.18.0.2")])
    built = TcpFrames(lane(4, link), TcpProbe(SYN)).build(them, one, one, one.astype(np.uint32), one)
    assert built[0, 0] == 0x45


def test_an_ethernet_lane_without_hardware_addresses_is_an_error() -> None:
    one = np.array([1], np.uint16)
    them = Addresses.of_ints([number("198.18.0.2")])
    with pytest.raises(ValueError, match="hardware addresses"):
        TcpFrames(lane(4), TcpProbe(SYN)).build(them, one, one, one.astype(np.uint32), one)


@pytest.mark.parametrize("version", [4, 6])
def test_one_address_of_the_other_family_is_an_error(version: int) -> None:
    target = Target(ME[version], 22, 40000, 1, 2, 0, MAC_THEM)
    stranger = target._replace(them=ME[10 - version])
    with pytest.raises(ValueError, match="other family"):
        build(TcpFrames(lane(version), TcpProbe(SYN)), [target, stranger])


@pytest.mark.parametrize("options", [b"\x01", bytes(44)])
def test_options_that_fit_no_header_are_an_error(options: bytes) -> None:
    with pytest.raises(ValueError, match=str(len(options))):
        TcpProbe(SYN, options=options)


def test_the_default_option_is_one_mss_of_1460() -> None:
    assert TcpProbe(SYN).options == MSS

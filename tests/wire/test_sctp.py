"""SCTP frames against a plain twin, and as scapy reads them."""

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.layers.sctp import SCTP, SCTPChunkCookieEcho, SCTPChunkInit
from tests.wire.twins import crc32c, ip4, ip6, number

from periplus.columns import U8
from periplus.space.address import Addresses
from periplus.wire.lane import Lane, Link
from periplus.wire.sctp import COOKIE_ECHO, INIT, SctpFrames, SctpProbe, usable_tag
from periplus.wire.shape import Shape

MAC_ME = bytes.fromhex("020000000001")
MAC_THEM = bytes.fromhex("020000000002")
ME = {4: number("198.18.0.1"), 6: number("2001:db8::1")}
THEM = {4: "198.18.7.9", 6: "2001:db8::7:9"}
CHUNKS = [INIT, COOKIE_ECHO]


class Target(NamedTuple):
    """What differs from frame to frame."""

    them: int
    port_them: int
    port_me: int
    tag: int
    ip_id: int
    mac: bytes


def lane(version: int, link: Link = Link.ETHERNET) -> Lane:
    return Lane(2, "eth0", link, ME[version], MAC_ME if link is Link.ETHERNET else b"", 1500)


def build(frames: SctpFrames, targets: Sequence[Target]) -> U8:
    them, port_them, port_me, tag, ip_id, macs = zip(*targets, strict=True)
    return frames.build(
        Addresses.of_ints(them),
        np.array(port_them, np.uint16),
        np.array(port_me, np.uint16),
        np.array(tag, np.uint32),
        np.array(ip_id, np.uint16),
        np.frombuffer(b"".join(macs), np.uint8).reshape(-1, 6),
    )


def twin(lane: Lane, chunk: int, ttl: int, target: Target) -> bytes:
    """One frame, field by field."""
    tag = target.tag or 1
    if chunk == INIT:
        vtag, body = 0, struct.pack("!BBHIIHHI", 1, 0, 20, tag, 65536, 10, 2048, tag)
    else:
        vtag, body = tag, struct.pack("!BBHI", 10, 0, 8, 0)
    head = struct.pack("!HHI", target.port_me, target.port_them, vtag)
    packet = head + struct.pack("<I", crc32c(head + bytes(4) + body)) + body
    if lane.is_v4:
        packet = ip4(lane.ip_me, target.them, 132, packet, ttl=ttl, ident=target.ip_id)
    else:
        packet = ip6(lane.ip_me, target.them, 132, packet, ttl=ttl, ident=target.ip_id)
    ethertype = b"\x08\0" if lane.is_v4 else b"\x86\xdd"
    return (target.mac + MAC_ME + ethertype if lane.header else b"") + packet


def targets(version: int) -> st.SearchStrategy[list[Target]]:
    v4 = st.integers(0, (1 << 32) - 1).map(lambda low: 0xFFFF << 32 | low)
    v6 = st.integers(1 << 64, (1 << 128) - 1)
    half, word = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
    mac = st.binary(min_size=6, max_size=6)
    one = st.builds(Target, v4 if version == 4 else v6, half, half, word, half, mac)
    return st.lists(one, min_size=1, max_size=5)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("link", list(Link))
@pytest.mark.parametrize("chunk", CHUNKS)
@given(data=st.data())
def test_every_frame_agrees_with_the_twin(version: int, link: Link, chunk: int, data: st.DataObject) -> None:
    ttl, chosen = data.draw(st.integers(0, 255)), data.draw(targets(version))
    frames = build(SctpFrames(lane(version, link), SctpProbe(chunk), Shape(ttl)), chosen)
    assert [row.tobytes() for row in frames] == [twin(lane(version, link), chunk, ttl, one) for one in chosen]


def dissected(version: int, link: Link, chunk: int) -> Any:
    """What scapy reads in one probe, from the IP header on, once it finds the checksums to be its own."""
    target = Target(number(THEM[version]), 36412, 40001, 0xDEADBEEF, 0x1234, MAC_THEM)
    frame = build(SctpFrames(lane(version, link), SctpProbe(chunk), Shape(57)), [target])[0].tobytes()
    kind = IP if version == 4 else IPv6
    read = Ether(frame) if link is Link.ETHERNET else kind(frame)
    again = read.copy()
    del again[SCTP].chksum
    if version == 4:
        del again[IP].chksum
    assert bytes(again) == frame
    if link is Link.ETHERNET:
        assert (read.dst, read.src) == ("02:00:00:00:00:02", "02:00:00:00:00:01")
    return read[kind]


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("link", [Link.ETHERNET, Link.BARE])
def test_scapy_reads_an_init(version: int, link: Link) -> None:
    network = dissected(version, link, INIT)
    assert network.dst == THEM[version]
    sctp = network[SCTP]
    assert (sctp.dport, sctp.sport, sctp.tag) == (36412, 40001, 0)
    init = sctp[SCTPChunkInit]
    assert (init.type, init.flags, init.len, init.params) == (1, 0, 20, [])
    assert (init.init_tag, init.init_tsn, init.a_rwnd) == (0xDEADBEEF, 0xDEADBEEF, 65536)
    assert (init.n_out_streams, init.n_in_streams) == (10, 2048)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("link", [Link.ETHERNET, Link.BARE])
def test_scapy_reads_a_cookie_echo(version: int, link: Link) -> None:
    network = dissected(version, link, COOKIE_ECHO)
    assert network.dst == THEM[version]
    sctp = network[SCTP]
    assert (sctp.dport, sctp.sport, sctp.tag) == (36412, 40001, 0xDEADBEEF)
    echo = sctp[SCTPChunkCookieEcho]
    assert (echo.type, echo.flags, echo.len, echo.cookie) == (10, 0, 8, bytes(4))


def test_the_headers_around_it() -> None:
    v4, v6 = dissected(4, Link.ETHERNET, INIT), dissected(6, Link.ETHERNET, INIT)
    assert (v4.proto, v4.id, v4.ttl, v4.flags, v4.len) == (132, 0x1234, 57, "DF", 52)
    assert (v6.nh, v6.hlim, v6.fl, v6.tc, v6.plen) == (132, 57, 0x1234, 0, 32)


@given(st.lists(st.integers(0, 0xFFFFFFFF), max_size=8))
def test_no_tag_is_zero_and_the_others_stay(tags: list[int]) -> None:
    column = np.array([0, *tags], np.uint32)
    usable = usable_tag(column)
    assert usable.dtype == np.uint32
    assert usable.tolist() == [1, *(tag or 1 for tag in tags)]
    assert column[0] == 0


@pytest.mark.parametrize("chunk", CHUNKS)
def test_width_shape_and_the_empty_batch(chunk: int) -> None:
    frames = SctpFrames(lane(4), SctpProbe(chunk))
    assert frames.width == 14 + 20 + 12 + {INIT: 20, COOKIE_ECHO: 8}[chunk]
    none16, none32 = np.empty(0, np.uint16), np.empty(0, np.uint32)
    built = frames.build(Addresses.of_ints([]), none16, none16, none32, none16, np.empty((0, 6), np.uint8))
    assert built.shape == (0, frames.width)


def test_a_batch_of_thousands_is_the_twin_row_by_row() -> None:
    rng = np.random.default_rng(3)
    them = Addresses.of_v4(rng.integers(0, 1 << 32, 2000, dtype=np.uint32)).ints()
    numbers = rng.integers(0, 1 << 16, (2000, 4)).tolist()
    chosen = [Target(one, a, b, c, d, rng.bytes(6)) for one, (a, b, c, d) in zip(them, numbers, strict=True)]
    built = build(SctpFrames(lane(4), SctpProbe(INIT)), chosen)
    assert built.flags.c_contiguous
    assert [row.tobytes() for row in built] == [twin(lane(4), INIT, 64, one) for one in chosen]


@pytest.mark.parametrize("chunk", [0, 2, 6, 11])
def test_other_chunks_are_no_probes(chunk: int) -> None:
    with pytest.raises(ValueError, match=f"type {chunk}"):
        SctpProbe(chunk)


def test_an_ethernet_lane_without_hardware_addresses_is_an_error() -> None:
    one = np.array([1], np.uint16)
    them = Addresses.of_ints([number("198.18.0.2")])
    with pytest.raises(ValueError, match="hardware addresses"):
        SctpFrames(lane(4), SctpProbe(INIT)).build(them, one, one, one.astype(np.uint32), one)

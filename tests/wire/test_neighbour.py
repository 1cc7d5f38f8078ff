"""Questions and answers about neighbours: scapy builds and reads them, a twin reads mutated ones."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IPv6
from scapy.layers.l2 import ARP, Ether
from tests.wire.twins import ip6, number, transport_checksum

from periplus.space.address import Addresses
from periplus.wire.lane import Lane, Link
from periplus.wire.neighbour import (
    ARP_WIDTH,
    SOLICITATION_WIDTH,
    answerers_untrusted,
    answers_untrusted,
    arp_requests,
    polls,
    solicitations,
)
from periplus.wire.packets import WIDTH, Packets

MAC_ME = bytes.fromhex("020000000001")
MAC = bytes.fromhex("020000000002")
ME4, ME6, THEM4, THEM6 = map(number, ("198.18.0.1", "2001:db8::1", "198.18.0.2", "2001:db8::ab:cdef"))
LANE4 = Lane(2, "eth0", Link.ETHERNET, ME4, MAC_ME, 1500)
LANE6 = Lane(2, "eth0", Link.ETHERNET, ME6, MAC_ME, 1500)


def test_arp_requests_are_what_scapy_would_send() -> None:
    frames = arp_requests(LANE4, np.array([0xC6120002, 0xC612FFFE], np.uint32))
    assert frames.shape == (2, ARP_WIDTH)
    for frame, them in zip(frames, ("198.18.0.2", "198.18.255.254"), strict=True):
        mac = "02:00:00:00:00:01"
        arp = ARP(op="who-has", hwsrc=mac, psrc="198.18.0.1", pdst=them)
        assert frame.tobytes() == bytes(Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / arp)


@pytest.mark.parametrize(
    "them", ["2001:db8::ab:cdef", "2001:db8::ffff:ffff", "fe80::1", "2001:db8:1:2:3:4:5:6"]
)
def test_solicitations_are_what_scapy_would_send(them: str) -> None:
    frame = solicitations(LANE6, Addresses.of_ints([number(them)]))[0].tobytes()
    mac = "02:00:00:00:00:01"
    last = number(them) & 0xFFFFFF
    group = f"ff02::1:ff{last >> 16:02x}:{last & 0xFFFF:x}"
    ether = Ether(src=mac, dst=f"33:33:ff:{last >> 16:02x}:{last >> 8 & 255:02x}:{last & 255:02x}")
    asked = ICMPv6ND_NS(tgt=them) / ICMPv6NDOptSrcLLAddr(lladdr=mac)
    assert frame == bytes(ether / IPv6(src="2001:db8::1", dst=group, hlim=255) / asked)


@given(st.lists(st.integers(1 << 64, (1 << 128) - 1), max_size=6))
def test_the_checksums_of_solicitations_are_those_of_the_twin(them: list[int]) -> None:
    frames = solicitations(LANE6, Addresses.of_ints(them))
    assert frames.shape == (len(them), SOLICITATION_WIDTH)
    for frame, target in zip(frames, them, strict=True):
        message = frame[54:].tobytes()
        group = number("ff02::1:ff00:0") | target & 0xFFFFFF
        blank = message[:2] + bytes(2) + message[4:]
        assert message[8:24] == target.to_bytes(16)
        assert int.from_bytes(message[2:4]) == transport_checksum(ME6, group, 58, blank)


def test_polls_are_what_scapy_would_send_to_a_neighbour_alone() -> None:
    me, mac = "02:00:00:00:00:01", "02:00:00:00:00:02"
    ether, macs = Ether(src=me, dst=mac), np.frombuffer(MAC, np.uint8).reshape(1, 6)
    arp = ARP(op="who-has", hwsrc=me, psrc="198.18.0.1", pdst="198.18.0.2")
    assert polls(LANE4, Addresses.of_ints([THEM4]), macs)[0].tobytes() == bytes(ether / arp)
    them = "2001:db8::ab:cdef"
    asked = ICMPv6ND_NS(tgt=them) / ICMPv6NDOptSrcLLAddr(lladdr=me)
    expected = bytes(ether / IPv6(src="2001:db8::1", dst=them, hlim=255) / asked)
    assert polls(LANE6, Addresses.of_ints([THEM6]), macs)[0].tobytes() == expected


@given(st.lists(st.integers(1 << 64, (1 << 128) - 1), max_size=6))
def test_the_checksums_of_polls_are_those_of_the_twin(them: list[int]) -> None:
    macs = np.arange(6 * len(them), dtype=np.uint8).reshape(-1, 6)
    frames = polls(LANE6, Addresses.of_ints(them), macs)
    assert frames.shape == (len(them), SOLICITATION_WIDTH)
    for frame, target, mac in zip(frames, them, macs, strict=True):
        message = frame[54:].tobytes()
        assert frame[:6].tobytes() == mac.tobytes()
        assert frame[38:54].tobytes() == message[8:24] == target.to_bytes(16)
        blank = message[:2] + bytes(2) + message[4:]
        assert int.from_bytes(message[2:4]) == transport_checksum(ME6, target, 58, blank)


@pytest.mark.parametrize("lane", [LANE6, Lane(2, "tun0", Link.BARE, ME4, b"", 1500)])
def test_arp_needs_an_ethernet_lane_of_ipv4(lane: Lane) -> None:
    with pytest.raises(ValueError, match=lane.ifname):
        arp_requests(lane, np.array([1], np.uint32))


@pytest.mark.parametrize("lane", [LANE4, Lane(2, "tun0", Link.BARE, ME6, b"", 1500)])
def test_solicitations_need_an_ethernet_lane_of_ipv6(lane: Lane) -> None:
    with pytest.raises(ValueError, match=lane.ifname):
        solicitations(lane, Addresses.of_ints([THEM6]))


def arp_reply(
    mac: bytes = MAC, them: int = THEM4, *, op: int = 2, kind: int = 1, sizes: bytes = b"\6\4"
) -> bytes:
    them4, me4 = (them & 0xFFFFFFFF).to_bytes(4), (ME4 & 0xFFFFFFFF).to_bytes(4)
    return struct.pack("!HH", kind, 0x0800) + sizes + struct.pack("!H", op) + mac + them4 + MAC_ME + me4


def option(mac: bytes = MAC, kind: int = 2) -> bytes:
    return bytes([kind, (len(mac) + 2) // 8]) + mac


def advertisement(
    options: bytes = b"\2\1" + MAC, them: int = THEM6, *, kind: int = 136, code: int = 0, ttl: int = 255
) -> bytes:
    return ip6(
        them, ME6, 58, struct.pack("!BBHI", kind, code, 0, 0x60000000) + them.to_bytes(16) + options, ttl=ttl
    )


def answers(packets: list[bytes], ethertypes: list[int]) -> list[tuple[int, bytes] | None]:
    """One answer or None a packet."""
    them, macs, rows = answers_untrusted(Packets.of_bytes(packets, ethertype=ethertypes))
    assert len(them) == len(macs) == rows.sum()
    found = iter(zip(them.ints(), (mac.tobytes() for mac in macs), strict=True))
    return [next(found) if answered else None for answered in rows]


def test_answers_of_both_kinds_come_in_the_order_of_their_packets() -> None:
    other = MAC[:5] + b"\x99"
    packets = [advertisement(), arp_reply(other), b"", arp_reply(), advertisement(option(other))]
    ethertypes = [0x86DD, 0x0806, 0x0800, 0x0806, 0x86DD]
    assert answers(packets, ethertypes) == [(THEM6, MAC), (THEM4, other), None, (THEM4, MAC), (THEM6, other)]


def test_scapy_s_answers_are_read_as_scapy_means_them() -> None:
    mac = "02:00:00:00:00:02"
    reply = ARP(op="is-at", hwsrc=mac, psrc="198.18.0.2", hwdst="02:00:00:00:00:01", pdst="198.18.0.1")
    told = ICMPv6ND_NA(tgt="2001:db8::ab:cdef", S=1, R=0) / ICMPv6NDOptDstLLAddr(lladdr=mac)
    packets = [bytes(reply), bytes(IPv6(src="fe80::2", dst="2001:db8::1", hlim=255) / told)]
    assert answers(packets, [0x0806, 0x86DD]) == [(THEM4, MAC), (THEM6, MAC)]


@pytest.mark.parametrize(
    "packet",
    [
        advertisement(option(bytes(14), kind=14) + option()),
        advertisement(option(bytes(6), kind=1) * 7 + option()),
        advertisement(option() + option(MAC_ME)),
        advertisement(option() + b"\0\0"),
        b"\x6f" + advertisement()[1:],
        advertisement() + bytes(10),
    ],
    ids=["behind a nonce", "eighth option", "first of two", "rubbish behind", "traffic class", "padding"],
)
def test_advertisements_that_count(packet: bytes) -> None:
    assert answers([packet], [0x86DD]) == [(THEM6, MAC)]


@pytest.mark.parametrize(
    ("packet", "ethertype"),
    [
        pytest.param(arp_reply(op=1), 0x0806, id="ARP request"),
        pytest.param(arp_reply(kind=6), 0x0806, id="ARP of another hardware"),
        pytest.param(arp_reply(sizes=b"\x08\x04"), 0x0806, id="ARP of other sizes"),
        pytest.param(arp_reply()[:27], 0x0806, id="half an ARP reply"),
        pytest.param(arp_reply(), 0x0800, id="ARP called IPv4"),
        pytest.param(arp_reply(b"\xff" * 6), 0x0806, id="broadcast address"),
        pytest.param(arp_reply(b"\x01\0\x5e\0\0\1"), 0x0806, id="group address"),
        pytest.param(arp_reply(bytes(6)), 0x0806, id="zero address"),
        pytest.param(advertisement(ttl=254), 0x86DD, id="through a router"),
        pytest.param(advertisement(kind=135), 0x86DD, id="solicitation"),
        pytest.param(advertisement(code=1), 0x86DD, id="code 1"),
        pytest.param(advertisement(b""), 0x86DD, id="no option"),
        pytest.param(advertisement(option(kind=1)), 0x86DD, id="source option only"),
        pytest.param(advertisement(b"\2\2" + bytes(14)), 0x86DD, id="option of other length"),
        pytest.param(advertisement(b"\2\0" + MAC), 0x86DD, id="option of no length"),
        pytest.param(
            advertisement(b"\1\0" + bytes(6) + option()), 0x86DD, id="behind an option of no length"
        ),
        pytest.param(advertisement()[:-1], 0x86DD, id="option cut"),
        pytest.param(advertisement(option()[:7]), 0x86DD, id="option cut, as declared"),
        pytest.param(advertisement(them=number("ff02::1")), 0x86DD, id="about a group"),
        pytest.param(advertisement(option(b"\x33\x33\xff\0\0\1")), 0x86DD, id="group hardware address"),
        pytest.param(advertisement(), 0x0800, id="advertisement called IPv4"),
        pytest.param(b"\x40" + advertisement()[1:], 0x86DD, id="version 4"),
        pytest.param(advertisement()[:50], 0x86DD, id="half an advertisement"),
        pytest.param(b"", 0x86DD, id="nothing"),
    ],
)
def test_what_is_no_answer(packet: bytes, ethertype: int) -> None:
    assert answers([packet], [ethertype]) == [None]


def test_who_was_asked_itself_need_not_tell_its_hardware_address() -> None:
    packets = [advertisement(b""), b"", arp_reply(), advertisement(), advertisement(ttl=254)]
    ethertypes = [0x86DD, 0x0800, 0x0806, 0x86DD, 0x86DD]
    them, rows = answerers_untrusted(Packets.of_bytes(packets, ethertype=ethertypes))
    assert sorted(zip(rows.tolist(), them.ints(), strict=True)) == [(0, THEM6), (2, THEM4), (3, THEM6)]
    assert answers(packets, ethertypes) == [None, None, (THEM4, MAC), (THEM6, MAC), None]


def test_the_empty_batch() -> None:
    them, macs, rows = answers_untrusted(Packets.empty())
    assert (len(them), macs.shape, len(rows)) == (0, (0, 6), 0)


def twin(packet: bytes, ethertype: int) -> tuple[int, bytes] | None:
    """What one packet says, read step by step."""
    data = packet[:WIDTH]
    found = None
    if ethertype == 0x0806 and len(data) >= 28 and data[:8] == bytes.fromhex("0001080006040002"):
        found = 0xFFFF << 32 | int.from_bytes(data[14:18]), data[8:14]
    if ethertype == 0x86DD and len(data) >= 64:
        found = twin_advertisement(data)
    return found if found and any(found[1]) and not found[1][0] & 1 else None


def twin_advertisement(data: bytes) -> tuple[int, bytes] | None:
    end = int.from_bytes(data[4:6]) + 40
    right = data[0] >> 4 == 6 and data[6:8] == b"\x3a\xff" and data[40:42] == b"\x88\0"
    if not right or data[48] == 0xFF or not 64 <= end <= len(data):
        return None
    at = 64
    while at + 8 <= end and data[at + 1]:
        if data[at : at + 2] == b"\2\1":
            return int.from_bytes(data[48:64]), data[at + 2 : at + 8]
        at += data[at + 1] * 8
    return None


macs = st.sampled_from([MAC, b"\1" + MAC[1:], bytes(6)]) | st.binary(min_size=6, max_size=6)
options = st.lists(
    st.builds(option, macs | st.binary(min_size=14, max_size=14), st.sampled_from([1, 2, 2, 14])), max_size=9
).map(b"".join)
told = st.builds(
    advertisement, options, st.integers(0, (1 << 128) - 1), ttl=st.sampled_from([255, 255, 255, 64])
)
replied = st.builds(arp_reply, macs, st.integers(0, 0xFFFFFFFF).map(lambda low: 0xFFFF << 32 | low))


@st.composite
def mutated(draw: st.DrawFn) -> tuple[bytes, int]:
    made, ethertype = draw(st.tuples(told, st.just(0x86DD)) | st.tuples(replied, st.just(0x0806)))
    packet = bytearray(made)
    for _ in range(draw(st.sampled_from([0, 0, 1, 3]))):
        packet[draw(st.integers(0, len(packet) - 1))] = draw(st.integers(0, 255))
    return bytes(packet[: draw(st.just(len(packet)) | st.integers(0, len(packet)))]), ethertype


noise = st.tuples(st.binary(max_size=WIDTH + 9), st.sampled_from([0x0806, 0x86DD, 0x0800]))


@given(st.lists(mutated() | noise, max_size=8), st.integers(0, 7))
def test_a_packet_says_the_same_in_whatever_company(batch: list[tuple[bytes, int]], cut: int) -> None:
    def told(some: list[tuple[bytes, int]]) -> list[tuple[int, bytes]]:
        them, macs, rows = answers_untrusted(
            Packets.of_bytes([one[0] for one in some], ethertype=[one[1] for one in some])
        )
        assert len(them) == len(macs) == rows.sum()
        assert len(rows) == len(some)
        return list(zip(them.ints(), (mac.tobytes() for mac in macs), strict=True))

    assert told(batch) == told(batch[:cut]) + told(batch[cut:])


@given(st.lists(mutated() | noise, min_size=1, max_size=8))
@settings(max_examples=300)
def test_any_batch_agrees_with_the_twin_packet_by_packet(batch: list[tuple[bytes, int]]) -> None:
    packets, ethertypes = zip(*batch, strict=True)
    assert answers(list(packets), list(ethertypes)) == [twin(*one) for one in batch]


@given(st.lists(mutated() | noise, min_size=1, max_size=8))
def test_who_tells_a_hardware_address_has_answered(batch: list[tuple[bytes, int]]) -> None:
    packets = Packets.of_bytes([packet for packet, _ in batch], ethertype=[kind for _, kind in batch])
    them, _, told = answers_untrusted(packets)
    answerers, rows = answerers_untrusted(packets)
    known = dict(zip(rows.tolist(), answerers.ints(), strict=True))
    assert {row: known[row] for row in np.flatnonzero(told).tolist()} == dict(
        zip(np.flatnonzero(told).tolist(), them.ints(), strict=True)
    )

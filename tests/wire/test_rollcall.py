"""The roll call's questions as scapy writes them; its answers, which scapy builds, read as by a plain twin."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet6 import (
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6MLDMultAddrRec,
    ICMPv6MLQuery2,
    ICMPv6MLReport,
    ICMPv6MLReport2,
    IPv6,
    IPv6ExtHdrHopByHop,
    RouterAlert,
)
from scapy.layers.l2 import Ether
from tests.wire.twins import CHAIN_MAX, EXTENSIONS, WIDTH, number

from periplus.wire.lane import Lane, Link
from periplus.wire.packets import Packets
from periplus.wire.rollcall import present_untrusted, roll_echo, roll_query

KEY = 0x0123456789ABCDEF_FEDCBA9876543210
MAC_ME = "02:00:00:00:00:01"
ME, GLOBAL_ME = "fe80::1", "2001:db8::1"


def lane(address: str) -> Lane:
    return Lane(2, "eth0", Link.ETHERNET, number(address), bytes.fromhex(MAC_ME.replace(":", "")), 1500)


def asked(address: str = ME, key: int = KEY) -> tuple[int, int, bytes]:
    """Identifier, sequence number and data of our echo request."""
    echo = Ether(roll_echo(lane(address), key).tobytes())[ICMPv6EchoRequest]
    return echo.id, echo.seq, bytes(echo.data)


@pytest.mark.parametrize("address", [ME, GLOBAL_ME])
def test_the_echo_request_is_what_scapy_would_send(address: str) -> None:
    ident, seq, data = asked(address)
    ether = Ether(src=MAC_ME, dst="33:33:00:00:00:01") / IPv6(src=address, dst="ff02::1", hlim=255)
    assert roll_echo(lane(address), KEY).tobytes() == bytes(
        ether / ICMPv6EchoRequest(id=ident, seq=seq, data=data)
    )


def test_the_query_is_what_scapy_would_send() -> None:
    ether = Ether(src=MAC_ME, dst="33:33:00:00:00:01") / IPv6(src=ME, dst="ff02::1", hlim=1)
    query = ICMPv6MLQuery2(mrd=500, QRV=2, QQIC=125, sources=[])
    options = IPv6ExtHdrHopByHop(options=[RouterAlert(value=0)])
    assert roll_query(lane(ME)).tobytes() == bytes(ether / options / query)


def test_every_address_and_key_has_a_cookie_of_its_own() -> None:
    assert len({asked(ME), asked(GLOBAL_ME), asked(ME, KEY + 1), asked(ME, KEY ^ 1 << 100)}) == 4


def test_only_ethernet_lanes_of_ipv6_ask() -> None:
    wrong = [
        Lane(2, "eth0", Link.ETHERNET, number("198.18.0.1"), bytes(6), 1500),
        Lane(3, "tun0", Link.BARE, number(ME), b"", 1500),
    ]
    for each in wrong:
        with pytest.raises(ValueError, match=each.ifname):
            roll_echo(each, KEY)
        with pytest.raises(ValueError, match=each.ifname):
            roll_query(each)


def reply(src: str = "fe80::2", to: str = ME, key: int = KEY, cut: int = 4, hops: int = 64) -> bytes:
    ident, seq, data = asked(to, key)
    return bytes(IPv6(src=src, dst=to, hlim=hops) / ICMPv6EchoReply(id=ident, seq=seq, data=data[:cut]))


def report(src: str = "fe80::3", hops: int = 1, version: int = 2, groups: int = 1) -> bytes:
    alert = IPv6ExtHdrHopByHop(options=[RouterAlert(value=0)])
    if version == 1:
        return bytes(
            IPv6(src=src, dst="ff02::1:ff00:3", hlim=hops) / alert / ICMPv6MLReport(mladdr="ff02::1:ff00:3")
        )
    records = [ICMPv6MLDMultAddrRec(rtype=2, dst=f"ff02::1:ff00:{row}") for row in range(groups)]
    return bytes(IPv6(src=src, dst="ff02::16", hlim=hops) / alert / ICMPv6MLReport2(records=records))


def present(*packets: bytes, ethertype: int = 0x86DD) -> list[int]:
    return present_untrusted(Packets.of_bytes(packets, ethertype=ethertype), KEY).ints()


@pytest.mark.parametrize(
    ("packet", "source"),
    [
        pytest.param(reply(), "fe80::2", id="echo"),
        pytest.param(reply("2001:db8::2", GLOBAL_ME), "2001:db8::2", id="echo to a global address"),
        pytest.param(reply("2001:db8::2"), "2001:db8::2", id="echo from another scope"),
        pytest.param(reply() + bytes(20), "fe80::2", id="padding"),
        pytest.param(report(), "fe80::3", id="report"),
        pytest.param(report(version=1), "fe80::3", id="report of version 1"),
        pytest.param(report(groups=9), "fe80::3", id="report longer than what is kept"),
        pytest.param(report("febf::3"), "febf::3", id="the last link-local prefix"),
    ],
)
def test_answers_that_show_a_host(packet: bytes, source: str) -> None:
    assert present(packet) == [number(source)]


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(reply(key=KEY + 1), id="no cookie of ours"),
        pytest.param(
            reply()[:24] + number("fe80::9").to_bytes(16) + reply()[40:], id="cookie of another address"
        ),
        pytest.param(reply(cut=3), id="data cut"),
        pytest.param(reply()[:-1], id="packet cut"),
        pytest.param(reply("ff02::5"), id="a group"),
        pytest.param(reply("::"), id="unspecified"),
        pytest.param(reply("::1"), id="loopback"),
        pytest.param(reply("::ffff:192.0.2.1"), id="IPv4 in disguise"),
        pytest.param(report(hops=2), id="report through a router"),
        pytest.param(report("2001:db8::3"), id="report from a global address"),
        pytest.param(report("::"), id="report without an address"),
        pytest.param(report()[:50], id="report cut"),
        pytest.param(roll_query(lane("fe80::9"))[0, 14:].tobytes(), id="query of a querier"),
        pytest.param(roll_echo(lane(ME), KEY)[0, 14:].tobytes(), id="our own request"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_packets_that_show_nobody(packet: bytes) -> None:
    assert present(packet) == []


def test_other_ethertypes_show_nobody() -> None:
    assert present(reply(), report(), ethertype=0x0800) == []


def test_many_packets_keep_their_order_and_repeat() -> None:
    shown = present(report("fe80::5"), reply(key=1), reply("fe80::4"), report("fe80::5"))
    assert shown == [number("fe80::5"), number("fe80::4"), number("fe80::5")]
    assert present() == []


def twin(packet: bytes, ethertype: int) -> int | None:
    """One packet, byte by byte: the host that it shows."""
    seen = packet[:WIDTH]
    if ethertype != 0x86DD or len(seen) < 40 or seen[0] >> 4 != 6:
        return None
    end = min(len(seen), 40 + int.from_bytes(seen[4:6]))
    protocol, at = seen[6], 40
    for _ in range(CHAIN_MAX):
        if protocol not in EXTENSIONS or at == len(seen):
            break
        if at + 8 > len(seen):
            return None
        size = 8 if protocol == 44 else 8 + 8 * seen[at + 1]
        if at + size > len(seen) or (protocol == 44 and int.from_bytes(seen[at + 2 : at + 4]) & 0xFFF8):
            return None
        protocol, at = seen[at], at + size
    source, to = int.from_bytes(seen[8:24]), int.from_bytes(seen[24:40])
    if protocol != 58 or source >> 64 == 0 or source >> 120 == 0xFF:
        return None
    message = seen[at:end]
    if message[:2] == b"\x81\0" and len(message) >= 12:
        mine = Lane(2, "eth0", Link.ETHERNET, to, bytes(6), 1500)
        is_mine = to >> 32 != 0xFFFF and message[4:12] == roll_echo(mine, KEY)[0, 58:66].tobytes()
        return source if is_mine else None
    is_report = message[:1] in (b"\x83", b"\x8f") and len(message) >= 8 and seen[7] == 1
    return source if is_report and source >> 118 == 0xFE80 >> 6 else None


SAMPLES = [reply(), reply("2001:db8::2", GLOBAL_ME), report(), report(version=1), report(groups=4)]
CHANGES = st.lists(st.tuples(st.integers(0, 127), st.integers(0, 255)), max_size=4)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(SAMPLES), CHANGES, st.integers(0, 200)), max_size=5))
def test_mutated_answers_are_read_as_by_the_twin(
    mutants: list[tuple[bytes, list[tuple[int, int]], int]],
) -> None:
    packets = []
    for sample, changes, length in mutants:
        data = bytearray(sample)
        for at, value in changes:
            data[at % len(data)] = value
        packets.append(bytes(data)[:length])
    expected = [shown for packet in packets if (shown := twin(packet, 0x86DD)) is not None]
    assert present(*packets) == expected


@given(st.lists(st.binary(max_size=160), max_size=5), st.sampled_from([0x86DD, 0x0800, 0x0806]))
def test_any_bytes_are_read_as_by_the_twin(packets: list[bytes], ethertype: int) -> None:
    expected = [shown for packet in packets if (shown := twin(packet, ethertype)) is not None]
    assert present_untrusted(Packets.of_bytes(packets, ethertype=ethertype), KEY).ints() == expected


@given(st.integers(1 << 64, (1 << 128) - 1), st.integers(0, (1 << 128) - 1))
def test_checksums_are_right(me: int, key: int) -> None:
    """Under the pseudo header the sum of all words is 0xffff (RFC 8200 section 8.1)."""
    mine = Lane(2, "eth0", Link.ETHERNET, me, bytes(6), 1500)
    for frame, at in ((roll_echo(mine, key), 54), (roll_query(mine), 62)):
        data = frame[0].tobytes()
        message = data[at:]
        whole = data[22:54] + struct.pack("!IHBB", len(message), 0, 0, 58) + message
        total = int(np.frombuffer(whole, ">u2").astype(np.uint64).sum())
        assert total % 0xFFFF == 0

"""Decoding: every kind and every problem by name, the twin on mutated packets, scapy as an outsider."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, IPOption_NOP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6TimeExceeded,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
)
from tests.wire import twins
from tests.wire.twins import Row, extension, fragment, icmp, ip4, ip6, number, tcp

from periplus.space.address import Addresses
from periplus.wire.decode import Decoded, Kind, decode_untrusted
from periplus.wire.packets import WIDE, WIDTH, Packets
from periplus.wire.problem import Problem

ME4, THEM4, ROUTER4 = number("198.18.0.1"), number("198.18.0.2"), number("198.18.9.9")
ME6, THEM6, ROUTER6 = number("2001:db8::1"), number("2001:db8::2"), number("2001:db9:9::9")
SYN_ACK = tcp(22, 40000, seq=5, ack=0xFFFFFFFF, flags=0x12, window=65535, options=b"\x02\x04\x05\xb4")
PROBE = tcp(40000, 22, seq=0xCAFEBABE, options=b"\x02\x04\x05\xb4")
QUOTE4, QUOTE6 = ip4(ME4, THEM4, 6, PROBE), ip6(ME6, THEM6, 6, PROBE)


def rows(decoded: Decoded) -> list[Row]:
    """The columns turned into the twin's rows."""
    columns = [getattr(decoded, name) for name in Row._fields]
    plain = [column.ints() if isinstance(column, Addresses) else column.tolist() for column in columns]
    return [Row(*values) for values in zip(*plain, strict=True)]


def row(packet: bytes, ethertype: int | None = None) -> Row:
    (only,) = rows(decode_untrusted(Packets.of_bytes([packet], ethertype=ethertype)))
    return only


TCP4 = Row(0, Kind.TCP, 6, THEM4, THEM4, ME4, 22, 40000, 0, 5, 0xFFFFFFFF, 0x12, 65535, 64, is_v4=True)
TCP6 = TCP4._replace(them=THEM6, sender=THEM6, me=ME6, is_v4=False)
ERROR4 = Row(
    0, Kind.ICMP_ERROR, 6, THEM4, ROUTER4, ME4, 22, 40000, 0, 0xCAFEBABE, ttl=64, icmp_type=3, is_v4=True
)
ERROR6 = ERROR4._replace(them=THEM6, sender=ROUTER6, me=ME6, icmp_type=1, is_v4=False)


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        pytest.param(ip4(THEM4, ME4, 6, SYN_ACK), TCP4, id="plain"),
        pytest.param(ip4(THEM4, ME4, 6, SYN_ACK, options=b"\1" * 40), TCP4, id="longest options"),
        pytest.param(ip4(THEM4, ME4, 6, SYN_ACK) + b"\xff" * 2, TCP4, id="Ethernet padding"),
        pytest.param(ip4(THEM4, ME4, 6, SYN_ACK, flags_offset=0x2000), TCP4, id="first fragment"),
        pytest.param(ip4(THEM4, ME4, 6, SYN_ACK + bytes(1400)), TCP4, id="with data, cut by the capture"),
        pytest.param(ip6(THEM6, ME6, 6, SYN_ACK), TCP6, id="plain v6"),
        pytest.param(
            ip6(THEM6, ME6, 0, extension(43, 1) + extension(60) + extension(6) + SYN_ACK), TCP6, id="chain"
        ),
        pytest.param(ip6(THEM6, ME6, 44, fragment(6) + SYN_ACK), TCP6, id="first fragment v6"),
        pytest.param(
            ip6(
                THEM6,
                ME6,
                0,
                extension(0) * 7 + extension(6) + SYN_ACK[:12] + b"\xf0" + SYN_ACK[13:] + bytes(36),
            ),
            TCP6,
            id="longest chain, options cut by the capture",
        ),
    ],
)
def test_tcp(packet: bytes, expected: Row) -> None:
    assert row(packet) == expected


BASE4 = Row(0, protocol=17, them=THEM4, sender=THEM4, me=ME4, ip_id=77, ttl=64, is_v4=True)
BASE6 = BASE4._replace(them=THEM6, sender=THEM6, me=ME6, ip_id=0, is_v4=False)
PORTS = bytes([0, 53, 0x9C, 0x40])  # 53 and 40000
PONG = b"\xde\xad\xbe\xef"


@pytest.mark.parametrize(
    ("protocol", "payload", "changes"),
    [
        (17, PORTS + bytes(8), {"kind": Kind.UDP, "port_them": 53, "port_me": 40000}),
        (
            132,
            PORTS + b"\1\2\3\4" + bytes(4) + b"\6\1\0\4",
            {
                "kind": Kind.SCTP,
                "port_them": 53,
                "port_me": 40000,
                "ack": 0x01020304,
                "flags": 6,
                "window": 1,
            },
        ),
        (89, b"\2\1", {"kind": Kind.OTHER}),
        (58, bytes(8), {"kind": Kind.OTHER}),
    ],
)
def test_other_protocols_of_ipv4(protocol: int, payload: bytes, changes: dict[str, Any]) -> None:
    expected = BASE4._replace(protocol=protocol, **changes)
    assert row(ip4(THEM4, ME4, protocol, payload, ident=77)) == expected


@pytest.mark.parametrize(
    ("kind", "question", "number"), [(0, 8, 0xDEADBEEF), (14, 13, 0xDEADBEEF), (18, 17, 7)]
)
def test_replies_to_questions_by_icmp(kind: int, question: int, number: int) -> None:
    expected = BASE4._replace(
        kind=Kind.ICMP_REPLY, protocol=1, port_them=question, port_me=9, seq=number, icmp_type=kind
    )
    assert row(ip4(THEM4, ME4, 1, bytes([kind, 0, 0, 0, 0, 9, 0, 7]) + PONG, ident=77)) == expected


def test_replies_to_echoes_by_icmpv6() -> None:
    expected = BASE6._replace(
        kind=Kind.ICMP_REPLY, protocol=58, port_them=8, port_me=9, seq=0xDEADBEEF, icmp_type=129
    )
    assert row(ip6(THEM6, ME6, 58, bytes([129, 0, 0, 0, 0, 9, 0, 7]) + PONG)) == expected


@pytest.mark.parametrize(
    ("protocol", "eight", "port_them", "port_me"),
    [
        (17, bytes([0x9C, 0x40, 0, 53, 0, 9, 1, 1]), 53, 40000),
        (132, bytes([0x9C, 0x40, 0, 53, 0, 0, 0, 0]), 53, 40000),
        (1, bytes([8, 0, 1, 1, 0, 9, 0, 7]), 8, 9),
        (89, b"", 0, 0),
    ],
)
def test_errors_about_other_probes(protocol: int, eight: bytes, port_them: int, port_me: int) -> None:
    quote = ip4(ME4, THEM4, protocol, eight, ident=0xBABE)
    expected = ERROR4._replace(
        protocol=protocol, port_them=port_them, port_me=port_me, ip_id=0xBABE, seq=0, icmp_code=3
    )
    assert row(ip4(ROUTER4, ME4, 1, icmp(3, 3, quote))) == expected


def test_the_flow_label_stands_for_the_identification() -> None:
    quote = bytearray(ip6(ME6, THEM6, 17, bytes(8)))
    quote[2:4] = b"\xba\xbe"
    assert row(ip6(ROUTER6, ME6, 58, icmp(1, 4, bytes(quote)))).ip_id == 0xBABE


@pytest.mark.parametrize("kind", [3, 11, 12])
@pytest.mark.parametrize("code", [0, 13, 255])
def test_every_icmp_error_of_ipv4(kind: int, code: int) -> None:
    packet = ip4(ROUTER4, ME4, 1, icmp(kind, code, QUOTE4))
    assert row(packet) == ERROR4._replace(icmp_type=kind, icmp_code=code)


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
@pytest.mark.parametrize("code", [0, 4, 255])
def test_every_icmp_error_of_ipv6(kind: int, code: int) -> None:
    packet = ip6(ROUTER6, ME6, 58, icmp(kind, code, QUOTE6))
    assert row(packet) == ERROR6._replace(icmp_type=kind, icmp_code=code)


@pytest.mark.parametrize("padding", [0, 20])
def test_exactly_eight_quoted_bytes_suffice(padding: int) -> None:
    assert row(ip4(ROUTER4, ME4, 1, icmp(3, 0, QUOTE4[:28])) + bytes(padding)) == ERROR4
    assert row(ip6(ROUTER6, ME6, 58, icmp(1, 0, QUOTE6[:48])) + bytes(padding)) == ERROR6


@pytest.mark.parametrize("padding", [0, 1, 20])
def test_seven_quoted_bytes_do_not_even_when_padding_follows(padding: int) -> None:
    short = Row(Problem.QUOTE_TOO_SHORT)
    assert row(ip4(ROUTER4, ME4, 1, icmp(3, 0, QUOTE4[:27])) + bytes(padding)) == short
    assert row(ip6(ROUTER6, ME6, 58, icmp(1, 0, QUOTE6[:47])) + bytes(padding)) == short


def test_a_quote_is_read_behind_options_extension_headers_and_with_foreign_addresses() -> None:
    optioned = ip4(ME4, THEM4, 6, PROBE, options=b"\1" * 12)[:40]
    assert row(ip4(ROUTER4, ME4, 1, icmp(3, 0, optioned), options=b"\1" * 40)) == ERROR4
    chained = ip6(ME6, THEM6, 60, extension(44) + fragment(6) + PROBE[:8])
    assert row(ip6(ROUTER6, ME6, 60, extension(58) + icmp(1, 0, chained))) == ERROR6
    foreign = ip4(ROUTER4, ROUTER4, 6, PROBE)
    assert row(ip4(ROUTER4, ME4, 1, icmp(3, 0, foreign))) == ERROR4._replace(me=ROUTER4, them=ROUTER4)


def test_a_quote_may_have_lost_its_length_ttl_and_checksum() -> None:
    mangled = bytearray(QUOTE4)
    mangled[2:4] = b"\0\0"
    mangled[8] = 0
    mangled[10:12] = b"\0\0"
    assert row(ip4(ROUTER4, ME4, 1, icmp(3, 0, bytes(mangled)))) == ERROR4


BAD = {
    "arp": (Problem.NOT_IP, bytes(28), 0x0806),
    "vlan": (Problem.NOT_IP, ip4(THEM4, ME4, 6, SYN_ACK), 0x8100),
    "nothing": (Problem.TRUNCATED, b"", 0x0800),
    "half an IPv4 header": (Problem.TRUNCATED, ip4(THEM4, ME4, 6, SYN_ACK)[:19], 0x0800),
    "half of its options": (Problem.TRUNCATED, ip4(THEM4, ME4, 6, SYN_ACK, options=b"\1" * 8)[:24], 0x0800),
    "half an IPv6 header": (Problem.TRUNCATED, ip6(THEM6, ME6, 6, SYN_ACK)[:39], 0x86DD),
    "half an extension header": (Problem.TRUNCATED, ip6(THEM6, ME6, 0, extension(6, 3)[:16]), 0x86DD),
    "an extension header beyond the capture": (
        Problem.TRUNCATED,
        ip6(THEM6, ME6, 0, extension(6, 200)),
        0x86DD,
    ),
    "an extension header of 1,032 bytes": (
        Problem.TRUNCATED,
        ip6(THEM6, ME6, 0, extension(6, 128)[:8] + SYN_ACK),
        0x86DD,
    ),
    "an extension header but for four bytes": (
        Problem.TRUNCATED,
        ip6(THEM6, ME6, 0, extension(17, 1)[:12]),
        0x86DD,
    ),
    "half a TCP header": (Problem.TRUNCATED, ip4(THEM4, ME4, 6, SYN_ACK[:19]), 0x0800),
    "half an ICMP header": (Problem.TRUNCATED, ip4(ROUTER4, ME4, 1, icmp(3, 0, b"")[:7]), 0x0800),
    "less than declared": (Problem.TRUNCATED, ip4(THEM4, ME4, 6, SYN_ACK + bytes(20))[:-1], 0x0800),
    "less than declared v6": (Problem.TRUNCATED, ip6(THEM6, ME6, 6, SYN_ACK + bytes(20))[:-1], 0x86DD),
    "IPv6 called IPv4": (Problem.BAD_VERSION, ip6(THEM6, ME6, 6, SYN_ACK), 0x0800),
    "IPv4 called IPv6": (Problem.BAD_VERSION, ip4(THEM4, ME4, 6, SYN_ACK), 0x86DD),
    "IHL 4": (Problem.BAD_HEADER_LENGTH, b"\x44" + ip4(THEM4, ME4, 6, SYN_ACK)[1:], 0x0800),
    "total length 0": (Problem.BAD_HEADER_LENGTH, b"\x45\0\0\0" + ip4(THEM4, ME4, 6, SYN_ACK)[4:], 0x0800),
    "TCP offset 4": (
        Problem.BAD_HEADER_LENGTH,
        ip4(THEM4, ME4, 6, SYN_ACK[:12] + b"\x40" + SYN_ACK[13:]),
        0x0800,
    ),
    "TCP offset 15": (
        Problem.BAD_HEADER_LENGTH,
        ip4(THEM4, ME4, 6, SYN_ACK[:12] + b"\xf0" + SYN_ACK[13:]),
        0x0800,
    ),
    "later fragment": (Problem.FRAGMENT, ip4(THEM4, ME4, 6, SYN_ACK, flags_offset=1), 0x0800),
    "later fragment v6": (Problem.FRAGMENT, ip6(THEM6, ME6, 44, fragment(6, 1) + SYN_ACK), 0x86DD),
    "fragment in the middle": (Problem.FRAGMENT, ip4(THEM4, ME4, 6, SYN_ACK, flags_offset=0x1000), 0x0800),
    "last fragment v6": (Problem.FRAGMENT, ip6(THEM6, ME6, 44, fragment(6, 0x1000) + SYN_ACK), 0x86DD),
    "nine extension headers": (
        Problem.TOO_MANY_HEADERS,
        ip6(THEM6, ME6, 60, extension(60) * 8 + extension(6) + bytes(16)),
        0x86DD,
    ),
    "half a UDP header": (Problem.TRUNCATED, ip4(THEM4, ME4, 17, bytes(7)), 0x0800),
    "half an SCTP chunk": (Problem.TRUNCATED, ip4(THEM4, ME4, 132, bytes(15)), 0x0800),
    "an echo reply without data": (Problem.TRUNCATED, ip4(THEM4, ME4, 1, bytes(8)), 0x0800),
    "echo": (Problem.UNHANDLED_ICMP, ip4(ROUTER4, ME4, 1, icmp(8, 0, QUOTE4)), 0x0800),
    "redirect": (Problem.UNHANDLED_ICMP, ip4(ROUTER4, ME4, 1, icmp(5, 0, QUOTE4)), 0x0800),
    "advertisement": (Problem.UNHANDLED_ICMP, ip6(ROUTER6, ME6, 58, icmp(136, 0, bytes(16))), 0x86DD),
    "quote of the other family": (Problem.BAD_QUOTE, ip4(ROUTER4, ME4, 1, icmp(3, 0, QUOTE6)), 0x0800),
    "quote with IHL 0": (Problem.BAD_QUOTE, ip4(ROUTER4, ME4, 1, icmp(3, 0, b"\x40" + QUOTE4[1:])), 0x0800),
    "quote of a later fragment": (
        Problem.BAD_QUOTE,
        ip4(ROUTER4, ME4, 1, icmp(3, 0, ip4(ME4, THEM4, 6, PROBE, flags_offset=9))),
        0x0800,
    ),
    "empty quote": (Problem.QUOTE_TOO_SHORT, ip4(ROUTER4, ME4, 1, icmp(3, 0, b"")), 0x0800),
    "quote of half a header": (
        Problem.QUOTE_TOO_SHORT,
        ip6(ROUTER6, ME6, 58, icmp(1, 0, QUOTE6[:30])),
        0x86DD,
    ),
    "quote of 19 bytes of UDP": (
        Problem.QUOTE_TOO_SHORT,
        ip4(ROUTER4, ME4, 1, icmp(3, 0, ip4(ME4, THEM4, 17, b"")[:19])),
        0x0800,
    ),
    "quote of 39 bytes of UDP": (
        Problem.QUOTE_TOO_SHORT,
        ip6(ROUTER6, ME6, 58, icmp(1, 0, ip6(ME6, THEM6, 17, b"")[:39])),
        0x86DD,
    ),
    "quote of seven bytes of UDP": (
        Problem.QUOTE_TOO_SHORT,
        ip4(ROUTER4, ME4, 1, icmp(3, 3, ip4(ME4, THEM4, 17, bytes(7)))),
        0x0800,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_packet_gives_its_problem_and_nothing_else(name: str) -> None:
    problem, packet, ethertype = BAD[name]
    assert row(packet, ethertype) == Row(problem)
    assert twins.decode(packet, ethertype) == Row(problem)


def test_every_problem_is_reached() -> None:
    assert {problem for problem, _, _ in BAD.values()} | {Problem.OK} == set(Problem)


def test_bad_packets_do_not_touch_the_good_ones_between_them() -> None:
    good = [(ip4(THEM4, ME4, 6, SYN_ACK), 0x0800), (ip6(ROUTER6, ME6, 58, icmp(1, 0, QUOTE6)), 0x86DD)]
    batch = [pair for _, packet, ethertype in BAD.values() for pair in ((packet, ethertype), *good)]
    data, ethertypes = zip(*batch, strict=True)
    decoded = decode_untrusted(Packets.of_bytes(data, ethertype=ethertypes, time_us=list(range(len(data)))))
    found = rows(decoded)
    assert found[1::3] == [TCP4] * len(BAD)
    assert found[2::3] == [ERROR6] * len(BAD)
    assert [one.problem for one in found[::3]] == [problem for problem, _, _ in BAD.values()]
    assert decoded.time_us.tolist() == decoded.row.tolist() == list(range(len(data)))


def test_the_empty_batch_and_the_types_of_the_columns() -> None:
    for decoded in (decode_untrusted(Packets.empty()), decode_untrusted(Packets.of_bytes([QUOTE4, QUOTE6]))):
        flat = {
            field.name: getattr(decoded, field.name).dtype.name
            for field in dataclasses.fields(decoded)
            if field.name not in ("them", "sender", "me")
        }
        assert flat == {
            "problem": "uint8",
            "kind": "uint8",
            "protocol": "uint8",
            "ip_id": "uint16",
            "port_them": "uint16",
            "port_me": "uint16",
            "seq": "uint32",
            "ack": "uint32",
            "flags": "uint8",
            "window": "uint16",
            "ttl": "uint8",
            "icmp_type": "uint8",
            "icmp_code": "uint8",
            "is_v4": "bool",
            "time_us": "int64",
            "row": "int64",
        }
        assert decoded.them.hi.dtype == decoded.sender.lo.dtype == decoded.me.hi.dtype == np.uint64


def test_packets_are_left_as_they_were_and_any_rows_of_a_batch_can_be_decoded() -> None:
    packets = Packets.of_bytes([ip4(THEM4, ME4, 6, SYN_ACK), b"\xff" * 60, ip6(THEM6, ME6, 6, SYN_ACK)])
    before = packets.data.copy(), packets.time_us.copy()
    assert rows(decode_untrusted(packets[::2])) == [TCP4, TCP6]
    assert rows(decode_untrusted(packets[::-1]))[0] == TCP6
    decode_untrusted(packets)
    assert (packets.data == before[0]).all()
    assert (packets.time_us == before[1]).all()


def test_scapy_s_packets_are_read_as_scapy_means_them() -> None:
    probe4 = IP(src="198.18.0.1", dst="198.18.0.2") / TCP(sport=40000, dport=22, seq=0xCAFEBABE)
    probe6 = IPv6(src="2001:db8::1", dst="2001:db8::2") / TCP(sport=40000, dport=22, seq=0xCAFEBABE)
    answer = TCP(
        sport=22, dport=40000, seq=5, ack=0xFFFFFFFF, flags="SA", window=65535, options=[("MSS", 1460)]
    )
    optioned4 = IP(src="198.18.0.2", dst="198.18.0.1", options=[IPOption_NOP()] * 4)
    host4, host6 = IP(src="198.18.0.2", dst="198.18.0.1"), IPv6(src="2001:db8::2", dst="2001:db8::1")
    router4, router6 = IP(src="198.18.9.9", dst="198.18.0.1"), IPv6(src="2001:db9:9::9", dst="2001:db8::1")
    made = [
        (host4 / answer, TCP4),
        (optioned4 / answer, TCP4),
        (host6 / answer, TCP6),
        (host6 / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / answer, TCP6),
        (host6 / IPv6ExtHdrFragment(m=1, id=9) / answer, TCP6),
        (router4 / ICMP(type=3, code=13) / probe4, ERROR4._replace(icmp_code=13)),
        (router4 / ICMP(type=11, code=0) / bytes(probe4)[:28], ERROR4._replace(icmp_type=11)),
        (router6 / ICMPv6DestUnreach(code=4) / probe6, ERROR6._replace(icmp_code=4)),
        (router6 / ICMPv6TimeExceeded() / bytes(probe6)[:48], ERROR6._replace(icmp_type=3)),
    ]
    decoded = decode_untrusted(Packets.of_bytes([bytes(packet) for packet, _ in made]))
    # scapy's own identification is 1
    assert rows(decoded) == [expected._replace(ip_id=int(expected.is_v4)) for _, expected in made]


# What packets are grown from: parts of any sense in any order, then cut and flipped.
protocols = st.sampled_from([6, 6, 6, 1, 58, 0, 43, 44, 60, 17, 132]) | st.integers(0, 255)
addresses4 = st.integers(0, 0xFFFFFFFF).map(lambda low: 0xFFFF << 32 | low)
addresses6 = st.integers(0, (1 << 128) - 1)
words = st.integers(0, 0xFFFFFFFF)
halves = st.integers(0, 0xFFFF)
segments = st.builds(
    tcp, halves, halves, words, words, st.integers(0, 255), halves, st.sampled_from([b"", b"\1" * 8])
)
offsets = st.sampled_from([0, 0, 0x4000, 0x2000]) | halves
options = st.integers(0, 10).map(lambda count: b"\1\1\1\1" * count)
chains = st.lists(
    st.builds(extension, protocols, st.integers(0, 2)) | st.builds(fragment, protocols, st.integers(0, 1)),
    max_size=10,
).map(b"".join)


def packets4(
    payloads: st.SearchStrategy[bytes], protocol: st.SearchStrategy[int]
) -> st.SearchStrategy[bytes]:
    return st.builds(ip4, addresses4, addresses4, protocol, payloads, flags_offset=offsets, options=options)


def packets6(
    payloads: st.SearchStrategy[bytes], protocol: st.SearchStrategy[int]
) -> st.SearchStrategy[bytes]:
    behind = st.builds(lambda chain, payload: chain + payload, chains, payloads)
    return st.builds(ip6, addresses6, addresses6, protocol, payloads | behind)


quotes = packets4(segments, protocols) | packets6(segments, protocols)
types = st.sampled_from([1, 2, 3, 4, 11, 12, 8, 136, 0, 14, 18, 129])
errors = st.builds(icmp, types, st.integers(0, 15), quotes)
grown = (
    packets4(segments, protocols)
    | packets6(segments, protocols)
    | packets4(errors, st.just(1))
    | packets6(errors, st.just(58))
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    packet = bytearray(draw(grown))
    for _ in range(draw(st.integers(0, 3))):
        packet[draw(st.integers(0, len(packet) - 1))] = draw(st.integers(0, 255))
    return bytes(packet[: draw(st.just(len(packet)) | st.integers(0, len(packet)))])


ethertypes = st.sampled_from([0x0800, 0x86DD, 0x0806]) | st.none()


@given(st.lists(st.tuples(mutated() | st.binary(max_size=WIDTH + 9), ethertypes), min_size=1, max_size=8))
@settings(max_examples=600)
def test_any_batch_agrees_with_the_twin_packet_by_packet(batch: list[tuple[bytes, int | None]]) -> None:
    data = [packet for packet, _ in batch]
    guessed = Packets.of_bytes(data).ethertype.tolist()
    named = [guess if kind is None else kind for (_, kind), guess in zip(batch, guessed, strict=True)]
    found = rows(decode_untrusted(Packets.of_bytes(data, ethertype=named)))
    assert found == [twins.decode(packet, kind) for packet, kind in zip(data, named, strict=True)]


@given(st.lists(mutated() | st.binary(max_size=WIDTH - 1), min_size=1, max_size=8))
def test_packets_that_fit_are_read_alike_in_rows_of_any_width(batch: list[bytes]) -> None:
    data = [packet[: WIDTH - 1] for packet in batch]
    wide, narrow = (decode_untrusted(Packets.of_bytes(data, width=width)) for width in (WIDE, WIDTH))
    assert rows(wide) == rows(narrow)

"""The filter, run by a plain interpreter and by the kernel."""

import operator
import socket
import struct
from collections.abc import Callable
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6MLReport2,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6PacketTooBig,
    ICMPv6ParamProblem,
    ICMPv6TimeExceeded,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.l2 import ARP
from scapy.layers.sctp import SCTP
from scapy.packet import Packet
from tests.transport.namespaces import sealed

from periplus.transport.bpf import Step, assemble, attach, presence_filter, reply_filter
from periplus.wire.headers import ANYTHING

PORTS = range(40000, 40016)
FILTER = reply_filter(PORTS)
IP4, ARP_, IP6 = 0x0800, 0x0806, 0x86DD
OUR_TTL = 77


LOADS = {0x30: (False, 1), 0x28: (False, 2), 0x50: (True, 1), 0x48: (True, 2)}  # code: relative to X, bytes
JUMPS: dict[int, Callable[[int, int], bool]] = {
    0x15: operator.eq,
    0x25: operator.gt,
    0x35: operator.ge,
    0x45: lambda a, k: bool(a & k),
}


def load(packet: bytes, ethertype: int, offset: int, size: int) -> int:
    """IndexError for a load from behind the end: the kernel then drops the packet."""
    if offset == 0xFFFFF000:
        return ethertype
    return int.from_bytes(bytes(packet[at] for at in range(offset, offset + size)))


def interpret(program: bytes, packet: bytes, ethertype: int) -> int:
    """Classic BPF as its paper describes it; returns the number of bytes to keep."""
    steps = list(struct.iter_unpack("=HBBI", program))
    a = x = at = 0
    try:
        while (step := steps[at])[0] != 0x06:
            code, yes, no, k = step
            at += 1
            if code in LOADS:
                is_relative, size = LOADS[code]
                a = load(packet, ethertype, k + x * is_relative, size)
            elif code in JUMPS:
                at += yes if JUMPS[code](a, k) else no
            else:
                assert code == 0xB1
                x = 4 * (load(packet, ethertype, k, 1) & 15)
    except IndexError:
        return 0
    return int(steps[at][3])


def wanted(packet: bytes, ethertype: int, protocols: tuple[int, ...] = (6,)) -> bool:
    """What `reply_filter` promises, in plain words."""
    replies = not {1, 58, ANYTHING}.isdisjoint(protocols)
    try:
        if ethertype == ARP_:
            return packet[6] << 8 | packet[7] == 2
        if ethertype == IP4:
            if (packet[6] << 8 | packet[7]) & 0x1FFF:
                return False  # a later fragment
            return wanted_in(
                packet, packet[9], (packet[0] & 15) * 4, protocols, 1, (3, 11, 12), (0, 14, 18) * replies
            )
        if ethertype == IP6:
            if packet[6] in (0, 43, 44, 60):
                return True
            return wanted_in(packet, packet[6], 40, protocols, 58, (1, 2, 3, 4, 136), (129,) * replies)
    except IndexError:
        pass
    return False


def wanted_in(
    packet: bytes,
    protocol: int,
    header: int,
    protocols: tuple[int, ...],
    icmp: int,
    errors: tuple[int, ...],
    replies: tuple[int, ...],
) -> bool:
    """The same of one IP packet; IndexError when it ends too early to tell."""
    if protocol in (6, 17, 132) and protocol in protocols:
        return (packet[header + 2] << 8 | packet[header + 3]) in PORTS
    if protocol == icmp:
        return packet[header] in errors + replies
    return ANYTHING in protocols


def tcp(port: int) -> Packet:
    return TCP(sport=80, dport=port, flags="SA")


KEPT = [
    IP() / tcp(40000),
    IP() / tcp(40015),
    IP(options=b"\x01" * 40) / tcp(40007),
    IP(flags="MF") / tcp(40001),
    IP() / ICMP(type=3, code=13),
    IP(options=b"\x01" * 8) / ICMP(type=11),
    IP() / ICMP(type=12),
    IPv6() / tcp(40000),
    IPv6() / IPv6ExtHdrHopByHop() / tcp(1),
    IPv6() / IPv6ExtHdrRouting() / tcp(1),
    IPv6() / IPv6ExtHdrFragment() / tcp(1),
    IPv6() / IPv6ExtHdrDestOpt() / tcp(1),
    IPv6() / ICMPv6DestUnreach(),
    IPv6() / ICMPv6PacketTooBig(),
    IPv6() / ICMPv6TimeExceeded(),
    IPv6() / ICMPv6ParamProblem(),
    IPv6() / ICMPv6ND_NA(),
    ARP(op=2),
]
DROPPED = [
    IP() / tcp(39999),
    IP() / tcp(40016),
    IP(frag=1) / tcp(40000),
    IP() / UDP(dport=40000),
    IP() / ICMP(type=8),
    IP() / ICMP(type=0),
    IPv6() / tcp(39999),
    IPv6() / tcp(40016),
    IPv6() / UDP(dport=40000),
    IPv6() / ICMPv6EchoReply(),
    IPv6() / ICMPv6ND_NS(),
    ARP(op=1),
]
ETHERTYPES = {IP: IP4, IPv6: IP6, ARP: ARP_}


@pytest.mark.parametrize("packet", KEPT, ids=lambda packet: packet.summary())
def test_keeps(packet: Packet) -> None:
    assert interpret(FILTER, bytes(packet), ETHERTYPES[type(packet)]) == 128


@pytest.mark.parametrize("packet", DROPPED, ids=lambda packet: packet.summary())
def test_drops(packet: Packet) -> None:
    assert interpret(FILTER, bytes(packet), ETHERTYPES[type(packet)]) == 0


@pytest.mark.parametrize("ethertype", [0, 0x0027, 0x88CC])
def test_drops_other_protocols(ethertype: int) -> None:
    assert interpret(FILTER, bytes(IP() / tcp(40000)), ethertype) == 0


@given(
    st.sampled_from(KEPT + DROPPED), st.lists(st.tuples(st.integers(0, 79), st.integers(0, 255)), max_size=4)
)
def test_agrees_with_plain_words_on_changed_packets(packet: Packet, changes: list[tuple[int, int]]) -> None:
    data = bytearray(bytes(packet))
    for at, value in changes:
        data[at % len(data)] = value
    ethertype = ETHERTYPES[type(packet)]
    assert (interpret(FILTER, bytes(data), ethertype) > 0) == wanted(bytes(data), ethertype)


@given(st.binary(max_size=80), st.sampled_from([IP4, IP6, ARP_, 5]))
def test_agrees_with_plain_words_on_any_bytes(data: bytes, ethertype: int) -> None:
    assert (interpret(FILTER, data, ethertype) > 0) == wanted(data, ethertype)


def test_snap_length_is_what_is_asked_for() -> None:
    assert interpret(reply_filter(PORTS, snap=60), bytes(IP() / tcp(40000)), IP4) == 60


# other protocols than TCP

CHOICES = [
    (17,),
    (132,),
    (1,),
    (58,),
    (1, 58),
    (6, 17),
    (6, 17, 132, 1, 58),
    (47,),
    (ANYTHING,),
    (6, ANYTHING),
]
OTHERS = [
    *KEPT,
    *DROPPED,
    IP() / ICMP(type=14),
    IP() / ICMP(type=18),
    IP() / ICMP(type=13),
    IP(proto=47) / bytes(8),
    IP(proto=58) / (b"\x81" * 8),
    IP(options=b"\x01" * 12) / UDP(dport=40007),
    IP() / UDP(dport=40016),
    IP() / SCTP(dport=40000),
    IPv6() / SCTP(dport=40015),
    IPv6() / SCTP(dport=39999),
    IPv6() / ICMPv6EchoRequest(),
    IPv6(nh=47) / bytes(8),
    IPv6(nh=1) / bytes(8),
]


@pytest.mark.parametrize("protocols", CHOICES)
def test_agrees_with_plain_words_on_every_protocol(protocols: tuple[int, ...]) -> None:
    program = reply_filter(PORTS, protocols)
    for packet in OTHERS:
        data, ethertype = bytes(packet), ETHERTYPES[type(packet)]
        kept = interpret(program, data, ethertype) > 0
        assert kept == wanted(data, ethertype, protocols), packet.summary()


@given(
    st.sampled_from(CHOICES),
    st.sampled_from(OTHERS),
    st.lists(st.tuples(st.integers(0, 79), st.integers(0, 255)), max_size=4),
)
def test_agrees_with_plain_words_on_changed_packets_of_every_protocol(
    protocols: tuple[int, ...], packet: Packet, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(bytes(packet))
    for at, value in changes:
        data[at % len(data)] = value
    ethertype = ETHERTYPES[type(packet)]
    kept = interpret(reply_filter(PORTS, protocols), bytes(data), ethertype) > 0
    assert kept == wanted(bytes(data), ethertype, protocols)


def test_what_each_choice_is_for() -> None:
    """Not by the twin: one packet of each kind, and who lets it in."""
    kinds = {
        "udp": IP() / UDP(dport=40000),
        "sctp": IPv6() / SCTP(dport=40000),
        "echo reply": IP() / ICMP(type=0),
        "echo reply 6": IPv6() / ICMPv6EchoReply(),
        "gre": IP(proto=47) / b"12345678",
        "unreachable": IP() / ICMP(type=3),
    }

    def kept(*protocols: int) -> set[str]:
        program = reply_filter(PORTS, protocols)
        return {
            name
            for name, packet in kinds.items()
            if interpret(program, bytes(packet), ETHERTYPES[type(packet)])
        }

    assert kept(6) == {"unreachable"}
    assert kept(17) == {"udp", "unreachable"}
    assert kept(132) == {"sctp", "unreachable"}
    assert kept(1) == {"echo reply", "echo reply 6", "unreachable"}
    assert kept(ANYTHING) == set(kinds)


@pytest.mark.parametrize("protocols", CHOICES)
def test_the_kernel_takes_every_choice(protocols: tuple[int, ...]) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sock:
        attach(sock, reply_filter(PORTS, protocols))


@pytest.mark.parametrize("ports", [range(0), range(1, 9, 2), range(9, 1, -1)])
def test_ports_that_are_no_plain_range(ports: range) -> None:
    with pytest.raises(ValueError, match="contiguous"):
        reply_filter(ports)


def test_a_jump_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="no jump from step 1 to start"):
        assemble([Step("load byte", label="start"), Step("equal", yes="start"), Step("return")])


def test_a_jump_too_far_is_refused() -> None:
    steps = [Step("equal", yes="end"), *[Step("load byte")] * 256, Step("return", label="end")]
    with pytest.raises(ValueError, match="no jump from step 0 to end"):
        assemble(steps)


def test_the_kernel_takes_the_program_and_refuses_nonsense() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sock:
        attach(sock, FILTER)
        with pytest.raises(OSError, match="Invalid argument"):
            attach(sock, struct.pack("=HBBI", 0x06, 0, 0, 0)[:0])


@pytest.mark.lab
@pytest.mark.parametrize("protocols", [(6,), *CHOICES])
def test_the_kernel_filters_as_the_interpreter_does(protocols: tuple[int, ...]) -> None:
    """All sample packets of IPv4 cross a loopback; a tap with the filter sees those that are to be kept."""
    samples = [packet for packet in OTHERS if isinstance(packet, IP)]
    kept = {1000 + number for number, packet in enumerate(samples) if wanted(bytes(packet), IP4, protocols)}
    with (
        sealed(),
        closing(socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)) as tap,
        closing(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)) as sender,
    ):
        attach(tap, reply_filter(PORTS, protocols))
        tap.bind(("lo", IP4))
        tap.setblocking(False)
        for number, packet in enumerate(samples):
            copy = packet.copy()
            copy.id, copy.ttl, copy.src, copy.dst = 1000 + number, OUR_TTL, "127.0.0.1", "127.0.0.1"
            sender.sendto(bytes(copy), ("127.0.0.1", 0))
        seen = _identities(tap)
    assert seen == kept


def _identities(tap: socket.socket) -> set[int]:
    """The IP identities that arrived; the kernel's own answers have another time to live."""
    found = set()
    try:
        while True:
            packet = tap.recv(200)
            if packet[8] == OUR_TTL:
                found.add(packet[4] << 8 | packet[5])
    except BlockingIOError:
        return found


PRESENCE = presence_filter()
PRESENT = [IPv6() / ICMPv6EchoReply(), IPv6() / IPv6ExtHdrHopByHop() / ICMPv6MLReport2()]
ABSENT = [
    IPv6() / ICMPv6EchoRequest(),
    IPv6() / ICMPv6ND_NA(),
    IPv6() / IPv6ExtHdrHopByHop() / tcp(1),
    IPv6() / IPv6ExtHdrDestOpt() / ICMPv6EchoReply(),
    IP() / ICMP(type=0),
    ARP(op=2),
]


def shows(packet: bytes, ethertype: int) -> bool:
    """What `presence_filter` promises, in plain words."""
    if ethertype != IP6 or len(packet) <= 40:
        return False
    return packet[40] == {58: 129, 0: 58}.get(packet[6])


def test_what_shows_a_host_is_kept() -> None:
    assert [interpret(PRESENCE, bytes(packet), IP6) for packet in PRESENT] == [128, 128]
    assert [interpret(PRESENCE, bytes(packet), ETHERTYPES[type(packet)]) for packet in ABSENT] == [0] * 6
    assert interpret(presence_filter(snap=60), bytes(PRESENT[0]), IP6) == 60


@given(
    st.sampled_from(PRESENT + ABSENT),
    st.lists(st.tuples(st.integers(0, 59), st.integers(0, 255)), max_size=3),
)
def test_what_shows_a_host_agrees_with_plain_words(packet: Packet, changes: list[tuple[int, int]]) -> None:
    data = bytearray(bytes(packet))
    for at, value in changes:
        data[at % len(data)] = value
    ethertype = ETHERTYPES[type(packet)]
    assert (interpret(PRESENCE, bytes(data), ethertype) > 0) == shows(bytes(data), ethertype)
    assert not interpret(PRESENCE, bytes(data)[:40], ethertype)

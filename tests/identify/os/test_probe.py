"""The probes as scapy reads them, field by field as they are published."""

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from tests.identify.os.stack import ME, THEM
from tests.wire.twins import checksum

from periplus.identify.os.probe import NUMBERS, PROBES, Asked, packet

ASKED = Asked(ME, THEM, 50_000, 22, 81, 40_125, 0xFFFFFFFE, 0xABCD, 0xFFFF, 0xFFF8)
STAMP = ("Timestamp", (0xFFFFFFFF, 0))
SACK, NOP, EOL = ("SAckOK", b""), ("NOP", None), ("EOL", None)
ODD: list[tuple[str, object]] = [("WScale", 10), NOP, ("MSS", 265), STAMP, SACK]
SEGMENTS: dict[str, tuple[str, int, list[tuple[str, object]], int, bool]] = {
    "S1": ("S", 1, [("WScale", 10), NOP, ("MSS", 1460), STAMP, SACK], 22, False),
    "S2": ("S", 63, [("MSS", 1400), ("WScale", 0), SACK, STAMP, EOL], 22, False),
    "S3": ("S", 4, [STAMP, NOP, NOP, ("WScale", 5), NOP, ("MSS", 640)], 22, False),
    "S4": ("S", 4, [SACK, STAMP, ("WScale", 10), EOL], 22, False),
    "S5": ("S", 16, [("MSS", 536), SACK, STAMP, ("WScale", 10), EOL], 22, False),
    "S6": ("S", 512, [("MSS", 265), SACK, STAMP], 22, False),
    "ECN": ("SEC", 3, [("WScale", 10), NOP, ("MSS", 1460), SACK, NOP, NOP], 22, False),
    "T2": ("", 128, ODD, 22, True),
    "T3": ("FSPU", 256, ODD, 22, False),
    "T4": ("A", 1024, ODD, 22, True),
    "T5": ("S", 31337, ODD, 81, False),
    "T6": ("A", 32768, ODD, 81, True),
    "T7": ("FPU", 65535, [("WScale", 15), *ODD[1:]], 81, False),
}


def told(name: str) -> IP:
    read = IP(packet(ASKED, NUMBERS[name]))
    assert (read.src, read.dst, read.ttl) == ("198.18.0.1", "198.18.0.2", 64)
    sums = [(layer, layer.chksum) for layer in (read, read.payload)]
    again = read.copy()
    del again.chksum, again.payload.chksum
    again = IP(bytes(again))
    assert [again.chksum, again.payload.chksum] == [each for _, each in sums]
    return read


@pytest.mark.parametrize("name", SEGMENTS)
def test_segments(name: str) -> None:
    flags, window, options, port, df = SEGMENTS[name]
    read = told(name)
    segment = read[TCP]
    assert (segment.flags, segment.window, segment.dport, bool(read.flags.DF)) == (flags, window, port, df)
    assert segment.options[: len(options)] == options
    assert all(each == EOL for each in segment.options[len(options) :])
    assert segment.sport == 50_000 + NUMBERS[name]
    assert segment.seq == (0xFFFFFFFE + NUMBERS[name]) & 0xFFFFFFFF
    assert segment.urgptr == (0xF7F5 if name == "ECN" else 0)
    assert segment.ack == (0 if name == "ECN" else 0xABCD)
    assert segment.reserved == (
        4 if name == "ECN" else 0
    )  # scapy: three bits, the last of which is another flag's


def test_echo_requests() -> None:
    first, second = told("IE1"), told("IE2")
    seen = [
        (each[ICMP].type, each[ICMP].code, each[ICMP].seq, each.tos, bool(each.flags.DF))
        for each in (first, second)
    ]
    assert seen == [(8, 9, 295, 0, True), (8, 0, 296, 4, False)]
    assert [(each[ICMP].id, len(each[ICMP].payload), each.id) for each in (first, second)] == [
        (0xFFFF, 120, 0xFFFE),
        (0, 150, 0xFFFF),
    ]


def test_the_datagram() -> None:
    read = told("U1")
    assert (read.id, read[UDP].dport, bytes(read[UDP].payload)) == (0x1042, 40_125, b"C" * 300)
    assert ASKED.udp_checksum() == read[UDP].chksum
    assert checksum(packet(ASKED, 15)[:20]) == 0


def test_what_has_no_port_is_not_asked() -> None:
    bare = Asked(ME, THEM, 50_000, 22, None, None, 1, 2, 3, 4, echoes=False)
    names = {name for name, number in NUMBERS.items() if number in bare.numbers()}
    assert names == {"S1", "S2", "S3", "S4", "S5", "S6", "ECN", "T2", "T3", "T4"}
    assert ASKED.numbers() == list(range(len(PROBES)))

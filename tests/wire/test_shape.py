"""Frames in another shape: what scapy and the plain checksum say of them."""

import numpy as np
import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.sctp import SCTP, SCTPChunkCookieEcho, SCTPChunkInit
from tests.wire.twins import crc32c, number, packed, transport_checksum

from periplus.columns import U8
from periplus.space.address import Addresses
from periplus.wire.icmp import ECHO, IcmpProbe
from periplus.wire.lane import Lane, Link
from periplus.wire.question import Probe, Questions
from periplus.wire.sctp import COOKIE_ECHO, INIT, SctpProbe
from periplus.wire.shape import PLAIN, Shape
from periplus.wire.tcp import SYN, TcpProbe
from periplus.wire.udp import UdpProbe

ME = {4: number("198.18.0.1"), 6: number("2001:db8::1")}
THEM = {4: number("198.18.0.2"), 6: number("2001:db8::2")}
NEXT = {TcpProbe: 6, UdpProbe: 17, SctpProbe: 132}
PROBES: list[tuple[Probe, int, int]] = [
    (TcpProbe(SYN), 6, 16),
    (UdpProbe({7: (b"hello",)}), 17, 6),
    (UdpProbe(), 17, 6),
    (SctpProbe(INIT), 132, 8),
    (SctpProbe(COOKIE_ECHO), 132, 8),
]
DATA = bytes(range(1, 14))


def lane(version: int) -> Lane:
    return Lane(3, "tun0", Link.BARE, ME[version], b"", 1500)


def questions(version: int, n: int) -> Questions:
    return Questions(
        Addresses.of_ints([THEM[version]] * n),
        np.full(n, 7, np.uint16),
        np.arange(50_000, 50_000 + n, dtype=np.uint16),
        np.arange(0xFFFF_FFF0, 0xFFFF_FFF0 + n, dtype=np.int64).astype(np.uint32),
        np.arange(n, dtype=np.uint16),
        np.zeros((n, 6), np.uint8),
    )


def made(probe: Probe, version: int, shape: Shape, n: int = 3) -> U8:
    [(frames, rows)] = probe.maker(lane(version), shape).make(questions(version, n))
    assert rows.tolist() == list(range(n))
    return frames


def payload(frame: U8, version: int) -> bytes:
    return frame[20 if version == 4 else 40 :].tobytes()


def right(version: int, protocol: int, at: int, transport: bytes) -> bool:
    """Whether the checksum at that place is right."""
    found = transport[at : at + 2]
    if protocol == 132:
        plain = transport[:8] + bytes(4) + transport[12:]
        return transport[8:12] == crc32c(plain).to_bytes(4, "little")
    zeroed = transport[:at] + b"\0\0" + transport[at + 2 :]
    pseudo = b"" if protocol == 1 else packed(ME[version]) + packed(THEM[version])
    if protocol == 1:
        total = sum(int.from_bytes(zeroed[i : i + 2].ljust(2, b"\0")) for i in range(0, len(zeroed), 2))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        return found == (~total & 0xFFFF).to_bytes(2)
    assert pseudo
    wanted = transport_checksum(ME[version], THEM[version], protocol, zeroed)
    return found in (wanted.to_bytes(2), b"\xff\xff" if not wanted else wanted.to_bytes(2))


ALL = [(*probe, version) for probe in PROBES for version in (4, 6)] + [
    (IcmpProbe(ECHO), 1, 2, 4),
    (IcmpProbe(ECHO), 58, 2, 6),
]


@pytest.mark.parametrize(("probe", "protocol", "at", "version"), ALL)
def test_data_stand_at_the_end_under_a_right_checksum(
    probe: Probe, protocol: int, at: int, version: int
) -> None:
    plain, laden = (made(probe, version, shape) for shape in (PLAIN, Shape(ttl=9, data=DATA)))
    assert {IP(frame.tobytes()).ttl if version == 4 else IPv6(frame.tobytes()).hlim for frame in laden} == {9}
    for frame in [*plain, *laden]:
        transport = payload(frame, version)
        assert right(version, protocol, at, transport)
        read = IP(frame.tobytes()) if version == 4 else IPv6(frame.tobytes())
        assert (read.len if version == 4 else read.plen + 40) == len(frame)
    ends = {payload(frame, version).rstrip(b"\0")[-len(DATA) :] for frame in laden}
    assert ends == {DATA}


@pytest.mark.parametrize(("probe", "protocol", "at", "version"), ALL)
@pytest.mark.parametrize("data", [b"", DATA])
def test_a_bad_sum_is_wrong_in_every_frame(
    probe: Probe, protocol: int, at: int, version: int, data: bytes
) -> None:
    for frame in made(probe, version, Shape(data=data, bad_sum=True), 200):
        assert not right(version, protocol, at, payload(frame, version))


def test_a_bad_sum_of_udp_is_never_none() -> None:
    frames = made(UdpProbe(), 4, Shape(bad_sum=True), 60_000 - 50_000)
    assert (frames[:, 26:28].view(">u2") != 0).all()


def test_udp_counts_the_data_in_its_length() -> None:
    [frame] = made(UdpProbe({7: (b"hello",)}), 4, Shape(data=DATA), 1)
    read = IP(frame.tobytes())
    assert (read[UDP].len, bytes(read[UDP].payload)) == (8 + 5 + 13, b"hello" + DATA)


def test_sctp_pads_as_rfc_4820_says() -> None:
    [init] = made(SctpProbe(INIT), 4, Shape(data=DATA), 1)
    read = IP(init.tobytes())[SCTP]
    assert read[SCTPChunkInit].len == 20 + 4 + 16
    assert bytes(read)[32:36] == b"\x80\x05\0\x14"
    [echo] = made(SctpProbe(COOKIE_ECHO), 4, Shape(data=DATA), 1)
    read = IP(echo.tobytes())[SCTP]
    assert read[SCTPChunkCookieEcho].len == 8
    assert bytes(read)[20:24] == b"\x84\0\0\x14"


def test_fragments_come_in_steps_of_eight() -> None:
    with pytest.raises(ValueError, match="12 bytes"):
        Shape(fragment=12)


def test_checksums_stay_as_they_are_unless_they_shall_be_wrong() -> None:
    sums = np.array([0, 1, 0xFFFF], np.uint16)
    assert PLAIN.checked(sums).tolist() == [0, 1, 0xFFFF]
    assert Shape(bad_sum=True).checked(sums).tolist() == [1, 0, 0xFFFE]

"""UDP frames against a plain twin, and as scapy reads them."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from tests.wire.asks import THEM, Ask, asks, check_twin, framed, lane, made, questions
from tests.wire.twins import number, transport_checksum

from periplus.wire.headers import PROTOCOL_UDP
from periplus.wire.lane import Lane, Link
from periplus.wire.shape import Shape
from periplus.wire.udp import UdpFrames, UdpMaker, UdpProbe

PAYLOADS = {7: (b"hello",), 53: (b"one", b"three"), 69: (b"one",), 99: (b"",), 123: (b"x" * 48, b"hello")}
PORTS = st.sampled_from([*PAYLOADS, 1, 2, 65_535])


def twin(lane: Lane, payload: bytes, ttl: int, ask: Ask) -> bytes:
    """One frame, field by field."""
    zero = struct.pack("!HHHH", ask.port_me, ask.port_them, 8 + len(payload), 0) + payload
    total = transport_checksum(lane.ip_me, ask.them, 17, zero) or 0xFFFF
    return framed(lane, 17, ttl, ask, zero[:6] + struct.pack("!H", total) + payload)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("link", list(Link))
@given(data=st.data())
def test_every_frame_agrees_with_the_twin(version: int, link: Link, data: st.DataObject) -> None:
    ttl, here = data.draw(st.integers(0, 255)), lane(version, link)
    payload = data.draw(st.binary(max_size=60))
    probe = UdpProbe({5: (payload,)})
    check_twin(
        probe.maker(here, Shape(ttl)),
        data.draw(asks(version, st.just(5))),
        lambda ask: [twin(here, payload, ttl, ask)],
    )


@pytest.mark.parametrize("version", [4, 6])
@given(data=st.data())
def test_a_port_gets_all_its_payloads_and_any_other_an_empty_datagram(
    version: int, data: st.DataObject
) -> None:
    here = lane(version)
    maker = UdpProbe(PAYLOADS).maker(here, Shape(64))
    check_twin(
        maker,
        data.draw(asks(version, PORTS)),
        lambda ask: [twin(here, payload, 64, ask) for payload in PAYLOADS.get(ask.port_them, (b"",))],
    )


def test_frames_of_one_payload_come_in_one_array() -> None:
    chosen = [Ask(number(THEM[4]), port, 40_000, 1, 2) for port in (53, 1, 7, 69, 99, 2)]
    maker = UdpProbe(PAYLOADS).maker(lane(4), Shape(64))
    found = [(frames.shape, rows.tolist()) for frames, rows in maker.make(questions(chosen))]
    empty = 14 + 20 + 8
    assert sorted(found) == sorted(
        [
            ((2, empty), [1, 5]),
            ((1, empty), [4]),
            ((1, empty + 5), [2]),
            ((2, empty + 3), [0, 3]),
            ((1, empty + 5), [0]),
        ]
    )
    assert all(frames.flags.c_contiguous for frames, _ in maker.make(questions(chosen)))


def test_no_question_makes_no_frame() -> None:
    assert made(UdpProbe(PAYLOADS).maker(lane(4), Shape(64)), []) == []
    assert UdpFrames(lane(4), b"abc", Shape()).build(questions([])).shape == (0, 14 + 20 + 8 + 3)


def test_a_port_without_a_message_and_one_with_the_same_twice_are_asked_once() -> None:
    chosen = [Ask(number(THEM[4]), port, 40_000, 1, 2) for port in (7, 8)]
    maker = UdpProbe({7: (), 8: (b"a", b"a")}).maker(lane(4), Shape(64))
    assert made(maker, chosen) == [
        (0, twin(lane(4), b"", 64, chosen[0])),
        (1, twin(lane(4), b"a", 64, chosen[1])),
    ]


@pytest.mark.parametrize("version", [4, 6])
def test_a_checksum_of_zero_is_sent_as_ones(version: int) -> None:
    here, ask = lane(version), Ask(number(THEM[version]), 53, 0, 1, 2)
    zero = struct.pack("!HHHH", 0, 53, 8, 0)
    ask = ask._replace(port_me=transport_checksum(here.ip_me, ask.them, 17, zero))
    [(_, frame)] = made(UdpProbe().maker(here, Shape(64)), [ask])
    assert transport_checksum(here.ip_me, ask.them, 17, struct.pack("!HHHH", ask.port_me, 53, 8, 0)) == 0
    assert frame[-2:] == b"\xff\xff"
    [(_, next_one)] = made(UdpProbe().maker(here, Shape(64)), [ask._replace(port_me=ask.port_me - 1)])
    assert next_one[-2:] == b"\0\x01"


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("payload", [b"", b"odd", b"even"])
def test_scapy_reads_what_we_meant_and_finds_the_checksums_right(version: int, payload: bytes) -> None:
    ask = Ask(number(THEM[version]), 53, 40_001, 0xDEADBEEF, 0x1234)
    [(_, frame)] = made(UdpProbe({53: (payload,)}).maker(lane(version), Shape(57)), [ask])
    read = Ether(frame)
    network = read[IP] if version == 4 else read[IPv6]
    assert (read.dst, read.src, network.dst) == ("02:00:00:00:00:02", "02:00:00:00:00:01", THEM[version])
    udp = read[UDP]
    assert (udp.dport, udp.sport, udp.len, bytes(udp.payload)) == (53, 40_001, 8 + len(payload), payload)
    if version == 4:
        assert (network.proto, network.id, network.ttl, network.len) == (17, 0x1234, 57, 28 + len(payload))
        del network.chksum
    else:
        assert (network.nh, network.hlim, network.fl, network.plen) == (17, 57, 0x1234, 8 + len(payload))
    del udp.chksum
    assert bytes(read) == frame


def test_a_batch_of_thousands_is_the_twin_row_by_row() -> None:
    rng = np.random.default_rng(3)
    numbers = rng.integers(0, 1 << 16, (3000, 4)).tolist()
    chosen = [
        Ask(0xFFFF << 32 | a << 16 | b, 1 + b % 60_000, c, d, a, rng.bytes(6)) for a, b, c, d in numbers
    ]
    check_twin(UdpProbe().maker(lane(4), Shape(64)), chosen, lambda ask: [twin(lane(4), b"", 64, ask)])


def test_a_stranger_s_family_is_an_error() -> None:
    with pytest.raises(ValueError, match="other family"):
        made(UdpProbe().maker(lane(4), Shape(64)), [Ask(number(THEM[6]), 53, 1, 1, 1)])


def test_what_the_probe_says_of_itself() -> None:
    assert UdpProbe().protocol == PROTOCOL_UDP
    assert isinstance(UdpProbe().maker(lane(4), Shape(64)), UdpMaker)

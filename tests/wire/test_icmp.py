"""ICMP questions against a plain twin, as scapy reads them, and as the decoder reads their answers."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import Ether
from tests.wire.asks import THEM, Ask, asks, check_twin, framed, lane, made
from tests.wire.twins import checksum, ip4, ip6, number, transport_checksum

from periplus.technique.match import signals_of
from periplus.technique.signal import icmp_reply_signal
from periplus.wire.decode import Kind, decode_untrusted
from periplus.wire.icmp import ADDRESS_MASK, ECHO, TIMESTAMP, IcmpProbe
from periplus.wire.lane import Lane, Link
from periplus.wire.packets import Packets
from periplus.wire.shape import Shape

QUESTIONS = [(ECHO, 4), (TIMESTAMP, 4), (ADDRESS_MASK, 4), (ECHO, 6)]
ANSWERS = {(ECHO, 4): 0, (TIMESTAMP, 4): 14, (ADDRESS_MASK, 4): 18, (ECHO, 6): 129}
ECHO6 = 128  # what an echo is in a frame of IPv6


def twin(lane: Lane, question: int, ttl: int, ask: Ask) -> bytes:
    """One frame, field by field."""
    body = {
        ECHO: struct.pack("!II", ask.number, 0),
        TIMESTAMP: struct.pack("!III", ask.number, 0, 0),
        ADDRESS_MASK: bytes(4),
    }[question]
    behind = struct.pack("!HH", ask.port_me, ask.number & 0xFFFF) + body
    kind, protocol = (question, 1) if lane.is_v4 else (ECHO6, 58)
    zero = struct.pack("!BBH", kind, 0, 0) + behind
    total = checksum(zero) if lane.is_v4 else transport_checksum(lane.ip_me, ask.them, 58, zero)
    return framed(lane, protocol, ttl, ask, struct.pack("!BBH", kind, 0, total) + behind)


@pytest.mark.parametrize(("question", "version"), QUESTIONS)
@pytest.mark.parametrize("link", list(Link))
@given(data=st.data())
def test_every_frame_agrees_with_the_twin(
    question: int, version: int, link: Link, data: st.DataObject
) -> None:
    ttl, here = data.draw(st.integers(0, 255)), lane(version, link)
    maker = IcmpProbe(question).maker(here, Shape(ttl))
    check_twin(maker, data.draw(asks(version)), lambda ask: [twin(here, question, ttl, ask)])


@pytest.mark.parametrize(("question", "version"), QUESTIONS)
def test_a_batch_of_thousands_is_the_twin_row_by_row(question: int, version: int) -> None:
    rng = np.random.default_rng(3)
    numbers = rng.integers(0, 1 << 16, (2000, 4)).tolist()
    base = number(THEM[version]) & ~0xFFFF
    chosen = [Ask(base | a, 0, b, c << 16 | d, d, rng.bytes(6)) for a, b, c, d in numbers]
    maker = IcmpProbe(question).maker(lane(version), Shape(64))
    check_twin(maker, chosen, lambda ask: [twin(lane(version), question, 64, ask)])


@pytest.mark.parametrize(("question", "version"), QUESTIONS)
def test_no_question_makes_no_frame(question: int, version: int) -> None:
    assert made(IcmpProbe(question).maker(lane(version), Shape(64)), []) == []


def asked(question: int, version: int = 4) -> tuple[Ask, bytes]:
    """One question and its frame."""
    ask = Ask(number(THEM[version]), question, 40_001, 0xDEADBEEF, 0x1234)
    [(_, frame)] = made(IcmpProbe(question).maker(lane(version), Shape(57)), [ask])
    return ask, frame


@pytest.mark.parametrize("question", [ECHO, TIMESTAMP, ADDRESS_MASK])
def test_scapy_reads_what_we_meant_and_finds_the_checksums_right(question: int) -> None:
    _, frame = asked(question)
    read = Ether(frame)
    icmp = read[ICMP]
    assert (read[IP].dst, read[IP].proto, read[IP].id, read[IP].ttl) == (THEM[4], 1, 0x1234, 57)
    assert (icmp.type, icmp.code, icmp.id, icmp.seq) == (question, 0, 40_001, 0xBEEF)
    if question == TIMESTAMP:
        assert (icmp.ts_ori, icmp.ts_rx, icmp.ts_tx) == (0xDEADBEEF, 0, 0)
    elif question == ADDRESS_MASK:
        assert icmp.addr_mask == "0.0.0.0"
    else:
        assert bytes(icmp.payload) == bytes.fromhex("deadbeef00000000")
    del read[IP].chksum, icmp.chksum
    assert bytes(read) == frame


def test_scapy_reads_an_echo_of_ipv6() -> None:
    _, frame = asked(ECHO, 6)
    read = Ether(frame)
    echo = read[ICMPv6EchoRequest]
    assert (read[IPv6].dst, read[IPv6].nh, read[IPv6].fl, read[IPv6].hlim) == (THEM[6], 58, 0x1234, 57)
    assert (echo.code, echo.id, echo.seq, echo.data) == (0, 40_001, 0xBEEF, bytes.fromhex("deadbeef00000000"))
    del echo.cksum
    assert bytes(read) == frame


@pytest.mark.parametrize(("question", "version"), QUESTIONS)
def test_an_answer_gives_back_what_the_decoder_looks_for(question: int, version: int) -> None:
    """RFC 792: whoever answers changes the type and the checksum, and leaves number and identifier alone."""
    ask, frame = asked(question, version)
    header = 14 + (20 if version == 4 else 40)
    message = bytes([ANSWERS[question, version]]) + frame[header + 1 :]
    ip, protocol = (ip4, 1) if version == 4 else (ip6, 58)
    answer = ip(ask.them, lane(version).ip_me, protocol, message)
    decoded = decode_untrusted(Packets.of_bytes([answer]))
    assert decoded.kind.tolist() == [Kind.ICMP_REPLY]
    assert (decoded.port_them.tolist(), decoded.port_me.tolist()) == ([question], [40_001])
    assert decoded.seq.tolist() == [0xBEEF if question == ADDRESS_MASK else 0xDEADBEEF]
    assert signals_of(decoded).tolist() == [icmp_reply_signal(question)]


@pytest.mark.parametrize("question", [TIMESTAMP, ADDRESS_MASK])
def test_ipv6_has_echoes_only(question: int) -> None:
    with pytest.raises(ValueError, match=f"type {question}"):
        IcmpProbe(question).maker(lane(6), Shape(64))


@pytest.mark.parametrize("question", [0, 3, 14, 15, 128, 129, 255])
def test_other_types_are_no_questions(question: int) -> None:
    with pytest.raises(ValueError, match=f"type {question}"):
        IcmpProbe(question)


@pytest.mark.parametrize(("question", "version"), QUESTIONS)
def test_an_address_of_the_other_family_is_an_error(question: int, version: int) -> None:
    with pytest.raises(ValueError, match="other family"):
        made(
            IcmpProbe(question).maker(lane(version), Shape(64)), [Ask(number(THEM[10 - version]), 0, 1, 1, 1)]
        )

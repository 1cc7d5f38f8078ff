"""Tries are told apart by their port or by their number, and nothing else is taken for an answer."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import icmp, ip4, number, tcp

from periplus.scan.tries import ByNumber, ByPort, Tries
from periplus.space.address import Addresses
from periplus.technique.ack import TECHNIQUE as ACKED
from periplus.technique.match import protocol_signals, signals_of
from periplus.technique.protocol import TECHNIQUE as PROTOCOL
from periplus.technique.syn import TECHNIQUE as SYN_SCAN
from periplus.technique.udp import TECHNIQUE as UDP
from periplus.wire.cookie import NUMBER_STEP
from periplus.wire.decode import Decoded, decode_untrusted
from periplus.wire.packets import Packets
from periplus.wire.tcp import ACK, RST, SYN

KEY = 0x0123_4567_89AB_CDEF_0F1E_2D3C_4B5A_6978
ME, THEM = number("198.18.0.1"), number("198.18.0.2")
PORTS = range(50_000, 50_016)
WAYS: list[Tries] = [
    ByPort(KEY, PORTS),
    ByNumber(KEY, 53),
    ByPort(KEY, PORTS, 7),
    ByNumber(KEY, 53, behind=7),
]


def asked(tries: Tries, attempt: int, port: int = 80) -> tuple[int, int]:
    """Port and number of a try."""
    port_me, numbers = tries.ask(
        ME, Addresses.of_ints([THEM]), np.array([port], np.uint16), np.array([attempt], np.uint8)
    )
    return int(port_me[0]), int(numbers[0])


def read(*packets: bytes) -> Decoded:
    return decode_untrusted(Packets.of_bytes(packets))


@pytest.mark.parametrize("tries", WAYS)
@pytest.mark.parametrize("attempt", [0, 1, 7, 15])
def test_a_try_is_known_by_its_answer(tries: Tries, attempt: int) -> None:
    port_me, seq = asked(tries, attempt)
    answers = [
        ip4(THEM, ME, 6, tcp(80, port_me, 99, (seq + 1) & 0xFFFF_FFFF, SYN | ACK)),
        ip4(THEM, ME, 6, tcp(80, port_me, 0, (seq + 1) & 0xFFFF_FFFF, RST | ACK)),
        ip4(THEM, ME, 1, icmp(3, 13, ip4(ME, THEM, 6, tcp(port_me, 80, seq)[:8]))),
    ]
    decoded = read(*answers)
    heard = tries.hear(SYN_SCAN.table, signals_of(decoded), decoded)
    assert heard.ours.all()
    assert heard.attempt.tolist() == [attempt] * 3


@pytest.mark.parametrize("tries", WAYS[2:])
def test_a_closed_port_may_acknowledge_the_data(tries: Tries) -> None:
    for attempt in (0, 1, 15):
        port_me, seq = asked(tries, attempt)
        for off, right in ((1, True), (8, True), (7, False), (9, False), (2, False)):
            decoded = read(ip4(THEM, ME, 6, tcp(80, port_me, 0, (seq + off) & 0xFFFF_FFFF, RST | ACK)))
            heard = tries.hear(SYN_SCAN.table, signals_of(decoded), decoded)
            assert heard.ours.tolist() == [right]
            assert not right or heard.attempt.tolist() == [attempt]


@pytest.mark.parametrize("tries", WAYS)
def test_what_is_a_little_off_is_not_ours(tries: Tries) -> None:
    port_me, seq = asked(tries, 0)
    wrong = [
        tcp(80, port_me, 99, (seq + off) & 0xFFFF_FFFF, SYN | ACK)
        for off in (0, 2, NUMBER_STEP + 1, -16 * NUMBER_STEP + 1, 0x8000_0000)
    ]
    wrong += [
        tcp(80, 52, 99, seq + 1 & 0xFFFF_FFFF, SYN | ACK),
        tcp(81, port_me, 9, seq + 1 & 0xFFFF_FFFF, SYN | ACK),
    ]
    decoded = read(*(ip4(THEM, ME, 6, segment) for segment in wrong))
    assert not tries.hear(SYN_SCAN.table, signals_of(decoded), decoded).ours.any()


@given(seq=st.integers(0, 0xFFFF_FFFF), attempt=st.integers(0, 15))
def test_a_reset_that_goes_on_is_exact(seq: int, attempt: int) -> None:
    tries = ByNumber(KEY, 53)
    _, number_ = asked(tries, attempt)
    steps = {(number_ + step * NUMBER_STEP) & 0xFFFF_FFFF for step in range(-attempt, 16 - attempt)}
    for each in (seq, number_, (number_ + 1) & 0xFFFF_FFFF):
        decoded = read(ip4(THEM, ME, 6, tcp(80, 53, each, 0, RST)))
        heard = tries.hear(ACKED.table, signals_of(decoded), decoded)
        assert heard.ours.tolist() == [each in steps]


@pytest.mark.parametrize("attempt", [0, 5, 6, 15])
def test_the_zero_of_a_reset_that_acknowledges_nothing_is_no_number(attempt: int) -> None:
    """This port's cookie is so near the end of all numbers that zero lies a few steps behind it."""
    tries, port = ByNumber(KEY, 53), 28_306
    assert 1 << 32 > asked(tries, 15, port)[1] > (1 << 32) - 15 * NUMBER_STEP
    _, number_ = asked(tries, attempt, port)
    decoded = read(ip4(THEM, ME, 6, tcp(port, 53, number_, 0, RST)))
    heard = tries.hear(ACKED.table, signals_of(decoded), decoded)
    assert (heard.ours.tolist(), heard.attempt.tolist()) == ([True], [attempt])


def test_a_datagram_counts_for_the_first_try() -> None:
    tries = ByNumber(KEY, 53)
    decoded = read(ip4(THEM, ME, 17, b"\0\x50\0\x35\0\x08\0\0"), ip4(THEM, ME, 17, b"\0\x50\0\x36\0\x08\0\0"))
    heard = tries.hear(UDP.table, signals_of(decoded), decoded)
    assert heard.ours.tolist() == [True, False]
    assert heard.attempt[0] == 0


@pytest.mark.parametrize("attempt", [0, 3])
def test_protocols_are_known_by_the_sender_or_by_the_quoted_identification(attempt: int) -> None:
    tries = ByNumber(KEY, 50_000, portless=True)
    _, number_ = asked(tries, attempt, 47)
    error = icmp(3, 2, ip4(ME, THEM, 47, b"", ident=number_ & 0xFFFF))
    forged = icmp(3, 2, ip4(ME, THEM, 47, b"", ident=(number_ + 1) & 0xFFFF))
    decoded = read(ip4(THEM, ME, 47, b"any"), ip4(THEM, ME, 1, error), ip4(THEM, ME, 1, forged))
    decoded = replace(decoded, port_them=decoded.protocol.astype(np.uint16))
    heard = tries.hear(PROTOCOL.table, protocol_signals(decoded), decoded)
    assert heard.ours.tolist() == [True, True, False]
    assert heard.attempt[:2].tolist() == [0, attempt]


@pytest.mark.parametrize("tries", WAYS[:2])
def test_our_own_probe_is_known_when_it_comes_back(tries: Tries) -> None:
    for attempt in (0, 5):
        port_me, seq = asked(tries, attempt)
        own = ip4(ME, THEM, 6, tcp(port_me, 80, seq), ident=seq & 0xFFFF)
        other = ip4(ME, THEM, 6, tcp(port_me, 80, seq ^ 0x55), ident=seq + 0x55 & 0xFFFF)
        assert tries.sent(read(own, other)).tolist() == [True, False]


def test_our_own_question_after_a_protocol_is_known_and_a_reset_to_it_is_none() -> None:
    tries = ByNumber(KEY, 50_000, portless=True)
    _, seq = asked(tries, 2, 6)
    own = ip4(ME, THEM, 6, tcp(50_000, 80, seq, seq, ACK), ident=seq & 0xFFFF)
    reset = ip4(THEM, ME, 6, tcp(80, 50_000, seq, 0, RST), ident=(seq + 9) & 0xFFFF)
    decoded = read(own, reset)
    decoded = replace(decoded, port_them=decoded.protocol.astype(np.uint16))
    assert tries.sent(decoded).tolist() == [True, False]

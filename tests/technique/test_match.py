"""Nothing counts without its cookie."""

import numpy as np
import pytest

from periplus.columns import U32
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.technique.match import authentic, expected, signals_of
from periplus.technique.model import UNEXPECTED
from periplus.technique.signal import NO_SIGNAL, icmp_signal, tcp_signal
from periplus.technique.syn import TECHNIQUE
from periplus.wire.decode import Decoded, Kind
from periplus.wire.tcp import ACK, RST, SYN

THEM, ROUTER, ME = "198.18.0.2", "198.18.0.254", "198.18.0.1"


def _decoded(
    kind: Kind, flags: int = 0, seq: int = 0, ack: int = 0, icmp: tuple[int, int] = (0, 0), sender: str = THEM
) -> Decoded:
    def u1(value: int) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
        return np.array([value], np.uint8)

    def u2(value: int) -> "np.ndarray[tuple[int], np.dtype[np.uint16]]":
        return np.array([value], np.uint16)

    return Decoded(
        problem=u1(0),
        kind=u1(kind),
        protocol=u1(6),
        them=Addresses.of_ints([parse_ip(THEM)]),
        sender=Addresses.of_ints([parse_ip(sender)]),
        me=Addresses.of_ints([parse_ip(ME)]),
        port_them=u2(80),
        port_me=u2(50_000),
        ip_id=u2(0),
        seq=np.array([seq], np.uint32),
        ack=np.array([ack], np.uint32),
        flags=u1(flags),
        window=u2(0),
        ttl=u1(64),
        icmp_type=u1(icmp[0]),
        icmp_code=u1(icmp[1]),
        is_v4=np.array([True]),
        time_us=np.array([0], np.int64),
    )


def _cookie(value: int) -> U32:
    return np.array([value], np.uint32)


def test_signals_name_kind_and_sender() -> None:
    assert signals_of(_decoded(Kind.TCP, SYN | ACK))[0] == tcp_signal(SYN | ACK)
    assert signals_of(_decoded(Kind.ICMP_ERROR, icmp=(3, 13)))[0] == icmp_signal(4, 3, 13, True)
    assert signals_of(_decoded(Kind.ICMP_ERROR, icmp=(3, 13), sender=ROUTER))[0] == icmp_signal(
        4, 3, 13, False
    )
    assert signals_of(_decoded(Kind.NONE))[0] == NO_SIGNAL


@pytest.mark.parametrize("cookie", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("flags", [SYN | ACK, RST | ACK])
def test_tcp_must_acknowledge_the_cookie_and_the_arithmetic_wraps(cookie: int, flags: int) -> None:
    for off, passes in ((1, True), (0, False), (2, False)):
        decoded = _decoded(Kind.TCP, flags, ack=(cookie + off) & 0xFFFFFFFF)
        assert authentic(TECHNIQUE.table, signals_of(decoded), decoded, _cookie(cookie))[0] == passes


def test_icmp_must_quote_the_cookie() -> None:
    for seq, passes in ((77, True), (78, False)):
        decoded = _decoded(Kind.ICMP_ERROR, seq=seq, icmp=(3, 1))
        assert authentic(TECHNIQUE.table, signals_of(decoded), decoded, _cookie(77))[0] == passes


def test_a_bare_syn_is_bound_by_its_port_alone() -> None:
    decoded = _decoded(Kind.TCP, SYN)
    assert authentic(TECHNIQUE.table, signals_of(decoded), decoded, _cookie(1))[0]


def test_what_the_table_does_not_know_is_neither_expected_nor_authentic() -> None:
    decoded = _decoded(Kind.TCP, ACK, ack=2)
    signal = signals_of(decoded)
    assert TECHNIQUE.table.state[signal[0]] == UNEXPECTED
    assert not expected(TECHNIQUE.table, signal)[0]
    assert not authentic(TECHNIQUE.table, signal, decoded, _cookie(1))[0]

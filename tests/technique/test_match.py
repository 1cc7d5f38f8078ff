"""Nothing counts without its cookie."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import Row, number

from periplus.space.address import Addresses
from periplus.technique.match import authentic, expected, protocol_signals, signals_of
from periplus.technique.model import UNEXPECTED, Check, Table
from periplus.technique.signal import (
    ICMP_QUESTIONS,
    NO_SIGNAL,
    PROTOCOL_REPLY,
    SIGNALS,
    UDP_REPLY,
    icmp_reply_signal,
    icmp_signal,
    sctp_signal,
    tcp_signal,
)
from periplus.technique.syn import TECHNIQUE
from periplus.technique.verdict import State
from periplus.wire.decode import Decoded, Kind
from periplus.wire.tcp import ACK, RST, SYN

THEM, ROUTER, ME = number("198.18.0.2"), number("198.18.0.254"), number("198.18.0.1")
THEM6, ROUTER6 = number("2001:db8::2"), number("2001:db8::fe")
WORD = 0xFFFFFFFF
TCP, UDP, SCTP, ICMP = 6, 17, 132, 1
BASE = Row(0, Kind.TCP, TCP, them=THEM, sender=THEM, me=ME, port_them=80, port_me=50_000, ttl=64, is_v4=True)
BASE6 = BASE._replace(them=THEM6, sender=THEM6, is_v4=False)


def decoded(*rows: Row) -> Decoded:
    """These rows as columns."""
    columns = dict(zip(Row._fields, zip(*rows, strict=True), strict=True))
    halves = ("port_them", "port_me", "ip_id", "window")
    forms = dict.fromkeys(halves, np.uint16) | {"seq": np.uint32, "ack": np.uint32, "is_v4": np.bool_}
    made: dict[str, Any] = {
        name: Addresses.of_ints(values)
        if name in ("them", "sender", "me")
        else np.array(values, forms.get(name, np.uint8))
        for name, values in columns.items()
    }
    return Decoded(**made, time_us=np.zeros(len(rows), np.int64), row=np.arange(len(rows)))


def error(kind: int, code: int, router: bool = False, is_v4: bool = True, **changes: Any) -> Row:
    """An ICMP error about a TCP probe, unless `changes` say otherwise."""
    base = BASE if is_v4 else BASE6
    sender = (ROUTER if is_v4 else ROUTER6) if router else base.them
    return base._replace(kind=Kind.ICMP_ERROR, icmp_type=kind, icmp_code=code, sender=sender, **changes)


SIGNAL_OF = [
    (BASE._replace(flags=SYN | ACK), tcp_signal(SYN | ACK)),
    (BASE._replace(flags=RST, window=9), tcp_signal(RST, 9)),
    (error(3, 13), icmp_signal(4, 3, 13, True)),
    (error(3, 13, router=True), icmp_signal(4, 3, 13, False)),
    (error(1, 4, is_v4=False), icmp_signal(6, 1, 4, True)),
    (error(1, 4, router=True, is_v4=False), icmp_signal(6, 1, 4, False)),
    (BASE._replace(kind=Kind.ICMP_REPLY, protocol=ICMP, port_them=8), icmp_reply_signal(8)),
    (BASE6._replace(kind=Kind.ICMP_REPLY, protocol=58, port_them=128), icmp_reply_signal(128)),
    (BASE._replace(kind=Kind.UDP, protocol=UDP), UDP_REPLY),
    (BASE._replace(kind=Kind.SCTP, protocol=SCTP, flags=6), sctp_signal(6)),
    (BASE._replace(kind=Kind.SCTP, protocol=SCTP, flags=200), NO_SIGNAL),
    (BASE._replace(kind=Kind.OTHER, protocol=47), NO_SIGNAL),
    (Row(1), NO_SIGNAL),
]


@pytest.mark.parametrize(("row", "signal"), SIGNAL_OF)
def test_signals_name_kind_and_sender(row: Row, signal: int) -> None:
    assert signals_of(decoded(row)).tolist() == [signal]


@given(st.lists(st.sampled_from(SIGNAL_OF), min_size=1, max_size=30))
def test_a_mixed_batch_is_its_rows_one_by_one(cases: list[tuple[Row, int]]) -> None:
    assert signals_of(decoded(*(row for row, _ in cases))).tolist() == [signal for _, signal in cases]


@given(st.lists(st.tuples(st.integers(0, 255), st.sampled_from([0, 1, 65_535])), min_size=1))
def test_tcp_alone_takes_a_short_cut_that_gives_the_same(cases: list[tuple[int, int]]) -> None:
    alone = decoded(*(BASE._replace(flags=flags, window=window) for flags, window in cases))
    mixed = decoded(*(BASE._replace(flags=flags, window=window) for flags, window in cases), Row(1))
    assert signals_of(alone).tolist() == signals_of(mixed).tolist()[:-1]
    assert signals_of(alone).tolist() == [tcp_signal(*case) for case in cases]
    assert signals_of(alone).dtype == signals_of(mixed).dtype


@given(st.lists(st.sampled_from(SIGNAL_OF), min_size=1, max_size=30))
def test_where_protocols_are_asked_for_all_but_errors_are_answers(cases: list[tuple[Row, int]]) -> None:
    def meant(row: Row, signal: int) -> int:
        if row.kind == Kind.NONE:
            return NO_SIGNAL
        return signal if row.kind == Kind.ICMP_ERROR else PROTOCOL_REPLY

    found = protocol_signals(decoded(*(row for row, _ in cases)))
    assert found.tolist() == [meant(*case) for case in cases]


def test_no_packets_have_no_signals() -> None:
    none = decoded(BASE)[np.zeros(1, np.bool_)]
    assert [len(signals_of(none)), len(protocol_signals(none))] == [0, 0]
    assert len(authentic(TECHNIQUE.table, signals_of(none), none, np.zeros(0, np.uint32))) == 0


# checks


def table_of(checks: Sequence[Check]) -> Table:
    """A table that asks for the n-th check where the signal is n."""
    check = np.zeros(SIGNALS, np.uint8)
    check[: len(checks)] = checks
    other = np.zeros(SIGNALS, np.uint8)
    return Table(other, other, check, other, other)


def passes(check: Check, row: Row, cookie: int) -> bool:
    """Whether one row passes one check."""
    batch = decoded(row)
    found = authentic(table_of([check]), np.zeros(1, np.uint16), batch, np.array([cookie], np.uint32))
    return bool(found[0])


COOKIES = [0, 1, 2, 0x7FFFFFFF, 0x1234FFFF, 0xFFFFFFFE, 0xFFFFFFFF]


@pytest.mark.parametrize("cookie", COOKIES)
def test_acknowledging_is_one_more_and_wraps(cookie: int) -> None:
    right = [
        off
        for off in (-2, -1, 0, 1, 2, 1 << 16)
        if passes(Check.ACK_IS_NEXT, BASE._replace(flags=ACK, ack=(cookie + off) & WORD), cookie)
    ]
    assert right == [1]


@pytest.mark.parametrize("cookie", COOKIES)
@pytest.mark.parametrize("flags", [RST, RST | ACK])
def test_a_reset_acknowledges_with_or_without_syn_and_fin_and_wraps(cookie: int, flags: int) -> None:
    wrong_seq = (cookie + 0x5555) & WORD
    right = [
        off
        for off in (-2, -1, 0, 1, 2, 3, 1 << 16)
        if passes(
            Check.NUMBERED, BASE._replace(flags=flags, seq=wrong_seq, ack=(cookie + off) & WORD), cookie
        )
    ]
    assert right == [0, 1, 2]


@pytest.mark.parametrize("cookie", COOKIES)
@pytest.mark.parametrize("flags", [RST, RST | ACK])
def test_or_a_reset_goes_on_where_we_acknowledged(cookie: int, flags: int) -> None:
    wrong_ack = (cookie + 0x5555) & WORD
    right = [
        off
        for off in (-1, 0, 1, 2)
        if passes(
            Check.NUMBERED, BASE._replace(flags=flags, seq=(cookie + off) & WORD, ack=wrong_ack), cookie
        )
    ]
    assert right == [0]


@pytest.mark.parametrize("cookie", COOKIES)
def test_an_error_quotes_the_number_or_where_there_is_none_the_identification(cookie: int) -> None:
    for off, right in ((0, True), (1, False), (-1, False), (1 << 16, False)):
        quoted = (cookie + off) & WORD
        # A TCP quote is judged by its number alone: a router may have changed the identification.
        assert passes(Check.QUOTE, error(3, 1, seq=quoted, ip_id=~cookie & 0xFFFF), cookie) == right
    for protocol in (UDP, SCTP, ICMP, 47):
        for off, right in ((0, True), (1, False), (-1, False)):
            ident = (cookie + off) & 0xFFFF
            assert passes(Check.QUOTE, error(3, 1, protocol=protocol, ip_id=ident), cookie) == right


@pytest.mark.parametrize("cookie", COOKIES)
def test_a_tag_is_the_cookie_but_never_zero(cookie: int) -> None:
    row = BASE._replace(kind=Kind.SCTP, protocol=SCTP, flags=6)
    right = [off for off in (-1, 0, 1) if passes(Check.TAG, row._replace(ack=(cookie + off) & WORD), cookie)]
    assert right == ([0] if cookie else [1])


@pytest.mark.parametrize("cookie", COOKIES)
def test_an_echo_is_the_whole_number_or_its_low_half(cookie: int) -> None:
    row = BASE._replace(kind=Kind.ICMP_REPLY, protocol=ICMP, port_them=8)
    for off in (-1, 0, 1, 1 << 16):
        seq = (cookie + off) & WORD
        assert passes(Check.ECHOED, row._replace(seq=seq), cookie) == (off == 0)
        assert passes(Check.ECHOED_LOW, row._replace(seq=seq & 0xFFFF), cookie) == (off in (0, 1 << 16))
    assert passes(Check.ECHOED_LOW, row._replace(seq=cookie), cookie) == (cookie < 1 << 16)


def test_some_answers_carry_no_number_of_ours() -> None:
    assert passes(Check.SOURCE_PORT, BASE, 1)
    assert passes(Check.SENDER, BASE, 1)
    assert not passes(Check.NONE, BASE, 1)


def slow_check(check: Check, row: Row, cookie: int) -> bool:
    """The checks one by one."""
    low = cookie & 0xFFFF
    return {
        Check.NONE: False,
        Check.ACK_IS_NEXT: row.ack == (cookie + 1) % (1 << 32),
        Check.QUOTE: row.seq == cookie if row.protocol == TCP else row.ip_id == low,
        Check.SOURCE_PORT: True,
        Check.NUMBERED: row.seq == cookie or (row.ack - cookie) % (1 << 32) <= 2,
        Check.TAG: row.ack == (cookie or 1),
        Check.ECHOED: row.seq == cookie,
        Check.ECHOED_LOW: row.seq == low,
        Check.SENDER: True,
    }[check]


near_words = st.sampled_from([0, 1, 2, 3, 0xFFFF, 0x10000, 0x10001, 0xFFFFFFFE, 0xFFFFFFFF])
any_row = st.builds(
    BASE._replace,
    protocol=st.sampled_from([TCP, UDP, SCTP, ICMP]),
    seq=near_words,
    ack=near_words,
    ip_id=st.sampled_from([0, 1, 0xFFFF]),
    flags=st.integers(0, 63),
)


@given(st.lists(st.tuples(st.sampled_from(Check), any_row, near_words), min_size=1, max_size=20))
def test_a_mixed_batch_is_checked_row_by_row(cases: list[tuple[Check, Row, int]]) -> None:
    checks, rows, cookies = zip(*cases, strict=True)
    signal = np.arange(len(cases), dtype=np.uint16)
    found = authentic(table_of(checks), signal, decoded(*rows), np.array(cookies, np.uint32))
    assert found.tolist() == [slow_check(*case) for case in cases]


def test_questions_by_icmp_all_have_a_signal() -> None:
    row = BASE._replace(kind=Kind.ICMP_REPLY, protocol=ICMP)
    batch = decoded(*(row._replace(port_them=question) for question in ICMP_QUESTIONS))
    assert signals_of(batch).tolist() == [icmp_reply_signal(question) for question in ICMP_QUESTIONS]


# with a technique's table


@pytest.mark.parametrize("flags", [SYN | ACK, RST | ACK])
def test_tcp_must_acknowledge_the_cookie(flags: int) -> None:
    for off, right in ((1, True), (0, False), (2, False)):
        batch = decoded(BASE._replace(flags=flags, ack=(WORD + off) & WORD))
        number_sent = np.array([WORD], np.uint32)
        assert authentic(TECHNIQUE.table, signals_of(batch), batch, number_sent)[0] == right


def test_what_the_table_does_not_know_is_neither_expected_nor_authentic() -> None:
    batch = decoded(BASE._replace(flags=ACK, ack=2), BASE._replace(flags=SYN))
    signal = signals_of(batch)
    assert TECHNIQUE.table.state[signal].tolist() == [UNEXPECTED, State.OPEN]
    assert expected(TECHNIQUE.table, signal).tolist() == [False, True]
    assert authentic(TECHNIQUE.table, signal, batch, np.ones(2, np.uint32)).tolist() == [False, True]

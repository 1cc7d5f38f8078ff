"""Signals: numbers do not collide, and columns agree with single values."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from periplus.technique import signal


def test_signals_of_different_answers_differ() -> None:
    tcp = {signal.tcp_signal(flags, window) for flags in range(64) for window in (0, 1)}
    replies = {signal.icmp_reply_signal(question) for question in signal.ICMP_QUESTIONS}
    chunks = {signal.sctp_signal(chunk) for chunk in range(signal.SCTP_CHUNKS)}
    icmp = {
        signal.icmp_signal(family, kind, code, target)
        for family, types in ((4, signal.ICMP4_TYPES), (6, signal.ICMP6_TYPES))
        for kind in types
        for code in range(signal.ICMP_CODES)
        for target in (False, True)
    }
    errnos = {signal.errno_signal(number) for number in range(signal.ERRNOS)}
    single = [signal.SILENCE, signal.NO_SIGNAL, signal.UDP_REPLY, signal.PROTOCOL_REPLY]
    everything = [*single, *replies, *chunks, *tcp, *icmp, *errnos]
    assert (len(tcp), len(replies), len(chunks)) == (128, 3, 16)
    assert len(icmp) == 7 * 16 * 2
    assert len(set(everything)) == len(everything)
    assert max(everything) < signal.SIGNALS


def test_what_is_no_icmp_error_has_no_signal() -> None:
    assert signal.icmp_signal(4, 8, 0, False) == signal.NO_SIGNAL
    assert signal.icmp_signal(6, 128, 0, False) == signal.NO_SIGNAL
    assert signal.icmp_signal(4, 3, 16, True) == signal.NO_SIGNAL
    assert signal.errno_signal(-1) == signal.NO_SIGNAL
    assert signal.errno_signal(256) == signal.NO_SIGNAL


octets = st.integers(0, 255)


@given(st.lists(st.tuples(st.booleans(), octets, octets, st.booleans()), min_size=1, max_size=40))
def test_icmp_columns_agree_with_single_values(rows: list[tuple[bool, int, int, bool]]) -> None:
    v4, kind, code, target = (np.array(column) for column in zip(*rows, strict=True))
    columns = signal.icmp_signals(v4, kind.astype(np.uint8), code.astype(np.uint8), target)
    singles = [signal.icmp_signal(4 if row[0] else 6, row[1], row[2], row[3]) for row in rows]
    assert columns.tolist() == singles


@given(st.lists(st.tuples(octets, st.sampled_from([0, 1, 65535])), min_size=1))
def test_tcp_columns_agree_with_single_values(rows: list[tuple[int, int]]) -> None:
    flags, window = (np.array(column) for column in zip(*rows, strict=True))
    columns = signal.tcp_signals(flags.astype(np.uint8), window.astype(np.uint16))
    assert columns.tolist() == [signal.tcp_signal(*row) for row in rows]


@given(st.lists(octets, min_size=1))
def test_chunk_and_reply_columns_agree_with_single_values(numbers: list[int]) -> None:
    chunks = signal.sctp_signals(np.array(numbers, np.uint8))
    assert chunks.tolist() == [signal.sctp_signal(each) for each in numbers]
    replies = signal.icmp_reply_signals(np.array(numbers, np.uint16))
    assert replies.tolist() == [signal.icmp_reply_signal(each) for each in numbers]


@given(st.lists(st.integers(-5, 400), min_size=1))
def test_errno_columns_agree_with_single_values(numbers: list[int]) -> None:
    columns = signal.errno_signals(np.array(numbers, np.int32))
    assert columns.tolist() == [signal.errno_signal(each) for each in numbers]

"""The address mask ping's table, row by row."""

import pytest

from periplus.technique.icmp import UNREACHABLE
from periplus.technique.mask import TECHNIQUE
from periplus.technique.model import UNEXPECTED, Check, Row
from periplus.technique.signal import (
    ICMP_QUESTIONS,
    NO_SIGNAL,
    PROTOCOL_REPLY,
    SILENCE,
    UDP_REPLY,
    icmp_reply_signal,
    icmp_signal,
    tcp_signal,
)
from periplus.technique.verdict import Reason, State
from periplus.wire.icmp import ADDRESS_MASK, IcmpProbe
from periplus.wire.tcp import ACK, RST, SYN

TABLE = TECHNIQUE.table


def test_a_reply_means_up_when_it_carries_the_cookie() -> None:
    signal = icmp_reply_signal(17)
    verdict = (TABLE.state[signal], TABLE.reason[signal], TABLE.check[signal], TABLE.rationed[signal])
    assert verdict == (State.OPEN, Reason.ADDRESSMASK_REPLY, Check.ECHOED_LOW, 0)


@pytest.mark.parametrize("row", UNREACHABLE, ids=lambda row: str(row.answer))
def test_an_error_is_a_filter_s_word_and_must_quote_the_question(row: Row) -> None:
    for signal in row.answer.signals():
        assert (TABLE.state[signal], TABLE.check[signal]) == (State.FILTERED, Check.QUOTE)
        assert (TABLE.reason[signal], TABLE.rationed[signal]) == (row.reason, 1)


def test_silence_says_nothing() -> None:
    assert TECHNIQUE.silence == (State.FILTERED, Reason.NO_RESPONSE)
    assert TABLE.check[SILENCE] == Check.NONE


OTHERS = [icmp_reply_signal(question) for question in ICMP_QUESTIONS if question != 17]


@pytest.mark.parametrize(
    "signal",
    [
        *OTHERS,
        NO_SIGNAL,
        UDP_REPLY,
        PROTOCOL_REPLY,
        tcp_signal(SYN | ACK),
        tcp_signal(RST),
        icmp_signal(4, 3, 4, False),
    ],
)
def test_anything_else_is_unexpected(signal: int) -> None:
    assert TABLE.state[signal] == UNEXPECTED


def test_every_row_decides_something() -> None:
    assert {int(row) for row in TABLE.row if row != UNEXPECTED} == set(range(len(TECHNIQUE.rows)))


def test_it_asks_by_icmp_and_needs_the_privilege() -> None:
    assert TECHNIQUE.probe == IcmpProbe(ADDRESS_MASK)
    assert TECHNIQUE.needs_raw
    assert (TECHNIQUE.flag, TECHNIQUE.proto) == ("-PM", "icmp")

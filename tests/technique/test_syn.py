"""The SYN scan's table, row by row."""

import pytest

from periplus.technique.model import UNEXPECTED, Check
from periplus.technique.signal import SILENCE, errno_signal, tcp_signal
from periplus.technique.syn import TECHNIQUE
from periplus.technique.verdict import Reason, State
from periplus.wire.tcp import ACK, FIN, PSH, RST, SYN, TcpProbe

CASES = [
    (SYN | ACK, State.OPEN, Reason.SYN_ACK, Check.ACK_IS_NEXT),
    (RST | ACK, State.CLOSED, Reason.RESET, Check.ACK_IS_NEXT),
    (RST, State.CLOSED, Reason.RESET, Check.ACK_IS_NEXT),
    (RST | SYN | ACK, State.CLOSED, Reason.RESET, Check.ACK_IS_NEXT),
    (SYN, State.OPEN, Reason.SPLIT_HANDSHAKE_SYN, Check.SOURCE_PORT),
]


@pytest.mark.parametrize(("flags", "state", "reason", "check"), CASES)
def test_answers(flags: int, state: State, reason: Reason, check: Check) -> None:
    table, signal = TECHNIQUE.table, tcp_signal(flags)
    assert (table.state[signal], table.reason[signal], table.check[signal]) == (state, reason, check)


@pytest.mark.parametrize("signal", [tcp_signal(ACK), tcp_signal(FIN | ACK), tcp_signal(PSH), errno_signal(0)])
def test_anything_else_is_unexpected(signal: int) -> None:
    assert TECHNIQUE.table.state[signal] == UNEXPECTED


def test_silence_is_filtered() -> None:
    assert TECHNIQUE.silence == (State.FILTERED, Reason.NO_RESPONSE)
    assert TECHNIQUE.table.check[SILENCE] == Check.NONE


def test_it_sends_bare_syns_and_needs_the_privilege() -> None:
    assert TECHNIQUE.probe == TcpProbe(SYN)
    assert TECHNIQUE.needs_raw

"""Every row of the protocol scan's table."""

import pytest

from periplus.technique.model import UNEXPECTED, Check
from periplus.technique.protocol import TECHNIQUE
from periplus.technique.signal import PROTOCOL_REPLY, UDP_REPLY, icmp_signal, tcp_signal
from periplus.technique.verdict import Reason, State

# Observed: Nmap 7.93 -sO --reason against Linux, IPv4 and IPv6.
TARGETS_WORD = {
    PROTOCOL_REPLY: (State.OPEN, Reason.PROTO_RESPONSE, Check.SENDER),
    icmp_signal(4, 3, 2, True): (State.CLOSED, Reason.PROTO_UNREACH, Check.QUOTE),
    icmp_signal(4, 3, 3, True): (State.OPEN, Reason.PORT_UNREACH, Check.QUOTE),
    icmp_signal(6, 1, 4, True): (State.OPEN, Reason.PORT_UNREACH, Check.QUOTE),
    icmp_signal(6, 4, 1, True): (State.CLOSED, Reason.PARAM_PROBLEM, Check.QUOTE),
    icmp_signal(6, 4, 0, True): (State.OPEN, Reason.PARAM_PROBLEM, Check.QUOTE),
}


@pytest.mark.parametrize("signal", TARGETS_WORD)
def test_what_the_target_says(signal: int) -> None:
    table = TECHNIQUE.table
    assert (table.state[signal], table.reason[signal], table.check[signal]) == TARGETS_WORD[signal]


@pytest.mark.parametrize("kind", [(4, 3, 2), (4, 3, 3), (6, 1, 4), (6, 4, 1), (6, 4, 0)])
def test_what_a_router_says_is_filtered(kind: tuple[int, int, int]) -> None:
    assert TECHNIQUE.table.state[icmp_signal(*kind, False)] == State.FILTERED


def test_prohibited_is_filtered_silence_open_or_filtered_and_the_rest_unexpected() -> None:
    assert TECHNIQUE.table.state[icmp_signal(4, 3, 13, True)] == State.FILTERED
    assert TECHNIQUE.silence == (State.OPEN_FILTERED, Reason.NO_RESPONSE)
    assert {int(TECHNIQUE.table.state[each]) for each in (UDP_REPLY, tcp_signal(4))} == {UNEXPECTED}
    assert TECHNIQUE.asks_protocols

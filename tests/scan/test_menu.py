"""Menus number questions and signals, both ways; beside plain twins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.scan.menu import Menu
from periplus.technique.ack import TECHNIQUE as ACK
from periplus.technique.echo import TECHNIQUE as ECHO
from periplus.technique.model import UNEXPECTED
from periplus.technique.signal import SIGNALS, SILENCE, icmp_reply_signal, tcp_signal
from periplus.technique.syn import TECHNIQUE as SYN
from periplus.technique.verdict import Reason, State
from periplus.wire import tcp

SEVERAL = Menu((ECHO, SYN, ACK), ((0, 8), (1, 443), (1, 80), (2, 80)))
QUESTIONS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 65_535)), min_size=1, max_size=30, unique=True
)
EVERY_PORT = np.arange(1 << 16).astype(np.uint16)


def test_one_technique_s_ports_are_themselves() -> None:
    menu = Menu((SYN,))
    which, port = menu.asked(EVERY_PORT)
    assert not which.any()
    assert (port == EVERY_PORT).all()
    assert (menu.number(0, EVERY_PORT) == EVERY_PORT).all()
    assert menu.table is SYN.table
    assert menu.signal(0, EVERY_PORT[:9]).tolist() == list(range(9))


@given(QUESTIONS)
def test_numbers_stand_for_techniques_and_ports(questions: list[tuple[int, int]]) -> None:
    menu = Menu((ECHO, SYN, ACK), tuple(questions))
    which, port = menu.asked(np.arange(len(questions)).astype(np.uint16))
    assert list(zip(which.tolist(), port.tolist(), strict=True)) == questions
    for technique in range(3):
        numbers = menu.number(technique, EVERY_PORT)
        asked = {port: number for number, (kind, port) in enumerate(questions) if kind == technique}
        assert {int(port): int(numbers[port]) for port in np.flatnonzero(numbers >= 0)} == asked


@given(st.integers(0, 2), st.integers(0, SIGNALS - 1))
def test_every_technique_has_its_own_part_of_the_joined_table(kind: int, signal: int) -> None:
    own, joined = SEVERAL.techniques[kind].table, SEVERAL.table
    [place] = SEVERAL.signal(kind, np.array([signal], np.uint16)).tolist()
    assert place // SIGNALS == kind
    for name in ("state", "reason", "check", "row", "rationed"):
        assert getattr(joined, name)[place] == getattr(own, name)[signal]


def test_the_joined_table_is_as_long_as_all_of_them() -> None:
    assert len(SEVERAL.table.state) == 3 * SIGNALS


@pytest.mark.parametrize(
    ("kind", "signal", "state", "reason"),
    [
        (0, icmp_reply_signal(8), State.OPEN, Reason.ECHO_REPLY),
        (1, tcp_signal(tcp.SYN | tcp.ACK), State.OPEN, Reason.SYN_ACK),
        (2, tcp_signal(tcp.RST, 0), State.UNFILTERED, Reason.RESET),
        (2, SILENCE, State.FILTERED, Reason.NO_RESPONSE),
    ],
)
def test_a_signal_means_what_its_technique_says(kind: int, signal: int, state: State, reason: Reason) -> None:
    [place] = SEVERAL.signal(kind, np.array([signal], np.uint16))
    assert (SEVERAL.table.state[place], SEVERAL.table.reason[place]) == (state, reason)


def test_an_answer_to_one_technique_is_none_to_another() -> None:
    [place] = SEVERAL.signal(0, np.array([tcp_signal(tcp.SYN | tcp.ACK)], np.uint16))
    assert SEVERAL.table.state[place] == UNEXPECTED

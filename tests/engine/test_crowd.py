"""Who looks suspicious: thresholds one by one, and a plain twin."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.engine.crowd import FEWEST, crowd, growing, is_suspicious
from periplus.technique.verdict import Reason, State

OPEN = (State.OPEN, Reason.SYN_ACK, 64)
CLOSED = (State.CLOSED, Reason.RESET, 64)
Port = tuple[int, int, int]


def crowd_of(ports: list[Port]) -> list[bool]:
    """The crowd among rows of state, reason and TTL."""
    state, reason, ttl = (np.array(column, np.uint8) for column in zip(*ports, strict=True))
    told: list[bool] = crowd(state, reason, ttl).tolist()
    return told


def crowd_slowly(ports: list[Port]) -> list[bool]:
    """The plain twin of `crowd`."""
    handshakes = (Reason.SYN_ACK, Reason.SPLIT_HANDSHAKE_SYN)
    accepting = [state == State.OPEN and reason in handshakes for state, reason, _ in ports]
    alike = Counter(ttl for (_, _, ttl), yes in zip(ports, accepting, strict=True) if yes)
    return [yes and alike[ttl] >= FEWEST for (_, _, ttl), yes in zip(ports, accepting, strict=True)]


RUNS = st.lists(
    st.tuples(
        st.integers(1, 45),
        st.sampled_from([*State, State.OPEN, State.OPEN]),
        st.sampled_from([Reason.SYN_ACK, Reason.SPLIT_HANDSHAKE_SYN, Reason.RESET, Reason.UDP_RESPONSE]),
        st.sampled_from([0, 63, 64, 255]),
    ),
    min_size=1,
    max_size=8,
)


@given(RUNS)
def test_a_crowd_agrees_with_its_slow_twin(runs: list[tuple[int, int, int, int]]) -> None:
    ports = [(state, reason, ttl) for count, state, reason, ttl in runs for _ in range(count)]
    assert crowd_of(ports) == crowd_slowly(ports)


def test_a_port_with_a_ttl_of_its_own_stays_out() -> None:
    told = crowd_of([*[OPEN] * 100, (State.OPEN, Reason.SYN_ACK, 57), CLOSED])
    assert told == [True] * 100 + [False, False]


def test_a_window_scan_finds_no_crowd() -> None:
    """Its open ports did not accept a connection."""
    assert not any(crowd_of([(State.OPEN, Reason.RESET, 64)] * 100))


@pytest.mark.parametrize(
    ("crowded", "asked", "suspicious"),
    [
        (3, 3, False),  # -p22,80,443 of a usual server
        (19, 19, False),
        (20, 20, True),
        (25, 1000, False),  # a busy server
        (1000, 1000, True),
        (499, 1000, False),
        (500, 1000, True),
        (60_000, 65_535, True),
        (0, 0, False),
    ],
)
def test_the_thresholds(crowded: int, asked: int, suspicious: bool) -> None:
    assert is_suspicious(crowded, asked) is suspicious


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 500)), max_size=20))
def test_growing_agrees_with_its_slow_twin(hosts: list[tuple[int, int]]) -> None:
    opened, asked = (np.array([row[at] for row in hosts], np.int32) for at in (0, 1))
    assert growing(opened, asked).tolist() == [n >= FEWEST and 4 * n >= m for n, m in hosts]

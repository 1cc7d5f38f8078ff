"""Changed TTLs against frames that were made with them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import number

from periplus.space.address import Addresses
from periplus.wire.lane import Lane, Link
from periplus.wire.question import Questions
from periplus.wire.shape import Shape
from periplus.wire.tcp import SYN, TcpProbe
from periplus.wire.ttl import set_ttl

ME = {4: number("198.18.0.1"), 6: number("2001:db8::1")}
THEM = {4: number("198.18.1.0"), 6: number("2001:db8:1::")}


def questions(family: int, ids: list[int]) -> Questions:
    """One question for each identification."""
    n = len(ids)
    halves = np.arange(n, dtype=np.uint16)
    return Questions(
        Addresses.of_ints(range(THEM[family], THEM[family] + n)),
        halves,
        halves,
        np.arange(n, dtype=np.uint32),
        np.array(ids, np.uint16),
        np.zeros((n, 6), np.uint8),
    )


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("link", list(Link))
@given(
    start=st.integers(1, 255),
    rows=st.lists(st.tuples(st.integers(1, 255), st.integers(0, 0xFFFF)), min_size=1, max_size=9),
)
def test_a_changed_frame_is_one_that_was_made_so(
    family: int, link: Link, start: int, rows: list[tuple[int, int]]
) -> None:
    lane = Lane(2, "eth0", link, ME[family], b"\2\0\0\0\0\1" if link is Link.ETHERNET else b"", 1500)
    ttls, ids = zip(*rows, strict=True)
    asked = questions(family, list(ids))
    [(frames, _)] = TcpProbe(SYN).maker(lane, Shape(start)).make(asked)
    set_ttl(lane, frames, np.array(ttls, np.uint8))
    for row, ttl in enumerate(ttls):
        [(made, _)] = TcpProbe(SYN).maker(lane, Shape(ttl)).make(asked)
        assert frames[row].tobytes() == made[row].tobytes()

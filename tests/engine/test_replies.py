"""What marks a question as open must never be mistaken for a state."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.engine.replies import FIRST_UNANSWERED, Findings, Probes, Replies, Unanswered
from periplus.space.address import Addresses
from periplus.technique.model import UNEXPECTED
from periplus.technique.verdict import State


def test_unanswered_marks_lie_above_every_state() -> None:
    assert max(State) < FIRST_UNANSWERED == min(Unanswered)


def test_no_answer_can_write_the_mark_of_a_fresh_cell() -> None:
    """A table's "unexpected" has the same value, so answers are judged by the table before they are written."""
    assert int(Unanswered.FRESH) == UNEXPECTED


def replies(*rows: tuple[int, int, int, int, int, int]) -> Replies:
    """Rows of cell, signal, try, TTL, time and sender."""
    cell, signal, attempt, ttl, time_us, sender = zip(*rows, strict=True) if rows else [()] * 6
    return Replies(
        np.array(cell, np.int64),
        np.array(signal, np.uint16),
        np.array(attempt, np.uint8),
        np.array(ttl, np.uint8),
        np.array(time_us, np.int64),
        Addresses.of_ints(sender),
    )


def rows_of(batch: Replies) -> list[tuple[int, ...]]:
    """The columns as rows."""
    assert batch.sender is not None
    columns = (batch.cell, batch.signal, batch.attempt, batch.ttl, batch.time_us)
    return list(zip(*(column.tolist() for column in columns), batch.sender.ints(), strict=True))


ROWS = st.lists(
    st.tuples(
        st.integers(0, 1 << 40),
        st.integers(0, 65_535),
        st.integers(0, 255),
        st.integers(0, 255),
        st.integers(0, 1 << 50),
        st.integers(0, (1 << 128) - 1),
    ),
    max_size=5,
)


@given(ROWS, ROWS)
def test_joined_replies_are_those_of_both_in_their_order(
    some: list[tuple[int, int, int, int, int, int]], others: list[tuple[int, int, int, int, int, int]]
) -> None:
    joined = replies(*some).joined(replies(*others))
    assert rows_of(joined) == [*some, *others]
    assert len(joined) == len(some) + len(others)


def test_replies_of_which_one_names_no_sender_cannot_be_joined() -> None:
    whole = replies((1, 2, 0, 64, 5, 9))
    for one, other in ((whole, replace(whole, sender=None)), (replace(whole, sender=None), whole)):
        with pytest.raises(ValueError, match="without a sender"):
            one.joined(other)


def test_joined_windows_are_known_if_both_are() -> None:
    one = replace(replies((1, 2, 0, 64, 5, 9)), window=np.array([7], np.uint16))
    both = one.joined(replace(one, window=np.array([8], np.uint16))).window
    assert both is not None
    assert both.tolist() == [7, 8]
    assert one.joined(replace(one, window=None)).window is None


def test_some_findings_are_rows_of_all_columns() -> None:
    rows = np.arange(3)
    small = rows.astype(np.uint8)
    found = Findings(4, rows, rows + 10, rows + 20, small, small, small, small, rows.astype(np.float32))
    some = found.only(np.array([True, False, True]))
    assert (some.group, len(some)) == (4, 2)
    assert (some.cell.tolist(), some.host.tolist(), some.port_rank.tolist()) == ([0, 2], [10, 12], [20, 22])
    assert (some.ttl.tolist(), some.rtt_ms.tolist()) == ([0, 2], [0.0, 2.0])


def test_probes_turned_are_the_same_in_another_order() -> None:
    rows = np.arange(5)
    probes = Probes(3, rows, rows + 10, rows + 20, rows.astype(np.uint8))
    turned = probes.turned(2)
    assert turned.group == 3
    assert turned.cell.tolist() == [3, 4, 0, 1, 2]
    assert (turned.host - turned.cell).tolist() == [10] * 5
    assert (turned.port_rank - turned.cell).tolist() == [20] * 5
    assert turned.attempt.tolist() == turned.cell.tolist()

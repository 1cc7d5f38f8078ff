"""The routines that the column types come with."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import appended, distinct, spans


@given(st.lists(st.integers(-5, 5), max_size=30))
def test_distinct_values_ascend(values: list[int]) -> None:
    assert distinct(np.array(values, np.int64)).tolist() == sorted(set(values))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=10))
def test_spans_are_rows_in_a_row(parts: list[tuple[int, int]]) -> None:
    first, count = (np.array([part[at] for part in parts], np.int64) for at in (0, 1))
    assert spans(first, count).tolist() == [row for at, n in parts for row in range(at, at + n)]


@given(st.lists(st.lists(st.integers(0, 9), max_size=9), max_size=9), st.none() | st.integers(0, 99))
def test_a_column_that_grows_holds_what_was_appended(batches: list[list[int]], most: int | None) -> None:
    column, used, grown = np.zeros(0, np.uint16), 0, 0
    for batch in batches:
        before = len(column)
        column = appended(column, used, np.array(batch, np.uint16), most)
        used, grown = used + len(batch), grown + (len(column) != before)
        assert most is None or len(column) <= max(most, used)
    assert column[:used].tolist() == [value for batch in batches for value in batch]
    assert column.dtype == np.uint16
    assert most is not None or grown <= 8

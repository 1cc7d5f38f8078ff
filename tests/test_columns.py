"""The one routine that the column types come with."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import distinct, spans


@given(st.lists(st.integers(-5, 5), max_size=30))
def test_distinct_values_ascend(values: list[int]) -> None:
    assert distinct(np.array(values, np.int64)).tolist() == sorted(set(values))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=10))
def test_spans_are_rows_in_a_row(parts: list[tuple[int, int]]) -> None:
    first, count = (np.array([part[at] for part in parts], np.int64) for at in (0, 1))
    assert spans(first, count).tolist() == [row for at, n in parts for row in range(at, at + n)]

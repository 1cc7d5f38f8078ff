"""The one routine that the column types come with."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import distinct


@given(st.lists(st.integers(-5, 5), max_size=30))
def test_distinct_values_ascend(values: list[int]) -> None:
    assert distinct(np.array(values, np.int64)).tolist() == sorted(set(values))

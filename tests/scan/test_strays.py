"""Datagrams from ports that nobody asked: which count as a service's, against a slow twin."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from periplus.scan.strays import _begins

HEADS = st.lists(st.binary(min_size=1, max_size=4), max_size=4)


@given(HEADS, st.lists(st.binary(min_size=4, max_size=4), max_size=20))
def test_beginnings_are_those_of_the_bytes(heads: list[bytes], words: list[bytes]) -> None:
    words += [head.ljust(4, b"x") for head in heads]
    column = np.array([int.from_bytes(word) for word in words], np.uint32)
    expected = [any(word.startswith(head) for head in heads) for word in words]
    assert _begins(column, tuple(heads)).tolist() == expected

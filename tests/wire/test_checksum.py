"""RFC 1071's own example, and sums in parts against the word-by-word twin."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import checksum

from periplus.wire.checksum import finish, halves, partial_sum


def test_the_example_of_rfc_1071_section_3() -> None:
    data = bytes.fromhex("0001f203f4f5f6f7")
    assert partial_sum(data) == 0x2DDF0
    assert finish(np.array([partial_sum(data)], np.uint64)).tolist() == [0xFFFF ^ 0xDDF2]


def test_an_ip_header_with_its_checksum_sums_to_nothing() -> None:
    header = bytes.fromhex("45000073000040004011b861c0a80001c0a800c7")
    assert finish(np.array([partial_sum(header)], np.uint64)).tolist() == [0]


@given(st.lists(st.binary(max_size=65), min_size=1, max_size=8))
def test_finish_agrees_with_the_twin_for_any_bytes_odd_lengths_included(rows: list[bytes]) -> None:
    sums = np.array([partial_sum(row) for row in rows], np.uint64)
    assert finish(sums).tolist() == [checksum(row) for row in rows]


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8))
def test_wide_summands_may_be_added_whole(values: list[int]) -> None:
    column = np.array(values, np.uint64)
    expected = [checksum(value.to_bytes(8)) for value in values]
    assert finish(column).tolist() == expected
    assert finish(halves(column)).tolist() == expected


def test_every_carry_is_folded() -> None:
    for value in (0, 0xFFFF, 0x10000, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x1FFFE, 0xFFFFFFFF00010000):
        assert finish(np.array([value], np.uint64)).tolist() == [checksum(value.to_bytes(8))], hex(value)

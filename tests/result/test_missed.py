"""The interval of missed open ports, beside a slow twin that counts with fractions."""

from fractions import Fraction
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.result.missed import LARGE, missed_95

EULER = Fraction(271828182845904523536028747135, 10**29)


def chance(count: int, expected: Fraction) -> Fraction:
    return expected**count / factorial(count) / EULER**expected.numerator


def twin(expected: int) -> tuple[int, int]:
    """For whole numbers, whose power of e is a fraction."""
    below, count = Fraction(0), 0
    inside: list[int] = []
    while below < Fraction(975, 1000):
        below += chance(count, Fraction(expected))
        if below >= Fraction(25, 1000):
            inside.append(count)
        count += 1
    return inside[0], inside[-1]


@given(st.integers(0, 40))
def test_percentiles_are_the_twins(expected: int) -> None:
    assert missed_95(float(expected)) == twin(expected)


@pytest.mark.parametrize(
    ("expected", "interval"), [(0.0, (0, 0)), (0.02, (0, 0)), (0.03, (0, 1)), (1.0, (0, 3)), (10.0, (4, 17))]
)
def test_known_intervals(expected: float, interval: tuple[int, int]) -> None:
    assert missed_95(expected) == interval


@pytest.mark.parametrize("unknown", [float("nan"), float("inf")])
def test_of_no_number_nothing_is_claimed(unknown: float) -> None:
    assert missed_95(unknown) == (0, 0)


def test_large_numbers_go_on_where_small_ones_end() -> None:
    small, large = missed_95(LARGE), missed_95(LARGE + 1)
    assert all(abs(a - b) <= 2 for a, b in zip(small, large, strict=True))

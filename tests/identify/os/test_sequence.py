"""Rows of numbers: worked examples, and that nothing in them is an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.identify.os.sequence import (
    difficulty,
    id_class,
    numbering,
    shared_ids,
    stamp_hz,
    stamping,
    uptime_s,
)

TENTHS = [number * 100_000 for number in range(6)]


def test_numbers_that_grow_evenly() -> None:
    # 64,000 each tenth of a second: 640,000 a second, 8 * log2 of it is 154.3.
    told = numbering([number * 64_000 for number in range(6)], TENTHS)
    assert told == {"SP": "0", "GCD": "FA00", "ISR": f"{154:X}"}


def test_the_shorter_way_round_counts() -> None:
    assert numbering([10, 4, 0xFFFFFFFE, 4], TENTHS[:4])["GCD"] == "6"


def test_numbers_that_stand_still_or_are_too_few() -> None:
    assert numbering([7] * 6, TENTHS) == {"SP": "0", "GCD": "0", "ISR": "0"}
    assert numbering([1, 2, 3], TENTHS[:3]) == {}


def test_the_spread_is_taken_in_steps_of_a_large_divisor() -> None:
    # Rates of 10,000 and 30,000 in turn, about 18,000: in steps of 1,000 the deviation is sqrt(480 / 4) = 10.95.
    told = numbering([0, 1_000, 4_000, 5_000, 8_000, 9_000], TENTHS)
    assert told["GCD"] == "3E8"
    assert told["SP"] == f"{round(8 * 3.4534):X}"


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ([0, 0, 0], "Z"),
        ([7, 7, 7], "7"),
        ([1, 2, 4], "I"),
        ([65_535, 0, 3], "I"),
        ([256, 512, 1_024], "BI"),
        ([1, 2_000, 4_001], "RI"),
        ([0, 19_968, 19_969], None),
        ([0, 30_000, 10], "RD"),
        ([0, 50, 100], None),
        ([1, 2], None),
    ],
)
def test_classes_of_identifications(ids: list[int], told: str | None) -> None:
    assert id_class(ids) == told


def test_two_are_enough_where_there_are_no_more_and_are_never_random() -> None:
    assert id_class([1, 2], 2) == "I"
    assert [id_class([0, second], 2) for second in (40_000, 25_600)] == ["RI", "RI"]


def test_echoes_may_share_a_counter() -> None:
    assert shared_ids([1, 2, 3, 4, 5, 6], 7, 5) == "S"
    assert shared_ids([1, 2, 3, 4, 5, 6], 900, 5) == "O"


@pytest.mark.parametrize(
    ("hz", "word", "uptime"),
    [(2, "1", 50), (100, "7", 1), (250, "8", 0.5), (1_000, "A", 0.1), (50, "6", None)],
)
def test_time_stamps(hz: int, word: str, uptime: float | None) -> None:
    stamps = [100 + number * hz // 10 for number in range(0, 60, 10)]
    times = [number * 1_000_000 for number in range(6)]
    rate = stamp_hz(stamps, times)
    assert rate is not None
    assert rate == pytest.approx(hz)
    assert stamping(stamps, rate) == word
    assert uptime_s(100, rate) == uptime


def test_time_stamps_that_say_nothing() -> None:
    assert stamping([], None) is None
    assert stamping([1, None], None) == "U"
    assert stamping([1, 0], None) == "0"
    assert stamping([1], stamp_hz([1], [0])) is None
    assert uptime_s(5, 2.0**33) is None


def test_how_hard_it_is() -> None:
    assert [difficulty(index) for index in (0, 5, 10, 11, 15, 260)] == [
        "Trivial joke",
        "Easy",
        "Medium",
        "Formidable",
        "Worthy challenge",
        "Good luck!",
    ]


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**40)), max_size=6))
def test_any_rows(rows: list[tuple[int, int]]) -> None:
    numbers, times = [row[0] for row in rows], sorted(row[1] for row in rows)
    numbering(numbers, times)
    id_class([each & 0xFFFF for each in numbers])
    stamping(numbers, stamp_hz(numbers, times))

"""The bucket is a pure function of time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.engine.bucket import Bucket

SECOND = 1_000_000


def test_tokens_come_with_time_and_no_more_than_the_burst_is_saved() -> None:
    bucket = Bucket(rate=100.0, burst=5.0, now_us=0)
    assert bucket.fill(0) == 1
    bucket.take(1)
    assert bucket.fill(10_000) == 1
    assert bucket.fill(10 * SECOND) == 5


def test_a_bucket_without_a_rate_stays_empty() -> None:
    bucket = Bucket(rate=0.0, burst=5.0, now_us=0)
    assert bucket.fill(100 * SECOND) == 0
    assert bucket.ready_us(1.0) > 1 << 60


def test_ready_is_when_the_tokens_are_there() -> None:
    bucket = Bucket(rate=1000.0, burst=10.0, now_us=0)
    bucket.fill(0)
    bucket.take(5)
    ready_us = bucket.ready_us(4.0)
    assert bucket.fill(ready_us - 10) < 4
    assert bucket.fill(ready_us) == 4


def test_less_than_a_whole_token_is_waited_for_as_one() -> None:
    bucket = Bucket(rate=2.0, burst=1.0, now_us=0)
    bucket.take(1)
    assert bucket.ready_us(0.004) >= SECOND // 2


@given(
    rate=st.floats(1, 1e6),
    burst=st.floats(1, 1000),
    steps=st.lists(st.integers(0, 100_000), min_size=1, max_size=60),
)
def test_over_any_time_no_more_leaves_than_rate_and_burst_allow(
    rate: float, burst: float, steps: list[int]
) -> None:
    bucket = Bucket(rate, burst, 0)
    now_us = taken = 0
    for step in steps:
        now_us += step
        tokens = bucket.fill(now_us)
        bucket.take(tokens)
        taken += tokens
    assert taken <= burst + rate * now_us / SECOND + 1e-6


def test_a_debt_is_paid_by_time_and_by_nothing_else() -> None:
    bucket = Bucket(10.0, 5.0, 0)
    bucket.owe(6)
    bucket.take(0)
    assert bucket.fill(0) == 0
    assert bucket.ready_us(1) == pytest.approx(600_001, abs=2)
    assert bucket.fill(500_000) == 0
    assert bucket.fill(600_001) == 1

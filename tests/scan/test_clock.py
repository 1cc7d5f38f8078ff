import time

from periplus.scan.clock import Clock


def test_the_clock_is_the_kernels_monotonic_one() -> None:
    before = time.monotonic_ns() // 1000
    now_us = Clock().now_us()
    assert before <= now_us <= time.monotonic_ns() // 1000


def test_a_moment_has_its_calendar_time() -> None:
    clock = Clock()
    before, now_us, after = time.time(), clock.now_us(), time.time()
    assert before - 0.001 <= clock.epoch_s(now_us) <= after + 0.001
    assert clock.epoch_s(now_us + 2_500_000) - clock.epoch_s(now_us) == 2.5

"""The templates keep the meaning that Nmap documents for them."""

from dataclasses import replace

import pytest

from periplus.engine.timing import LONGER, TEMPLATES, Timing

MS = 1000
# Documented in Nmap's reference guide: initial, least and most round-trip time-out, delay, retransmissions.
NMAPS = [
    (300_000 * MS, 100 * MS, 300_000 * MS, 300_000 * MS, 10),
    (15_000 * MS, 100 * MS, 15_000 * MS, 15_000 * MS, 10),
    (1_000 * MS, 100 * MS, 10_000 * MS, 400 * MS, 10),
    (1_000 * MS, 100 * MS, 10_000 * MS, 0, 10),
    (500 * MS, 100 * MS, 1_250 * MS, 0, 6),
    (250 * MS, 50 * MS, 300 * MS, 0, 2),
]


@pytest.mark.parametrize(("timing", "nmaps"), list(zip(TEMPLATES, NMAPS, strict=True)))
def test_templates(timing: Timing, nmaps: tuple[int, int, int, int, int]) -> None:
    ours = (
        timing.initial_rtt_us,
        timing.min_rtt_us,
        timing.max_rtt_us,
        timing.scan_delay_us,
        timing.max_tries - 1,
    )
    assert ours == nmaps


def test_the_slow_ones_have_one_probe_under_way_and_no_floor() -> None:
    assert [timing.parallelism for timing in TEMPLATES] == [1, 1, 1, 0, 0, 0]
    assert [timing.floor_rate > 0 for timing in TEMPLATES] == [False] * 3 + [True] * 3


def test_once_is_one_try_that_is_waited_for_longer_than_others() -> None:
    made = replace(TEMPLATES[5], max_rate=70.0).once()
    assert (made.max_tries, made.min_tries, made.parallelism, made.max_rate) == (1, 1, 0, 70.0)
    assert made.min_rtt_us == LONGER * TEMPLATES[5].min_rtt_us < made.initial_rtt_us
    assert made.max_rtt_us >= made.min_rtt_us


def test_fewer_retries_than_usual_lower_the_least_as_well() -> None:
    assert Timing().limited(0).min_tries == Timing().limited(0).max_tries == 1
    assert Timing().limited(5).min_tries == 2

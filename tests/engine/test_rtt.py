"""Round-trip times: RFC 6298's gains, sample by sample and in batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.engine.columns import allocate
from periplus.engine.rtt import RoundTrips, observe
from periplus.engine.timing import Timing

TIMING = Timing(min_rtt_us=1, max_rtt_us=10_000_000)


def _after(samples: list[list[float]], timing: Timing = TIMING) -> RoundTrips:
    trips = allocate(RoundTrips, 1)
    for batch in samples:
        observe(trips, np.zeros(len(batch), np.int64), np.array(batch), timing)
    return trips


def test_the_first_sample_sets_variance_to_half() -> None:
    trips = _after([[1000.0]])
    assert trips.srtt_us[0] == 1000
    assert trips.rttvar_us[0] == 500
    assert trips.rto_us[0] == 1000 + 4 * 500


def test_the_second_sample_moves_by_the_gains() -> None:
    trips = _after([[1000.0], [2000.0]])
    assert trips.rttvar_us[0] == pytest.approx(500 * 3 / 4 + 1000 / 4)
    assert trips.srtt_us[0] == pytest.approx(1000 * 7 / 8 + 2000 / 8)


def test_the_time_out_stays_between_its_limits() -> None:
    timing = Timing(min_rtt_us=100_000, max_rtt_us=300_000)
    assert _after([[10.0]], timing).rto_us[0] == 100_000
    assert _after([[900_000.0]], timing).rto_us[0] == 300_000


def test_hosts_do_not_mix() -> None:
    trips = allocate(RoundTrips, 3)
    observe(trips, np.array([2, 0, 2]), np.array([30.0, 10.0, 50.0]), TIMING)
    assert trips.srtt_us.tolist() == [10.0, 0.0, 40.0]
    assert trips.least_us.tolist() == [10.0, np.inf, 30.0]


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=30))
def test_columns_agree_with_rfc_6298_written_plainly(samples: list[float]) -> None:
    srtt, rttvar = samples[0], samples[0] / 2
    for sample in samples[1:]:
        rttvar += (abs(srtt - sample) - rttvar) / 4
        srtt += (sample - srtt) / 8
    trips = _after([[sample] for sample in samples])
    assert trips.srtt_us[0] == pytest.approx(srtt)
    assert trips.rttvar_us[0] == pytest.approx(rttvar)
    assert trips.least_us[0] == min(samples)

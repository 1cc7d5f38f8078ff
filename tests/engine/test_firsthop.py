"""What a gateway's own answers mean for the rate, in virtual time."""

import math
import random
from collections.abc import Callable

import pytest

from periplus.engine.firsthop import DEEPEST, KNOWN, LEAST_PPS, MUTE, WINDOW_US, FirstHop

SECOND = 1_000_000
EVERY_US = 200_000
PATIENCE_US = 500_000
Gateway = Callable[[float, float], float | None]  # seconds and rate; a round trip, None: no answer


class Clocked:
    """A scan that sends as fast as the limit allows, up to `wish_pps`, and asks one question at a time."""

    def __init__(self, gateway: Gateway, wish_pps: float = 10_000.0, least_pps: float = LEAST_PPS) -> None:
        self.hop = FirstHop(least_pps)
        self.rates: list[float] = []  # a second each
        self._gateway = gateway
        self._wish_pps = wish_pps
        self.now_us = 0
        self.sent = 0.0
        self.asked = 0

    @property
    def rate_pps(self) -> float:
        return min(self._wish_pps, self.hop.limit_pps)

    def run(self, seconds: float) -> "Clocked":
        end_us = self.now_us + int(seconds * SECOND)
        while self.now_us < end_us:
            rtt_us = self._gateway(self.now_us / SECOND, self.rate_pps)
            self.asked += 1
            run = self._unanswered if rtt_us is None else None
            self._pass(PATIENCE_US if rtt_us is None else max(round(rtt_us), EVERY_US))
            if run:
                run()
            else:
                self.hop.answered(self.now_us, rtt_us)
            self.hop.review(self.now_us, int(self.sent))
            self.rates.append(self.rate_pps)
        return self

    def _unanswered(self) -> None:
        self.hop.unanswered(self.now_us)

    def _pass(self, span_us: int) -> None:
        for _ in range(span_us // 20_000):
            self.now_us += 20_000
            self.sent += self.rate_pps / 50
            self.hop.review(self.now_us, int(self.sent))


def test_a_gateway_that_is_well_limits_nothing() -> None:
    scan = Clocked(lambda now, rate: 1_000.0).run(120)
    assert math.isinf(scan.hop.limit_pps)
    assert scan.hop.fall is None


def test_one_that_is_slow_when_loaded_is_loaded_less() -> None:
    scan = Clocked(lambda now, rate: 80_000.0 if rate > 2_000 and now > 2 else 1_000.0).run(60)
    assert scan.hop.fall is not None
    assert scan.hop.fall.usual_us == 1_000
    assert scan.hop.fall.recent_us is not None
    settled = scan.rates[-100:]
    assert max(settled) < 4_000
    assert sum(settled) / len(settled) > 1_000


def test_one_that_is_silent_when_loaded_is_loaded_less() -> None:
    scan = Clocked(lambda now, rate: None if rate > 2_000 and now > 2 else 1_000.0).run(60)
    assert scan.hop.fall is not None
    assert scan.hop.fall.recent_us is None
    assert max(scan.rates[-60:]) < 4_000


def test_each_fall_halves_the_rate_in_use_and_not_a_limit_far_above_it() -> None:
    scan = Clocked(lambda now, rate: 80_000.0 if now > 3 else 1_000.0, wish_pps=1_000.0).run(6)
    falls = [rate for rate in dict.fromkeys(scan.rates) if rate < 1_000]
    assert falls[0] == pytest.approx(500, rel=0.05)
    assert falls[1] == pytest.approx(250, rel=0.05)


@pytest.mark.parametrize("trouble", [80_000.0, None])
def test_it_recovers_when_all_is_well_again(trouble: float | None) -> None:
    scan = Clocked(lambda now, rate: trouble if 3 < now < 8 else 1_000.0).run(8)
    assert scan.rate_pps < 5_000
    scan.run(60)
    assert math.isinf(scan.hop.limit_pps) or scan.hop.limit_pps > 10_000


@pytest.mark.parametrize("trouble", [80_000.0, None])
def test_trouble_that_the_rate_is_not_to_blame_for_slows_it_to_a_part(trouble: float | None) -> None:
    scan = Clocked(lambda now, rate: trouble if now > 3 else 1_000.0).run(50)
    assert scan.rate_pps == pytest.approx(10_000 * DEEPEST, rel=0.05)


def test_a_gateway_that_is_slower_for_good_is_slow_as_usual_after_a_minute() -> None:
    scan = Clocked(lambda now, rate: 80_000.0 if now > 3 else 1_000.0).run(50 + WINDOW_US / SECOND)
    assert scan.rate_pps > 9_000
    scan.run(60)
    assert scan.rate_pps == 10_000


def test_one_that_answers_no_more_for_a_minute_is_asked_no_more_and_the_rate_is_regained() -> None:
    scan = Clocked(lambda now, rate: None if now > 3 else 1_000.0).run(30 + WINDOW_US / SECOND)
    assert scan.hop.is_mute
    for _ in range(100):
        scan.now_us += SECOND
        scan.sent += scan.rate_pps
        scan.hop.review(scan.now_us - EVERY_US, int(scan.sent - scan.rate_pps / 5))
        scan.hop.review(scan.now_us, int(scan.sent))
    assert math.isinf(scan.hop.limit_pps)


def test_one_that_never_answered_limits_nothing_and_need_not_be_asked() -> None:
    hop = FirstHop()
    for count in range(MUTE):
        assert not hop.is_mute
        hop.unanswered(count * PATIENCE_US)
        assert not hop.review(count * PATIENCE_US, count * 1_000)
    assert hop.is_mute
    assert math.isinf(hop.limit_pps)


def test_a_few_answers_are_no_acquaintance() -> None:
    scan = Clocked(lambda now, rate: 1_000.0 if now < EVERY_US / SECOND * (KNOWN - 1.5) else None).run(20)
    assert math.isinf(scan.hop.limit_pps)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mean_us", [5_000.0, 20_000.0, 60_000.0])
def test_jitter_is_no_trouble(mean_us: float, seed: int) -> None:
    rng = random.Random(seed)
    scan = Clocked(lambda now, rate: 1_000 + rng.expovariate(1 / mean_us)).run(300)
    assert scan.hop.fall is None


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("loss", [0.02, 0.1])
def test_loss_by_chance_is_no_trouble(loss: float, seed: int) -> None:
    rng = random.Random(seed)
    calm = [1_000.0] * 20
    scan = Clocked(lambda now, rate: calm.pop() if calm else (None if rng.random() < loss else 1_000.0))
    assert scan.run(300).hop.fall is None


def test_one_that_rations_its_answers_is_no_trouble() -> None:
    last = [-1.0]

    def rationed(now: float, rate: float) -> float | None:
        if now - last[0] < 1:
            return None
        last[0] = now
        return 1_000.0

    assert Clocked(rationed).run(300).hop.fall is None


def test_one_spike_is_no_trouble() -> None:
    scan = Clocked(lambda now, rate: 300_000.0 if 10 < now < 10.5 else 1_000.0).run(60)
    assert scan.hop.fall is None


def test_a_rate_that_the_user_asked_for_is_kept() -> None:
    scan = Clocked(lambda now, rate: None if now > 3 else 1_000.0, least_pps=6_000.0).run(20)
    assert scan.rate_pps == 6_000


def test_what_is_slow_already_is_not_slowed() -> None:
    scan = Clocked(lambda now, rate: None if now > 3 else 1_000.0, wish_pps=LEAST_PPS / 2).run(20)
    assert scan.hop.fall is None
    assert math.isinf(scan.hop.limit_pps)


def test_an_answer_whose_round_trip_nobody_knows_ends_a_run_all_the_same() -> None:
    hop = FirstHop()
    for count in range(40):
        now_us = count * PATIENCE_US
        if count < KNOWN or count % 3 == 2:
            hop.answered(now_us, 1_000.0 if count < KNOWN else None)
        else:
            hop.unanswered(now_us)
        hop.review(now_us, count * 1_000)
    assert hop.fall is None

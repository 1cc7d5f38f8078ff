import argparse
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.cli.quantity import count, duration_us, positive, rate, rate_or_auto, some_time_us


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("500ms", 500_000),
        ("2s", 2_000_000),
        ("2", 2_000_000),
        ("0.25", 250_000),
        ("1.5m", 90_000_000),
        ("1h", 3_600_000_000),
        ("7us", 7),
        ("0", 0),
    ],
)
def test_times_as_nmap_takes_them(text: str, microseconds: int) -> None:
    assert duration_us(text) == microseconds


@pytest.mark.parametrize(
    ("read", "text", "why"),
    [
        (duration_us, "5x", '"5x" has no unit of time; use us, ms, s, m or h'),
        (duration_us, "ms", '"ms" is no time; write 500ms, 2s, 5m or 1h'),
        (duration_us, "", '"" is no time; write 500ms, 2s, 5m or 1h'),
        (duration_us, "nan", '"nan" is no time; write 500ms, 2s, 5m or 1h'),
        (duration_us, "-1", '"-1" is not a time between 0 and a year'),
        (duration_us, "1e400", '"1e400" is not a time between 0 and a year'),
        (duration_us, "9000h", '"9000h" is not a time between 0 and a year'),
        (some_time_us, "0", "the time must be over 0"),
        (rate, "fast", '"fast" is no number of probes a second'),
        (rate, "0", '"0" is not a rate over 0 and under a thousand million'),
        (rate, "-5", '"-5" is not a rate over 0 and under a thousand million'),
        (rate, "nan", '"nan" is not a rate over 0 and under a thousand million'),
        (rate, "inf", '"inf" is not a rate over 0 and under a thousand million'),
        (rate_or_auto, "1x", '"1x" is no number of probes a second'),
        (rate_or_auto, "Auto", '"Auto" is neither auto nor a number of probes a second'),
        (count, "-1", '"-1" is not a whole number'),
        (count, "1.5", '"1.5" is not a whole number'),
        (count, "٣", '"٣" is not a whole number'),
        (count, "", '"" is not a whole number'),
        (positive, "0", "the number must be at least 1"),
    ],
)
def test_what_is_no_quantity_is_told_in_one_line(read: Callable[[str], float], text: str, why: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        read(text)
    assert str(caught.value) == why


def test_numbers() -> None:
    assert rate("0.5") == rate_or_auto("0.5") == 0.5
    assert rate_or_auto("auto") is None
    assert count("0") == 0
    assert positive("12") == 12
    assert some_time_us("1us") == 1


@given(st.text(max_size=40), st.sampled_from([duration_us, some_time_us, rate, count, positive]))
def test_any_text_is_a_number_or_one_line(text: str, read: Callable[[str], float]) -> None:
    try:
        value, told = read(text), ""
    except argparse.ArgumentTypeError as error:
        value, told = 0, str(error)
    assert value >= 0
    assert told.isprintable()

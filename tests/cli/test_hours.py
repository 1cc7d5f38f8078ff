"""The value of --hours."""

import argparse
from datetime import UTC

import pytest

from periplus.cli.hours import open_hours
from periplus.cli.options import read
from periplus.errors import UsageError


def test_hours_with_and_without_a_zone() -> None:
    there = open_hours("22:00-06:00@Europe/Berlin")
    assert (there.hours.begin, there.hours.end, str(there.zone)) == (22 * 60, 6 * 60, "Europe/Berlin")
    assert str(there) == "22:00-06:00 (Europe/Berlin)"
    assert open_hours("9:00-17:30@UTC").zone is UTC
    here = open_hours("9:00-17:30")
    assert (here.zone, str(here)) == (None, "9:00-17:30 (local time)")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("22:00", '"22:00" is no stretch of the day, as in 22:00-06:00'),
        (
            "22:00-22:00",
            '"22:00-22:00" ends where it begins; for all day leave hours away, or say 00:00-24:00',
        ),
        ("22:00-26:00", "26:00 is no time of day"),
        ("22:00-06:00@Mars/Base", 'this machine knows no time zone "Mars/Base"; a name is Europe/Berlin'),
        ("22:00-06:00@", 'this machine knows no time zone ""; a name is Europe/Berlin'),
    ],
)
def test_what_is_wrong_is_told(text: str, told: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        open_hours(text)
    assert str(caught.value) == told


def test_the_option_is_read() -> None:
    assert read(["198.18.0.7"]).hours is None
    assert read(["198.18.0.7", "--hours", "22:00-06:00@UTC"]).hours.zone_name == "UTC"
    with pytest.raises(UsageError, match=r'^--hours: "noon" is no stretch of the day'):
        read(["198.18.0.7", "--hours", "noon"])

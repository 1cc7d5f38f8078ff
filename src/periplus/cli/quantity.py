"""Quantities as users write them: times as Nmap takes them, rates, counts. Errors are one line."""

import argparse

from periplus.space.quote import quoted

__all__ = ["count", "duration_us", "positive", "rate", "rate_or_auto", "some_time_us"]

UNITS_US = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}
LONGEST_US = 366 * 24 * UNITS_US["h"]
HIGHEST_RATE = 1e9
LONGEST_DIGITS = 30
AUTO = "auto"


def duration_us(text: str) -> int:
    """Read ``500ms``, ``2s``, ``1.5m``, ``1h``; a bare number means seconds. Return microseconds."""
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(number) :] or "s"
    try:
        value = float(number) * UNITS_US.get(unit, 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is no time; write 500ms, 2s, 5m or 1h") from None
    if unit not in UNITS_US:
        raise argparse.ArgumentTypeError(f"{quoted(text)} has no unit of time; use us, ms, s, m or h")
    if not 0 <= value <= LONGEST_US:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not a time between 0 and a year")
    return round(value)


def some_time_us(text: str) -> int:
    """Read a time over 0; return microseconds."""
    value = duration_us(text)
    if not value:
        raise argparse.ArgumentTypeError("the time must be over 0")
    return value


def rate(text: str) -> float:
    """Read probes a second, over 0."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is no number of probes a second") from None
    if not 0 < value < HIGHEST_RATE:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not a rate over 0 and under a thousand million")
    return value


def rate_or_auto(text: str) -> float | None:
    """Read probes a second, over 0; None: ``auto``."""
    if text == AUTO:
        return None
    if not text[:1].isdigit():
        raise argparse.ArgumentTypeError(f"{quoted(text)} is neither auto nor a number of probes a second")
    return rate(text)


def count(text: str) -> int:
    """Read a whole number, 0 or more."""
    if not (text.isascii() and text.isdigit()) or len(text) > LONGEST_DIGITS:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not a whole number")
    return int(text)


def positive(text: str) -> int:
    """Read a whole number, 1 or more."""
    value = count(text)
    if not value:
        raise argparse.ArgumentTypeError("the number must be at least 1")
    return value

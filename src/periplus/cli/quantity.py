"""Quantities as users write them: times as Nmap takes them, rates, counts. Errors are one line."""

import argparse

__all__ = ["count", "duration_us", "positive", "rate"]

UNITS_US = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}
LONGEST_US = 366 * 24 * UNITS_US["h"]


def duration_us(text: str) -> int:
    """Read ``500ms``, ``2s``, ``1.5m``, ``1h``; a bare number means seconds. Return microseconds."""
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(number) :] or "s"
    if unit not in UNITS_US:
        raise argparse.ArgumentTypeError(f"{text!r} has no unit of time; use us, ms, s, m or h")
    try:
        value = float(number) * UNITS_US[unit]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 500ms, 2s, 5m or 1h") from None
    if not 0 <= value <= LONGEST_US:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time between 0 and a year")
    return round(value)


def rate(text: str) -> float:
    """Read probes a second, over 0."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of probes a second") from None
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a rate over 0")
    return value


def count(text: str) -> int:
    """Read a whole number, 0 or more."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def positive(text: str) -> int:
    """Read a whole number, 1 or more."""
    value = count(text)
    if not value:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return value

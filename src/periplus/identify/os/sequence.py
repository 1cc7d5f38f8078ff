"""What a row of answers tells: how sequence numbers, IP identifications and time stamps go on.

Source: the chapter named in `os.probe`, tests GCD, ISR, SP, TI, CI, II, SS and TS. The chapter counts differences of
identifications modulo 65,536.

Limits: an uptime is a guess. Many stacks begin their time stamps anywhere (Linux since 4.10 adds a secret for each
pair of addresses), and then it means nothing; where stamps jump from one connection to the next there is none.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import gcd, log2, sqrt

__all__ = [
    "FEWEST_NUMBERS",
    "difficulty",
    "id_class",
    "numbering",
    "shared_ids",
    "stamp_hz",
    "stamping",
    "uptime_s",
]

FEWEST_NUMBERS = 4
FEWEST_IDS = 3
LARGE_GCD = 9  # above it the spread is taken in steps of this size
_HZ = ((5.66, "1", 2), (70.0, "", 0), (150.0, "7", 100), (350.0, "8", 200))
_DIFFICULTIES = (
    (3, "Trivial joke"),
    (6, "Easy"),
    (11, "Medium"),
    (12, "Formidable"),
    (16, "Worthy challenge"),
)


def numbering(numbers: Sequence[int], times_us: Sequence[int]) -> dict[str, str]:
    """Return GCD, ISR and SP of initial sequence numbers; nothing where there are too few."""
    if len(numbers) < FEWEST_NUMBERS:
        return {}
    steps = [min((after - before) % 2**32, (before - after) % 2**32) for before, after in pairwise(numbers)]
    seconds = [max(after - before, 1) / 1e6 for before, after in pairwise(times_us)]
    rates = [step / each for step, each in zip(steps, seconds, strict=True)]
    common, mean = gcd(*steps), sum(rates) / len(rates)
    unit = common if common > LARGE_GCD else 1
    spread = sqrt(sum(((rate - mean) / unit) ** 2 for rate in rates) / (len(rates) - 1))
    return {"SP": f"{_eighths(spread):X}", "GCD": f"{common:X}", "ISR": f"{_eighths(mean):X}"}


def _eighths(value: float) -> int:
    """Eight times the binary logarithm, 0 for what is not above 1."""
    return round(8 * log2(value)) if value > 1 else 0


def difficulty(index: int) -> str:
    """Return in Nmap's words how hard it is to foretell sequence numbers."""
    return next((word for below, word in _DIFFICULTIES if index < below), "Good luck!")


def id_class(ids: Sequence[int], fewest: int = FEWEST_IDS) -> str | None:
    """Return the class of a row of identifications; None: there are too few, or it has none."""
    if len(ids) < fewest:
        return None
    steps = [(after - before) % 2**16 for before, after in pairwise(ids)]
    if not any(ids):
        return "Z"
    if len(ids) > 2 and any(step >= 20_000 for step in steps):
        return "RD"
    if not any(steps):
        return f"{ids[0]:X}"
    if any(step > 1_000 and (step % 256 or step >= 25_600) for step in steps):
        return "RI"
    if all(step % 256 == 0 and step <= 5_120 for step in steps):
        return "BI"
    return "I" if all(step < 10 for step in steps) else None


def shared_ids(tcp: Sequence[int], first_echo: int, apart: int) -> str:
    """Return SS: whether echo replies go on counting where segments ended. `apart`: how many probes lie between."""
    mean = ((tcp[-1] - tcp[0]) % 2**16) / max(apart, 1)
    return "S" if (first_echo - tcp[-1]) % 2**16 < 3 * mean else "O"


def stamp_hz(stamps: Sequence[int], times_us: Sequence[int]) -> float | None:
    """Return how many times a second the clock of time stamps counts."""
    if len(stamps) < 2 or not all(stamps):
        return None
    rates = [
        ((after - before) % 2**32) / (max(late - soon, 1) / 1e6)
        for (before, after), (soon, late) in zip(pairwise(stamps), pairwise(times_us), strict=True)
    ]
    return sum(rates) / len(rates)


def stamping(stamps: Sequence[int | None], hz: float | None) -> str | None:
    """Return TS: U without time stamps, 0 where one is zero, else the class of their rate."""
    if not stamps:
        return None
    if None in stamps:
        return "U"
    if not all(stamps):
        return "0"
    if hz is None:
        return None
    lowest = 0.0
    for below, word, _ in _HZ:
        if word and lowest <= hz < below:
            return word
        lowest = below
    return f"{round(log2(hz)):X}"


def uptime_s(stamp: int, hz: float) -> float | None:
    """Return for how long the clock has counted, at the usual rate that the measured one is near; None: at none."""
    nominal = next((each for below, _, each in _HZ if hz < below), 1000 if 700 < hz < 1450 else 0)
    return stamp / nominal if nominal else None

"""What the keys mean that a running scan obeys, and what each of them changes. No terminal and no clock in here."""

import re
from enum import Enum

__all__ = ["HELP", "Key", "keys_of", "limit_text", "stepped"]

STEP = 0.25
LEAST_PPS = 1.0
# A key without a character sends several bytes (ECMA-48 5.4, and SS3 for the keypad); none of them is meant alone.
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]?|O.?|.?)", re.DOTALL)


class Key(Enum):
    """A key that means something."""

    FASTER = "+"
    SLOWER = "-"
    PAUSE = "p"
    STATUS = " "
    QUIT = "q"
    HELP = "?"


_OTHERS = {"=": Key.FASTER, "_": Key.SLOWER, "P": Key.PAUSE, "Q": Key.QUIT}  # with or without the shift key
HELP = (
    "Keys: + and - raise and lower the ceiling on the rate by a quarter, p pauses and goes on,",
    "      space shows the status, q ends the scan and keeps what was found, ? shows this",
)


def keys_of(typed: bytes) -> list[Key]:
    """Read what was typed; all other keys mean nothing."""
    known = {key.value: key for key in Key} | _OTHERS
    text = _SEQUENCE.sub(b"", typed).decode("latin-1")
    return [known[each] for each in text if each in known]


def stepped(ceiling_pps: float, present_pps: float, most_pps: float, key: Key) -> float:
    """The ceiling after a key: a quarter more or less than it was, or than the present rate where there was none.

    `most_pps` is never exceeded, 0: there is no such bound.
    """
    base = ceiling_pps or max(present_pps, LEAST_PPS)
    wanted = max(base * (1 + STEP if key is Key.FASTER else 1 - STEP), LEAST_PPS)
    return min(wanted, most_pps) if most_pps else wanted


def limit_text(limit_pps: float, most_pps: float) -> str:
    """A ceiling for people."""
    most = ", the most that was allowed at the start" if most_pps and limit_pps >= most_pps else ""
    figure = f"{limit_pps:,.0f}" if limit_pps >= 10 else f"{limit_pps:.1f}"
    return f"Rate: at most {figure} packets a second{most}"

"""Reads ``--scanflags``: names of TCP flags in any order, joined or with commas, or their number."""

import argparse
import re

from periplus.space.quote import quoted
from periplus.wire.tcp import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG

__all__ = ["tcp_flags"]

NAMES = {"CWR": CWR, "ECE": ECE, "URG": URG, "ACK": ACK, "PSH": PSH, "RST": RST, "SYN": SYN, "FIN": FIN}
MOST = 0xFF

_NUMBER = re.compile(r"0x[0-9a-f]{1,8}|[0-9]{1,8}", re.IGNORECASE)
_NAME = re.compile("|".join(NAMES))


def tcp_flags(text: str) -> int:
    """Read ``SYN,ECE``, ``URGACKPSHRSTSYNFIN``, ``18`` or ``0x12``."""
    if _NUMBER.fullmatch(text):
        value = int(text, 16 if text[:2].lower() == "0x" else 10)
        if value > MOST:
            raise argparse.ArgumentTypeError(f"{quoted(text)} is over 255, and TCP flags are eight bits")
        return value
    flags = 0
    for word in text.split(","):
        flags |= _joined(word.strip())
    return flags


def _joined(word: str) -> int:
    """Read names without anything in between."""
    flags, at, upper = 0, 0, word.upper()
    while match := _NAME.match(upper, at):
        flags |= NAMES[match[0]]
        at = match.end()
    if at < len(word) or not word:
        unknown = quoted(word[at:] or word)
        raise argparse.ArgumentTypeError(
            f"{unknown} is no TCP flag; there are {', '.join(NAMES)}, or a number from 0 to 255"
        )
    return flags

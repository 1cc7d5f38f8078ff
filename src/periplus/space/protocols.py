"""The syntax of IP protocols: what stands behind ``-p`` when protocols are scanned.

It is the syntax of ports, as Nmap has it, with numbers from 0 to 255: ``6``, ``1-20``, ``-20`` (from 0), ``200-`` (to
255), ``-`` (all), names and wildcards (``tcp``, ``ipv6*``), separated by commas, and ``P:`` in front if you like.
"""

import re

from periplus.errors import UsageError
from periplus.space.quote import quoted
from periplus.space.services import Services

__all__ = ["ALL_PROTOCOLS", "parse_protocols"]

LAST = 255
ALL_PROTOCOLS = tuple(range(LAST + 1))

_RANGE = re.compile(r"(\d*)-(\d*)|(\d+)", re.ASCII)
_PREFIX = re.compile(r"([A-Za-z]):")


def parse_protocols(text: str, names: Services) -> tuple[int, ...]:
    """The protocols that `text` means, ascending. Raises UsageError naming the first entry that is wrong, and why."""
    chosen: set[int] = set()
    entries = [entry.strip() for entry in text.split(",")]
    if not text.strip():
        raise UsageError(f"protocol {quoted(text)}: no protocol is given")
    for entry in entries[:-1] if not entries[-1] else entries:
        try:
            chosen.update(_meant(_without_prefix(entry), names))
        except ValueError as reason:
            raise UsageError(f"protocol {quoted(entry)}: {reason}") from None
    return tuple(sorted(chosen))


def _without_prefix(entry: str) -> str:
    match = _PREFIX.match(entry)
    if match is None:
        return entry
    if match[1].upper() != "P":
        raise ValueError("ports of TCP, UDP and SCTP are no protocols; the prefix here is P:")
    return entry[match.end() :].strip()


def _meant(entry: str, names: Services) -> range | tuple[int, ...]:
    """What an entry without prefix means; ValueError with the reason when it means nothing."""
    if not entry:
        raise ValueError("an entry is empty")
    match = _RANGE.fullmatch(entry)
    if match is None:
        found = names.ports(entry, "ip")
        if not found:
            raise ValueError("neither a number, nor a range, nor the name of a known protocol")
        return found
    if match[3] is not None:
        return range(_number(match[3]), _number(match[3]) + 1)
    first = _number(match[1]) if match[1] else 0
    last = _number(match[2]) if match[2] else LAST
    if last < first:
        raise ValueError("the range ends before it begins")
    return range(first, last + 1)


def _number(digits: str) -> int:
    significant = digits.lstrip("0") or "0"
    if len(significant) > len(str(LAST)) or int(significant) > LAST:
        raise ValueError(f"{significant[:12]} is over {LAST}")
    return int(significant)

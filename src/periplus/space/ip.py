"""Single addresses: 128-bit numbers and their text, without NumPy, whose import costs more than a route.

An IPv4 address is its IPv4-mapped IPv6 address (see `space.address`).

Text is read strictly: four decimal octets without leading zeros (which some programs take for octal), or
RFC 4291's IPv6 forms. It is written as RFC 5952 says. Zone ids (``fe80::1%eth0``, RFC 4007) are no part of an
address: `space.targets` takes them off.
"""

import re

from periplus.errors import UsageError
from periplus.space.quote import quoted

__all__ = [
    "ALL_NODES",
    "TOP",
    "V4_BASE",
    "format_ip",
    "is_link_local",
    "network",
    "parse_ip",
    "read_ip",
    "read_octet",
]

V4_BASE = 0xFFFF << 32  # the mapped form of 0.0.0.0
TOP = (1 << 128) - 1  # the last address
ALL_NODES = 0xFF02 << 112 | 1  # ff02::1, every host of a link (RFC 4291, section 2.7.1)

_QUAD = re.compile(r"(\d+)\.(\d+)\.(\d+)\.(\d+)", re.ASCII)
_GROUP = re.compile(r"[0-9a-fA-F]{1,4}")
_ZERO_RUNS = re.compile(r"\b0(?::0)+\b")


def parse_ip(text: str) -> int:
    """The address as a 128-bit integer, IPv4 mapped. Raises UsageError naming the token and the reason."""
    try:
        return read_ip(text)
    except ValueError as reason:
        raise UsageError(f"address {quoted(text)}: {reason}") from None


def read_ip(text: str) -> int:
    """As `parse_ip`, but raises ValueError with the bare reason: the caller names the token."""
    if ":" in text:
        return _read_v6(text)
    return V4_BASE | _read_v4(text)


def _read_v4(text: str) -> int:
    match = _QUAD.fullmatch(text)
    if match is None:
        raise ValueError("not an IPv4 address (four numbers with dots) nor an IPv6 address")
    number = 0
    for octet in match.groups():
        number = number << 8 | read_octet(octet)
    return number


def read_octet(digits: str) -> int:
    """An octet 0..255 from decimal digits without leading zeros; ValueError with the reason otherwise."""
    if len(digits) > 1 and digits[0] == "0":
        raise ValueError(f"octet {digits[:12]} has a leading zero, which could mean octal")
    if len(digits) > 3 or int(digits) > 255:
        raise ValueError(f"octet {digits[:12]} is over 255")
    return int(digits)


def _read_v6(text: str) -> int:
    if "%" in text:
        raise ValueError(
            "zone ids (%eth0) are taken of single IPv6 targets alone; else -e chooses the interface"
        )
    head, gap, tail = text.partition("::")
    if "::" in tail or tail.startswith(":"):
        raise ValueError('"::" can stand only once')
    left = _read_groups(head, is_end=not gap)
    right = _read_groups(tail, is_end=True)
    missing = 8 - len(left) - len(right)
    if missing < 0 or (gap and missing == 0):
        raise ValueError("more than eight groups" if missing < 0 else '"::" stands for no group')
    if missing and not gap:
        raise ValueError(f"{8 - missing} groups instead of eight")
    number = 0
    for group in [*left, *[0] * missing, *right]:
        number = number << 16 | group
    return number


def _read_groups(text: str, *, is_end: bool) -> list[int]:
    if not text:
        return []
    groups: list[int] = []
    words = text.split(":")
    last = words.pop() if is_end and "." in words[-1] else None
    for word in words:
        if not _GROUP.fullmatch(word):
            raise ValueError(f"group {quoted(word)} is not one to four hexadecimal digits")
        groups.append(int(word, 16))
    if last is not None:
        quad = _read_v4(last)
        groups += [quad >> 16, quad & 0xFFFF]
    return groups


def format_ip(number: int) -> str:
    """Dotted quad for a mapped IPv4 address, else RFC 5952 text."""
    if number >> 32 == 0xFFFF:
        return f"{number >> 24 & 255}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    text = ":".join(f"{number >> shift & 0xFFFF:x}" for shift in range(112, -1, -16))
    # RFC 5952, section 4.2: the longest run of zero groups, the first of equals, never a single group
    longest = max(_ZERO_RUNS.finditer(text), key=lambda run: len(run[0]), default=None)
    if longest is None:
        return text
    return text[: longest.start()].removesuffix(":") + "::" + text[longest.end() :].removeprefix(":")


def is_link_local(address: int) -> bool:
    """Whether an address is in fe80::/10, and so means nothing without an interface (RFC 4291, section 2.5.6)."""
    return address >> 118 == 0xFE80 >> 6


def network(address: int, prefix: int) -> tuple[int, int]:
    """First and last address of the network of `address`; `prefix` counts bits of its own family.

    Raises ValueError with the reason when the prefix does not fit the family.
    """
    bits = 32 if address >> 32 == 0xFFFF else 128
    if not 0 <= prefix <= bits:
        raise ValueError(f"prefix length /{prefix} is over {bits}")
    low = (1 << (bits - prefix)) - 1
    return address & ~low, address | low

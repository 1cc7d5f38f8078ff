"""The target syntax: what one word of the command line or of an ``-iL`` file means. Names are not resolved.

- addresses ``10.0.0.1``, ``2001:db8::1``; networks ``10.0.0.0/8``, ``2001:db8::/64``
- Nmap's octet ranges ``10.0,1.1-9.*`` (each octet a list of numbers and ranges; ``-`` and ``*`` are all;
  Nmap reference guide, chapter "Target Specification"), also with a prefix length
- first-last ranges ``10.0.0.1-10.0.0.9``, ``2001:db8::1-2001:db8::ff``
- one IPv6 address of one interface, ``fe80::1%eth0``, ``[fe80::1%eth0]:22`` (RFC 4007, section 11)
- all IPv6 hosts of a link, ``ff02::1%eth0``
- host names ``example.org``, ``example.org/24`` (the network around its address)
- ``host:port``, ``[v6]:port``: this port instead of the common ones

A word of digits and ``. - , / *`` alone is never a host name: it is an address or a typo, and a typo gets a
line that says what is wrong with it. So does a name that ends in a number (``1O.0.0.1``), since no top-level
domain is one (RFC 1123, section 2.1; WHATWG URL, "ends in a number").

Limits: octet ranges make at most 2**20 separate ranges.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from periplus.errors import UsageError
from periplus.space.ip import ALL_NODES, V4_BASE, network, read_ip, read_octet
from periplus.space.quote import quoted

__all__ = ["LONGEST_WORD", "MOST_SPANS", "Target", "parse_target", "target_words"]

MOST_SPANS = 1 << 20
LAST_PORT = 65535
LONGEST_WORD = 4_096  # characters: four octets that list all their values take 3,655
LONGEST_ZONE = 15  # of an interface's name on Linux

_NUMERIC = re.compile(r"[0-9.,\-/*]+")
_V4_PAIR = re.compile(r"(\d+(?:\.\d+)+)-(\d+(?:\.\d+)+)", re.ASCII)
_OCTET_PART = re.compile(r"(\d*)-(\d*)|(\d+)|\*", re.ASCII)
_HEX = re.compile(r"0[xX][0-9a-fA-F]*")
_FULL = (0, 255)


@dataclass(frozen=True, slots=True)
class Target:
    """What one word means: either `spans` or a `name` to resolve.

    `spans` are inclusive pairs of 128-bit addresses (IPv4 mapped), ascending. `prefix` is the length behind
    a name's slash. `port` is the port of ``host:port``, `zone` the interface of ``address%interface``. `text` is the
    word, for messages.
    """

    text: str
    spans: tuple[tuple[int, int], ...] = ()
    name: str | None = None
    prefix: int | None = None
    port: int | None = None
    zone: str | None = None

    @property
    def is_exact(self) -> bool:
        """Whether it names one address and no range."""
        return len(self.spans) == 1 and self.spans[0][0] == self.spans[0][1]

    @property
    def is_all_nodes(self) -> bool:
        """Whether it means every IPv6 host of a link."""
        return self.spans == ((ALL_NODES, ALL_NODES),)


def parse_target(token: str) -> Target:
    """The meaning of one word. Raises UsageError: one line with the word and what is wrong with it."""
    try:
        return _read(token)
    except ValueError as reason:
        raise UsageError(f"target {quoted(token)}: {reason}") from None


def target_words(chunks: Iterable[str]) -> Iterator[str]:
    """The words of an ``-iL`` file, given piece by piece: separated by any white space, ``#`` comments to the end of
    the line. However long its lines and comments are, little more than a piece of it is kept.

    Raises UsageError at a word that is longer than any target.
    """
    rest = ""  # a line that has not ended yet, without what is behind it already
    for chunk in chunks:
        lines = (rest + chunk).splitlines(keepends=True)
        rest = lines.pop() if lines and lines[-1:] == lines[-1].splitlines() else ""
        yield from (word for line in lines for word in line.partition("#")[0].split())
        text, comment, _ = rest.partition("#")
        words = text.split()
        last = words.pop() if words and not text[-1].isspace() else ""
        yield from words
        if len(last) > LONGEST_WORD:
            raise UsageError(
                f"a word in it is longer than {LONGEST_WORD:,} characters, so it is no list of targets"
            )
        rest = last + comment
    yield from rest.partition("#")[0].split()


def _read(token: str) -> Target:
    if not token:
        raise ValueError("it is empty")
    if "://" in token:
        raise ValueError("this is a URL; give the host alone, or host:port")
    host, port = _split_port(token)
    host, percent, zone = host.partition("%")
    if percent:
        return Target(token, (_read_zoned(host, zone),), port=port, zone=zone)
    if _NUMERIC.fullmatch(host):
        return Target(token, tuple(_read_v4(host)), port=port)
    if ":" in host:
        return Target(token, (_read_v6(host),), port=port)
    name, slash, prefix = host.partition("/")
    _check_name(name)
    return Target(token, name=name, prefix=_read_prefix(prefix, 128) if slash else None, port=port)


def _split_port(token: str) -> tuple[str, int | None]:
    """What stands before ``:port``, and the port; brackets around IPv6 go, and are needed for its port."""
    if token.startswith("["):
        host, closed, rest = token[1:].partition("]")
        if not closed:
            raise ValueError('the bracket "[" is not closed')
        if ":" not in host:
            raise ValueError("brackets are for IPv6 addresses")
        if rest and not rest.startswith(":"):
            raise ValueError(f"{quoted(rest)} behind the bracket is not :port")
        return host, _read_port(rest[1:]) if rest else None
    if token.count(":") == 1:
        host, _, digits = token.partition(":")
        if not host:
            raise ValueError("no host stands before the colon")
        return host, _read_port(digits)
    return token, None


def _read_port(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"port {quoted(digits)} is not a number")
    if len(digits) > 5 or int(digits) > LAST_PORT:
        raise ValueError(f"port {digits[:12]} is over {LAST_PORT}")
    return int(digits)


def _read_prefix(digits: str, bits: int) -> int:
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"prefix length {quoted(digits)} is not a number of bits, as in /24")
    if len(digits) > 3 or int(digits) > bits:
        raise ValueError(f"prefix length /{digits[:12]} is over {bits}")
    return int(digits)


def _read_v6(host: str) -> tuple[int, int]:
    if "-" in host:
        first, _, last = host.partition("-")
        if ":" not in last:
            raise ValueError(
                "a range of IPv6 addresses needs both of them whole, as in 2001:db8::1-2001:db8::ff"
            )
        return _ordered(read_ip(first), read_ip(last))
    address, slash, prefix = host.partition("/")
    number = read_ip(address)
    if not slash:
        return number, number
    # a mapped address written as IPv6 counts its prefix in 128 bits too
    bits = _read_prefix(prefix, 128)
    low = (1 << (128 - bits)) - 1
    return number & ~low, number | low


def _read_zoned(host: str, zone: str) -> tuple[int, int]:
    if ":" not in host:
        raise ValueError("only IPv6 addresses have a zone (%); for others -e chooses the interface")
    if "/" in zone or "/" in host or "-" in host:
        raise ValueError("a zone (%) is for a single address; for more of them -e chooses the interface")
    if not 0 < len(zone) <= LONGEST_ZONE or not zone.isprintable():
        raise ValueError(f"{quoted(zone)} behind the % is no interface's name")
    number = read_ip(host)
    if number >> 32 == V4_BASE >> 32:
        raise ValueError("an IPv4 address has no zone (%); -e chooses the interface")
    return number, number


def _ordered(first: int, last: int) -> tuple[int, int]:
    if last < first:
        raise ValueError("the range ends before it begins")
    return first, last


def _read_v4(host: str) -> Iterable[tuple[int, int]]:
    pair = _V4_PAIR.fullmatch(host)
    if pair is not None and host.count(".") > 3:
        return [_ordered(read_ip(pair[1]), read_ip(pair[2]))]
    spec, slash, prefix = host.partition("/")
    words = spec.split(".")
    if len(words) != 4:
        raise ValueError(f"an IPv4 address has four octets, this has {len(words)}")
    bits = _read_prefix(prefix, 32) if slash else 32
    if all(word.isdigit() for word in words):
        return [network(V4_BASE | read_ip(spec), bits)]
    mask = (1 << 32) - (1 << (32 - bits))
    octets = [_read_octets(word) for word in words]
    return _expand(
        [_widen(runs, mask >> shift & 255) for runs, shift in zip(octets, (24, 16, 8, 0), strict=True)]
    )


def _read_octets(word: str) -> list[tuple[int, int]]:
    """The values of one octet as merged runs, ascending."""
    values: set[int] = set()
    for part in word.split(","):
        match = _OCTET_PART.fullmatch(part)
        if match is None:
            raise ValueError(f"octet {quoted(word)} is neither a number, a range, a list of these, nor *")
        if match[3] is not None:
            values.add(read_octet(match[3]))
            continue
        first = read_octet(match[1]) if match[1] else 0
        last = read_octet(match[2]) if match[2] else 255
        if last < first:
            raise ValueError(f"octet range {part} ends before it begins")
        values.update(range(first, last + 1))
    return _runs(values)


def _runs(values: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for value in sorted(values):
        if runs and runs[-1][1] + 1 == value:
            runs[-1] = (runs[-1][0], value)
        else:
            runs.append((value, value))
    return runs


def _widen(runs: list[tuple[int, int]], mask: int) -> list[tuple[int, int]]:
    """The values that agree with one of the runs in the bits of `mask`."""
    if mask == 255:
        return runs
    kept = {value & mask for first, last in runs for value in range(first, last + 1)}
    return _runs(value | low for value in kept for low in range(256 - mask))


def _expand(octets: list[list[tuple[int, int]]]) -> list[tuple[int, int]]:
    """All addresses as spans: octets behind the last restricted one are whole, so its runs are ranges."""
    split = max((at for at, runs in enumerate(octets) if runs != [_FULL]), default=0)
    heads = [[value for first, last in runs for value in range(first, last + 1)] for runs in octets[:split]]
    count = len(octets[split])
    for values in heads:
        count *= len(values)
    if count > MOST_SPANS:
        raise ValueError(f"its octets make {count:,} separate ranges; at most {MOST_SPANS:,} are taken")
    tail = 8 * (3 - split)
    spans = []
    for head in product(*heads):
        base = V4_BASE | sum(value << 24 - 8 * at for at, value in enumerate(head))
        spans += [(base + (first << tail), base + (last + 1 << tail) - 1) for first, last in octets[split]]
    return spans


def _check_name(name: str) -> None:
    """Whether a name can be resolved at all (RFC 1123, section 2.1; underscores and other letters pass)."""
    bare = name.removesuffix(".")
    labels = bare.split(".")
    if _HEX.fullmatch(bare):
        raise ValueError("addresses are not taken in hexadecimal")
    if len(bare) > 253 or any(len(label) > 63 for label in labels):
        raise ValueError("too long for a host name (253 characters, 63 between dots)")
    for label in labels:
        if not label:
            raise ValueError("a host name has something between its dots")
        odd = next((c for c in label if not (c.isalnum() or c in "-_")), None)
        if odd is not None:
            raise ValueError(f"{quoted(odd)} cannot stand in a host name")
        if label.startswith("-") or label.endswith("-"):
            raise ValueError("a part of a host name begins or ends with a hyphen")
    if labels[-1].isdigit():
        raise ValueError("neither an address nor a host name, which never ends in a number")

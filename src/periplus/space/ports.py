"""The port syntax: what stands behind ``-p``, ``--exclude-ports`` and ``--top-ports``.

It is Nmap's, as its reference guide describes it (chapter "Port Specification and Scan Order"):

- ``22``, ``1-1024``, ``-100`` (from 1), ``60000-`` (to 65535), ``-`` (1-65535), separated by commas
- ``http``, ``http*``, ``?map``: services by name, with wildcards
- ``[1-1024]``, ``[-]``: those ports of a range that have a known service
- ``T:``, ``U:``, ``S:`` before an entry: it and all that follow are of TCP, UDP, SCTP alone; entries before
  the first prefix are of all three

Port 0 is meant only by whoever writes a 0. Repeated ports count once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from periplus.errors import UsageError
from periplus.space.quote import quoted
from periplus.space.services import PROTOCOLS, Services

__all__ = ["PortSpec", "parse_ports", "read_ranking", "top_ports"]

PREFIXES = {"T": ("tcp",), "U": ("udp",), "S": ("sctp",)}
LAST = 65535

_PREFIX = re.compile(r"([A-Za-z]):")
_RANGE = re.compile(r"(\d*)-(\d*)|(\d+)", re.ASCII)
_NAME = re.compile(r"[!-~]*[A-Za-z*?][!-~]*")
_ENTRY = re.compile(r"\s*((?:[A-Za-z]:)?\s*\[[^\]]*\]?[^,]*|[^,]*)(?:,|$)")


@dataclass(frozen=True, slots=True)
class PortSpec:
    """Ports of each protocol, ascending and without repetition."""

    tcp: tuple[int, ...] = ()
    udp: tuple[int, ...] = ()
    sctp: tuple[int, ...] = ()

    def without(self, other: "PortSpec") -> "PortSpec":
        """These ports but for those of `other`, protocol by protocol."""
        return PortSpec(
            _less(self.tcp, other.tcp),
            _less(self.udp, other.udp),
            _less(self.sctp, other.sctp),
        )


def parse_ports(text: str, services: Services) -> PortSpec:
    """The ports that `text` means. Raises UsageError naming the first entry that is wrong, and why."""
    marks = {proto: bytearray(LAST + 1) for proto in PROTOCOLS}
    protos: tuple[str, ...] = PROTOCOLS
    for entry in _entries(text):
        try:
            protos, rest = _strip_prefix(entry, protos)
            _mark(rest, protos, services, marks)
        except ValueError as reason:
            raise UsageError(f"port {quoted(entry)}: {reason}") from None
    columns = {bytes(mark): np.frombuffer(mark, np.uint8) for mark in marks.values()}  # three are often alike
    ports = {key: tuple(np.flatnonzero(column).tolist()) for key, column in columns.items()}
    return PortSpec(*(ports[bytes(marks[proto])] for proto in PROTOCOLS))


def read_ranking(ranking: str) -> list[int]:
    """The ports of a ranking, most often open first: numbers and ranges ``a-b``; ``#`` begins a comment."""
    words = [word for line in ranking.splitlines() for word in line.partition("#")[0].split()]
    ends = [(first, last or first) for first, _, last in (word.partition("-") for word in words)]
    return [port for first, last in ends for port in range(int(first), int(last) + 1)]


def top_ports(n: int, ranking: str) -> tuple[int, ...]:
    """The first `n` ports of a ranking, ascending. Raises UsageError when it does not hold so many."""
    ranked = read_ranking(ranking)
    if not 1 <= n <= len(ranked):
        raise UsageError(
            f"top ports {n}: the ranking holds {len(ranked)} ports, so ask for 1 to {len(ranked)}"
        )
    return tuple(sorted(ranked[:n]))


def _less(ports: tuple[int, ...], others: Iterable[int]) -> tuple[int, ...]:
    gone = frozenset(others)
    return tuple(port for port in ports if port not in gone)


def _entries(text: str) -> list[str]:
    """The entries between commas; commas inside brackets do not count, one at the very end is forgiven."""
    body = text.strip()
    if not body:
        raise UsageError(f"port {quoted(text)}: no port is given")
    entries = [match[1].strip() for match in _ENTRY.finditer(body)]
    return entries[:-1] if not entries[-1] else entries


def _strip_prefix(entry: str, protos: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    match = _PREFIX.match(entry)
    if match is None:
        return protos, entry
    letter = match[1].upper()
    if letter not in PREFIXES:
        raise ValueError("the prefixes are T: (TCP), U: (UDP) and S: (SCTP)")
    return PREFIXES[letter], entry[match.end() :].strip()


def _mark(entry: str, protos: tuple[str, ...], services: Services, marks: dict[str, bytearray]) -> None:
    """Mark what an entry without prefix means; ValueError with the reason when it means nothing."""
    if entry.startswith("["):
        _mark_known(entry, protos, services, marks)
        return
    span = _read_range(entry)
    if span is not None:
        first, last = span
        for proto in protos:
            marks[proto][first : last + 1] = b"\1" * (last + 1 - first)
        return
    found = {proto: services.ports(entry, proto) for proto in protos}
    if not any(found.values()):
        which = "" if protos == PROTOCOLS else f" over {protos[0].upper()}"
        raise ValueError(f"no service with such a name is known{which}")
    for proto, ports in found.items():
        for port in ports:
            marks[proto][port] = 1


def _read_range(entry: str) -> tuple[int, int] | None:
    """First and last port of a number or a range; None for what can be a service's name."""
    match = _RANGE.fullmatch(entry)
    if match is None:
        if _NAME.fullmatch(entry):
            return None
        raise ValueError(
            "neither a port, nor a range, nor a service's name" if entry else "an entry is empty"
        )
    if match[3] is not None:
        port = _read_port(match[3])
        return port, port
    first = _read_port(match[1]) if match[1] else 1
    last = _read_port(match[2]) if match[2] else LAST
    if last < first:
        raise ValueError("the range ends before it begins")
    return first, last


def _read_port(digits: str) -> int:
    significant = digits.lstrip("0") or "0"
    if len(significant) > 5 or int(significant) > LAST:
        raise ValueError(f"{significant[:12]} is over {LAST}")
    return int(significant)


def _mark_known(entry: str, protos: tuple[str, ...], services: Services, marks: dict[str, bytearray]) -> None:
    if not entry.endswith("]"):
        raise ValueError('the bracket "[" is not closed at the end')
    spans = [_read_range(part.strip()) for part in entry[1:-1].split(",")]
    for proto in protos:
        known = services.known(proto)
        for span in spans:
            if span is None:
                raise ValueError("brackets hold ranges of ports, not names")
            for port in known:
                marks[proto][port] |= span[0] <= port <= span[1]

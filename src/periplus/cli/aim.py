"""From words to a space: targets, lists, excludes and ports, with names resolved.

A name among the targets that does not resolve is told and left out, as one dead name must not stop a list; among the
excludes it stops the run, since what must not be probed is then unknown.
"""

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from periplus.columns import U16
from periplus.data import ranking_text
from periplus.errors import UsageError
from periplus.space.address import network
from periplus.space.ports import parse_ports, top_ports
from periplus.space.ranges import AddressSpace
from periplus.space.services import Services
from periplus.space.space import Space, unprobeable
from periplus.space.targets import Target, parse_target, parse_target_list

__all__ = ["Aim", "aim", "chosen_ports"]

DEFAULT_TOP = 1000
STDIN = "-"
Resolve = Callable[[str, int | None, bool], list[int]]
Tell = Callable[[str], None]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be probed; `names` are (name, address) of targets that were given by name."""

    space: Space
    names: tuple[tuple[str, int], ...]
    ports: tuple[int, ...]


def aim(given: argparse.Namespace, services: Services, resolve: Resolve, tell: Tell) -> Aim:
    """Build the space that the options mean. UsageError: one line that names what is wrong."""
    ports = chosen_ports(given, services, tell)
    words = given.targets + [word for file in given.lists for word in parse_target_list(_read(file, "-iL"))]
    if not words:
        raise UsageError('no targets given; an address, range or name is needed, see "periplus scan --help"')
    excluded = _excluded(given, resolve)
    names: list[tuple[str, int]] = []
    by_ports: dict[int | None, list[Span]] = {}
    exact: dict[int | None, list[Span]] = {}
    for target in map(parse_target, words):
        spans = _spans(target, given, resolve, tell, names)
        (exact if target.is_exact or target.name else by_ports).setdefault(target.port, []).extend(spans)
    parts = [(AddressSpace.of(spans) - excluded, _ports(port, ports)) for port, spans in exact.items()]
    for port, spans in by_ports.items():
        wide = AddressSpace.of(spans) - excluded
        parts.append((wide - unprobeable(wide), _ports(port, ports)))
    space = Space.of(parts)
    if not space.n_hosts:
        raise UsageError("nothing is left to probe: all targets are excluded, reserved or did not resolve")
    return Aim(space, tuple((name, at) for name, at in names if at not in excluded), ports)


def chosen_ports(given: argparse.Namespace, services: Services, tell: Tell) -> tuple[int, ...]:
    """Return the TCP ports that -p, -F or --top-ports mean, less --exclude-ports."""
    if given.ports is None:
        ports = top_ports(given.top or DEFAULT_TOP, ranking_text())
    else:
        spec = parse_ports(given.ports, services)
        ports = spec.tcp
        if not ports:
            raise UsageError(f"-p {given.ports}: no TCP ports in it, and no other protocol is scanned yet")
        if "U:" in given.ports.upper() or "S:" in given.ports.upper():
            tell("UDP and SCTP ports in -p are left out: no technique here asks them")
    if given.exclude_ports is not None:
        without = set(parse_ports(given.exclude_ports, services).tcp)
        ports = tuple(port for port in ports if port not in without)
    if not ports:
        raise UsageError("no ports are left to probe: --exclude-ports takes them all")
    return ports


def _ports(own: int | None, ports: tuple[int, ...]) -> U16:
    return np.array(ports if own is None else (own,), np.uint16)


def _spans(
    target: Target, given: argparse.Namespace, resolve: Resolve, tell: Tell, names: list[tuple[str, int]]
) -> Iterable[Span]:
    if target.name is None:
        return target.spans
    try:
        addresses = resolve(target.name, given.family, given.resolve_all)
    except UsageError as error:
        tell(f"{error}; it is left out")
        return ()
    names.extend((target.name, address) for address in addresses)
    return _widened(target, addresses)


def _widened(target: Target, addresses: list[int]) -> list[Span]:
    if target.prefix is None:
        return [(address, address) for address in addresses]
    return [network(address, target.prefix) for address in addresses]


def _excluded(given: argparse.Namespace, resolve: Resolve) -> AddressSpace:
    words = [word for group in given.exclude for word in _split_excludes(group)]
    for file in given.exclude_files:
        words += parse_target_list(_read(file, "--exclude-file"))
    spans: list[Span] = []
    for target in map(parse_target, words):
        if target.port is not None:
            raise UsageError(
                f'exclude "{target.text}": an address is excluded whole; for ports use --exclude-ports'
            )
        if target.name is None:
            spans.extend(target.spans)
        else:
            spans.extend(_widened(target, resolve(target.name, None, True)))
    return AddressSpace.of(spans)


def _split_excludes(group: str) -> list[str]:
    """Split at commas, except where a comma belongs to an octet list such as 198.18.0.1,3."""
    words: list[str] = []
    for piece in group.split(","):
        if words and piece and "." not in piece and ":" not in piece and piece.replace("-", "").isdigit():
            words[-1] += f",{piece}"
        elif piece:
            words.append(piece)
    return words


def _read(file: str, flag: str) -> str:
    if file == STDIN:
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{flag} {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{flag} {file}: this is not text ({error.reason} at byte {error.start})") from error

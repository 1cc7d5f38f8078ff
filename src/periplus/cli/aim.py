"""From words to a space: targets, lists, excludes and ports, with names resolved.

A name among the targets that does not resolve is told and left out, as one dead name must not stop a list; among the
excludes it stops the run, since what must not be probed is then unknown.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from periplus.columns import U16
from periplus.data import ranking_text
from periplus.errors import UsageError
from periplus.space.ip import network
from periplus.space.ports import PortSpec, parse_ports, top_ports
from periplus.space.protocols import ALL_PROTOCOLS, parse_protocols
from periplus.space.ranges import AddressSpace
from periplus.space.services import Services
from periplus.space.space import Space, unprobeable
from periplus.space.targets import Target, parse_target, parse_target_list
from periplus.technique.catalogue import by_name

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
    """Build the space that the options mean. UsageError: one line that names what is wrong.

    `resolve` is asked for a name, a family (4, 6 or None) and whether all of its addresses are wanted. It is asked
    for nothing before all words are known to be right.
    """
    _check_stdin([*given.lists, *given.exclude_files])
    ports = chosen_ports(given, services, tell)
    targets = [parse_target(word) for word in given.targets]
    targets += [target for file in given.lists for target in _listed("-iL", file)]
    if not targets:
        raise UsageError('no targets given; an address, range or name is needed, see "periplus scan --help"')
    if _asks_protocols(given):
        _check_portless(targets)
    excluded = _excluded(given, resolve)
    names: list[tuple[str, int]] = []
    wide: dict[int | None, list[Span]] = {}
    exact: dict[int | None, list[Span]] = {}
    for target in targets:
        spans = _spans(target, given, resolve, tell, names)
        (exact if _is_exact(target) else wide).setdefault(target.port, []).extend(spans)
    parts = [(AddressSpace.of(spans) - excluded, _ports(port, ports)) for port, spans in exact.items()]
    for port, spans in wide.items():
        asked = AddressSpace.of(spans) - excluded
        parts.append((asked - unprobeable(asked), _ports(port, ports)))
    space = Space.of(parts)
    if not space.n_hosts:
        raise UsageError("nothing is left to probe: all targets are excluded, reserved or did not resolve")
    return Aim(space, tuple((name, at) for name, at in names if at not in excluded), ports)


def chosen_ports(given: argparse.Namespace, services: Services, tell: Tell) -> tuple[int, ...]:
    """Return the TCP ports that -p, -F or --top-ports mean, less --exclude-ports; or the protocols that -p means."""
    if _asks_protocols(given):
        return _chosen_protocols(given, services)
    if given.ports is None:
        ports = top_ports(given.top or DEFAULT_TOP, ranking_text())
    else:
        ports = _asked_ports(given.ports, services, tell)
    without: set[int] = set()
    for text in given.exclude_ports:
        without.update(_parsed_ports("--exclude-ports", text, services).tcp)
    if without:
        ports = tuple(port for port in ports if port not in without)
    if not ports:
        raise UsageError("no ports are left to probe: --exclude-ports takes them all")
    return ports


def _asks_protocols(given: argparse.Namespace) -> bool:
    return given.technique is not None and by_name(given.technique).asks_protocols


def _chosen_protocols(given: argparse.Namespace, services: Services) -> tuple[int, ...]:
    """Return the IP protocols that -p means, all without it, less --exclude-ports."""
    if given.top is not None:
        raise UsageError("-F and --top-ports rank ports; protocols have no ranking, so choose them with -p")
    chosen = ALL_PROTOCOLS if given.ports is None else _parsed_protocols("-p", _single(given.ports), services)
    without = {
        each for text in given.exclude_ports for each in _parsed_protocols("--exclude-ports", text, services)
    }
    left = tuple(each for each in chosen if each not in without)
    if not left:
        raise UsageError("no protocols are left to probe: --exclude-ports takes them all")
    return left


def _parsed_protocols(flag: str, text: str, services: Services) -> tuple[int, ...]:
    try:
        return parse_protocols(text, services)
    except UsageError as error:
        raise UsageError(f"{flag}: {error}") from None


def _check_portless(targets: list[Target]) -> None:
    for target in targets:
        if target.port is not None:
            raise UsageError(f'target "{target.text}": protocols have no ports; name the host alone')


def _single(texts: list[str]) -> str:
    if len(texts) > 1:
        raise UsageError(f"-p is given twice; join the ports with a comma, as in -p {texts[0]},{texts[1]}")
    return texts[0]


def _asked_ports(texts: list[str], services: Services, tell: Tell) -> tuple[int, ...]:
    text = _single(texts)
    spec = _parsed_ports("-p", text, services)
    if not spec.tcp:
        raise UsageError(f"-p {text}: no TCP ports in it, and no other protocol is scanned yet")
    if "U:" in text.upper() or "S:" in text.upper():
        tell("UDP and SCTP ports in -p are left out: no technique here asks them")
    return spec.tcp


def _parsed_ports(flag: str, text: str, services: Services) -> PortSpec:
    try:
        return parse_ports(text, services)
    except UsageError as error:
        raise UsageError(f"{flag}: {error}") from None


def _ports(own: int | None, ports: tuple[int, ...]) -> U16:
    return np.array(ports if own is None else (own,), np.uint16)


def _is_exact(target: Target) -> bool:
    """Whether it names single addresses: these are probed even if they are reserved."""
    return target.is_exact if target.name is None else target.prefix is None


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
    targets = [target for group in given.exclude for target in _in_place("--exclude", _split_excludes(group))]
    targets += [target for file in given.exclude_files for target in _listed("--exclude-file", file)]
    spans: list[Span] = []
    for target in targets:
        if target.port is not None:
            raise UsageError(
                f'exclude "{target.text}": an address is excluded whole; for ports use --exclude-ports'
            )
    for target in targets:
        if target.name is None:
            spans.extend(target.spans)
        else:
            spans.extend(_widened(target, _resolved_exclude(target.name, resolve)))
    return AddressSpace.of(spans)


def _resolved_exclude(name: str, resolve: Resolve) -> list[int]:
    try:
        return resolve(name, None, True)
    except UsageError as error:
        raise UsageError(f"exclude: {error}; nothing is scanned while that is unknown") from None


def _split_excludes(group: str) -> list[str]:
    """Split at commas, except where a comma belongs to an octet list such as 198.18.0.1,3."""
    words: list[str] = []
    for piece in group.split(","):
        if words and piece and "." not in piece and ":" not in piece and piece.replace("-", "").isdigit():
            words[-1] += f",{piece}"
        elif piece.strip():
            words.append(piece.strip())
    if not words:  # an unset variable of a script, most likely
        raise UsageError("--exclude: it is empty; leave it away if nothing is to be excluded")
    return words


def _listed(flag: str, file: str) -> Iterator[Target]:
    return _in_place(f"{flag} {file}", parse_target_list(_read(file, flag)))


def _in_place(where: str, words: Iterable[str]) -> Iterator[Target]:
    """Parse words, saying in errors where they stand."""
    for word in words:
        try:
            yield parse_target(word)
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from None


def _check_stdin(files: list[str]) -> None:
    if files.count(STDIN) > 1:
        raise UsageError("standard input (-) can be read only once, for -iL or for --exclude-file")


def _read(file: str, flag: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise UsageError(f"{flag} {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{flag} {file}: this is not text ({error.reason} at byte {error.start})") from error

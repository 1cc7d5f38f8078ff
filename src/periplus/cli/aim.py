"""From words to a space: targets, lists, excludes and ports, with names resolved.

A name among the targets that does not resolve is told and left out, as one dead name must not stop a list; among the
excludes it stops the run, since what must not be probed is then unknown.

What cannot be asked address by address, all hosts of a link (``ff02::1%eth0``) and IPv6 networks of 64 prefix bits
or fewer, is replaced by the hosts that answer there to multicast. An interface behind a % is the interface of the
run, as ``-e`` is; in an exclude it says nothing, as an address is never probed then, whatever its link.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from periplus.cli.userfiles import STDIN, words_of
from periplus.columns import U16
from periplus.data import ranking_text, ranking_udp_text
from periplus.errors import UsageError
from periplus.space.ip import format_ip, is_link_local, network
from periplus.space.ports import PortSpec, parse_ports, read_ranking, top_ports
from periplus.space.protocols import ALL_PROTOCOLS, parse_protocols
from periplus.space.quote import quoted
from periplus.space.ranges import AddressSpace
from periplus.space.services import Services
from periplus.space.space import Space, unprobeable
from periplus.space.targets import Target, parse_target

__all__ = ["IP", "Aim", "aim", "chosen_ports", "excluded_ports", "named_ports"]

DEFAULT_TOP = 1000
IP = "ip"  # the protocol of techniques whose ports are protocols
ZERO = (
    "port 0 is asked since you named it: programs do not listen there, so what answers is a stack or a filter"
)
PREFIXES = {"tcp": ("T", "-sS"), "udp": ("U", "-sU"), "sctp": ("S", "-sY")}
WIDE = 1 << 64  # so many addresses are never asked one by one
Resolve = Callable[[str, int | None, bool], list[int]]
Tell = Callable[[str], None]
Span = tuple[int, int]
Gather = Callable[[str, str | None, Span | None], list[int]]


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be probed: all hosts, and by protocol the space of those and their ports.

    `names` are (name, address) of targets that were given by name; `ports` those that targets without ports of
    their own get; `interface` the one that was chosen. `targets` are all words as they were understood.
    """

    hosts: AddressSpace
    spaces: dict[str, Space]
    names: tuple[tuple[str, int], ...]
    ports: dict[str, tuple[int, ...]]
    interface: str | None = None
    targets: tuple[Target, ...] = ()


def aim(
    given: argparse.Namespace,
    services: Services,
    resolve: Resolve,
    tell: Tell,
    protos: tuple[str, ...],
    gather: Gather,
) -> Aim:
    """Build the spaces that the options mean. UsageError: one line that names what is wrong.

    `resolve` is asked for a name, a family (4, 6 or None) and whether all of its addresses are wanted; `gather` for
    the hosts of a target, on the link of an interface, or in a network. They are asked for nothing before all words
    are known to be right.
    """
    _check_stdin([*given.lists, *given.exclude_files])
    ports = chosen_ports(given, services, tell, protos)
    targets = [parse_target(word) for word in given.targets]
    targets += [target for file in given.lists for target in _listed("-iL", file)]
    if not targets:
        raise UsageError('no targets given; an address, range or name is needed, see "periplus scan --help"')
    if IP in protos:
        _check_portless(targets)
    finder = _Finder(given, resolve, tell, gather, _interface(targets, given))
    excluded = _excluded(given, resolve)
    parts = [(asked, port) for port, asked in _asked(targets, finder, excluded) if asked.size]
    hosts = AddressSpace.union(asked for asked, _ in parts)
    if not hosts.size:
        raise UsageError("nothing is left to probe: all targets are excluded, reserved or not found")
    spaces = {
        proto: Space.of((asked, _ports(port, ports[proto])) for asked, port in parts) for proto in protos
    }
    names = tuple((name, at) for name, at in finder.names if at not in excluded)
    return Aim(hosts, spaces, names, ports, finder.interface, tuple(targets))


def _interface(targets: list[Target], given: argparse.Namespace) -> str | None:
    """The one interface of the run, chosen by -e or behind a %; what means nothing without one is refused."""
    chosen: str | None = given.interface
    named = "-e"
    for target in targets:
        if target.zone is not None and chosen not in (None, target.zone):
            raise UsageError(
                f"target {quoted(target.text)}: a run has one interface, and {named} says {chosen}; scan them apart"
            )
        if target.zone is not None and chosen is None:
            chosen, named = target.zone, quoted(target.text)
    for target in targets if chosen is None and not given.only_list else ():
        if target.is_all_nodes or any(is_link_local(first) for first, _ in target.spans):
            example = f"{format_ip(target.spans[0][0])}%eth0 or " if target.is_exact else ""
            raise UsageError(
                f"target {quoted(target.text)}: every link has it; say which, as in {example}-e eth0"
            )
    return chosen


def _asked(
    targets: list[Target], finder: "_Finder", excluded: AddressSpace
) -> Iterator[tuple[int | None, AddressSpace]]:
    """Yield the addresses of targets with each port of their own (None: without), less what must not be probed."""
    wide: dict[int | None, list[Span]] = {}
    exact: dict[int | None, list[Span]] = {}
    for target in targets:
        spans = finder.spans(target)
        (exact if _is_exact(target) else wide).setdefault(target.port, []).extend(spans)
    for port, spans in exact.items():
        yield port, AddressSpace.of(spans) - excluded
    for port, spans in wide.items():
        asked = AddressSpace.of(spans) - excluded
        yield port, asked - unprobeable(asked)


def chosen_ports(
    given: argparse.Namespace, services: Services, tell: Tell, protos: tuple[str, ...]
) -> dict[str, tuple[int, ...]]:
    """Return by protocol the ports that -p, -F or --top-ports mean, less --exclude-ports.

    For ``ip`` these are the protocols that -p means.
    """
    if IP in protos:
        return {IP: _chosen_protocols(given, services)}
    if given.ports is None:
        ports = {proto: _common_ports(proto, given.top, services) for proto in protos}
    else:
        ports = _asked_ports(given.ports, services, tell, protos)
    for text in given.exclude_ports:
        without = _parsed_ports("--exclude-ports", text, services)
        for proto in protos:
            gone = frozenset(getattr(without, proto))
            ports[proto] = tuple(port for port in ports[proto] if port not in gone)
    for proto, left in ports.items():
        if not left:
            raise UsageError(f"no {proto.upper()} ports are left to probe: --exclude-ports takes them all")
    if any(0 in chosen for chosen in ports.values()):
        tell(ZERO)
    return ports


def excluded_ports(given: argparse.Namespace, services: Services) -> frozenset[int]:
    """Return the TCP ports that --exclude-ports means."""
    without = (_parsed_ports("--exclude-ports", text, services) for text in given.exclude_ports)
    return frozenset(port for each in without for port in each.tcp)


def named_ports(texts: list[str] | None) -> frozenset[int]:
    """Return the ports that the values of -p name one by one, by number."""
    words = (word.rpartition(":")[2].strip() for text in texts or () for word in text.split(","))
    return frozenset(int(word) for word in words if word.isdecimal() and word.isascii())


def _common_ports(proto: str, top: int | None, services: Services) -> tuple[int, ...]:
    """The most common ports: a ranking, and where that ends the ports that have a name."""
    if proto == "sctp":
        return services.known(proto)
    if proto == "tcp":
        return top_ports(top or DEFAULT_TOP, ranking_text())
    ranked = read_ranking(ranking_udp_text())
    ranked += sorted(set(services.known(proto)) - set(ranked))
    if (top or DEFAULT_TOP) > len(ranked):
        raise UsageError(
            f"top ports {top}: of UDP ports {len(ranked)} are known, so ask for 1 to {len(ranked)}"
        )
    return tuple(sorted(ranked[: top or DEFAULT_TOP]))


def _asked_ports(
    texts: list[str], services: Services, tell: Tell, protos: tuple[str, ...]
) -> dict[str, tuple[int, ...]]:
    text = _single(texts)
    spec = _parsed_ports("-p", text, services)
    ports = {proto: getattr(spec, proto) for proto in protos}
    for proto, chosen in ports.items():
        if not chosen:
            raise UsageError(
                f"-p {text}: no {proto.upper()} ports in it, and {proto.upper()} is to be scanned"
            )
    for proto, (letter, flag) in PREFIXES.items():
        if f"{letter}:" in text.upper() and proto not in protos:
            tell(f"the {proto.upper()} ports in -p are left out: {flag} scans them")
    return ports


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


def _parsed_ports(flag: str, text: str, services: Services) -> PortSpec:
    try:
        return parse_ports(text, services)
    except UsageError as error:
        raise UsageError(f"{flag}: {error}") from None


def _ports(own: int | None, ports: tuple[int, ...]) -> U16:
    return np.array(ports if own is None else (own,), np.uint16)


def _is_exact(target: Target) -> bool:
    """Whether it names single addresses: these are probed even if they are reserved."""
    if target.is_all_nodes:
        return False
    return target.is_exact if target.name is None else target.prefix is None


class _Finder:
    """Finds the addresses of targets: of names by resolving, of whole links by asking there."""

    def __init__(
        self,
        given: argparse.Namespace,
        resolve: Resolve,
        tell: Tell,
        gather: Gather,
        interface: str | None,
    ) -> None:
        self.interface = interface
        self.names: list[tuple[str, int]] = []
        self._given = given
        self._resolve = resolve
        self._tell = tell
        self._gather = gather

    def spans(self, target: Target) -> list[Span]:
        """The ranges that a target means."""
        if target.is_all_nodes:
            return self._gathered(target, None)
        found: list[Span] = []
        for first, last in target.spans if target.name is None else self._resolved(target, target.name):
            is_wide = last - first >= WIDE - 1
            found.extend(self._gathered(target, (first, last)) if is_wide else [(first, last)])
        return found

    def _resolved(self, target: Target, name: str) -> list[Span]:
        try:
            addresses = self._resolve(name, self._given.family, self._given.resolve_all)
        except UsageError as error:
            self._tell(f"{error}; it is left out")
            return []
        self.names.extend((name, address) for address in addresses)
        return _widened(target, addresses)

    def _gathered(self, target: Target, inside: Span | None) -> list[Span]:
        word = f"target {quoted(target.text)}"
        if self._given.only_list or self._given.dry_run:
            flag = "-sL" if self._given.only_list else "--dry-run"
            raise UsageError(f"{word}: its hosts are found by asking them, and {flag} sends nothing")
        if self._given.family == 4:
            self._tell(f"{word}: its hosts have IPv6 addresses, and -4 wants none; it is left out")
            return []
        return [(each, each) for each in self._gather(target.text, self.interface, inside)]


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
    try:
        words = words_of(file)
    except UsageError as error:
        raise UsageError(f"{flag} {file}: {error}") from error
    return _in_place(f"{flag} {file}", words)


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

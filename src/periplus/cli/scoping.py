"""``--scope FILE`` before a run: the file is read, and what the user asked for is held against it in words.

What was asked for and is not allowed ends the run before anything is sent, with the rule and the word that broke it.
What nobody named is left out instead, and said: the part of a network that the scope excludes, and of the usual ports
those that it does not list. `scan.guard` looks once more at everything that leaves.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, tzinfo
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from periplus.cli.aim import Aim, Gather
from periplus.cli.options import least_rate
from periplus.cli.userfiles import bytes_of
from periplus.columns import Mask
from periplus.engine.timing import Timing
from periplus.errors import CannotScan, UsageError
from periplus.space.ip import ALL_NODES, format_ip, network
from periplus.space.quote import quoted
from periplus.space.ranges import AddressSpace
from periplus.space.services import Services
from periplus.space.space import Space
from periplus.space.targets import Target

if TYPE_CHECKING:
    from periplus.space.scope import Scope

__all__ = ["capped", "gathered_within", "over", "read_scope", "scope_for", "within", "zone_named"]

IP = "ip"  # its ports are protocols
Tell = Callable[[str], None]
Span = tuple[int, int]


def read_scope(file: str, services: Services) -> "Scope":
    """Return what a file says. UsageError: one line that names the file and what is wrong."""
    import tomllib

    from periplus.space.scopefile import scope_of

    try:
        document = tomllib.loads(bytes_of(file).decode("utf-8"))
    except OSError as error:
        raise UsageError(f"scope {file}: {error.strerror}") from error
    except UsageError as error:
        raise UsageError(f"scope {file}: {error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"scope {file}: this is not text ({error.reason} at byte {error.start})") from error
    except (ValueError, RecursionError) as error:  # a number may have too many digits, a list too much depth
        raise UsageError(f"scope {file}: no TOML: {error}") from error
    return scope_of(document, file, services, zone_named)


def zone_named(name: str) -> tzinfo:
    """A time zone of this machine; ValueError when it has none of that name."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"this machine knows no time zone {quoted(name)}; a name is Europe/Berlin") from None


def scope_for(given: argparse.Namespace, services: Services) -> "Scope | None":
    """Return the scope that was given, if any. UsageError: it is wrong. CannotScan: nothing may be sent now."""
    if given.scope is None:
        return None
    scope = read_scope(given.scope, services)
    closed = scope.closed(time.time())
    if closed is not None and not (given.only_list or given.dry_run):
        raise CannotScan(f"scope {scope.file}: {closed}; nothing is sent")
    return scope


def over(scope: "Scope | None") -> str | None:
    """Say why a run must end now; None while it may go on."""
    return None if scope is None else scope.over(time.time())


def capped(pace: Timing, given: argparse.Namespace, scope: "Scope", tell: Tell) -> Timing:
    """Return the timing under the scope's ceiling."""
    if not scope.max_rate:
        return pace
    option, least_pps = least_rate(given)
    if least_pps > scope.max_rate:
        raise UsageError(f"scope {scope.file}: {option} {least_pps:g} is over max_rate, {scope.max_rate:g}")
    if pace.max_rate > scope.max_rate:
        tell(f"scope {scope.file}: --max-rate {pace.max_rate:g} is lowered to max_rate, {scope.max_rate:g}")
    return replace(pace, max_rate=min(pace.max_rate or inf, scope.max_rate))


def gathered_within(gather: Gather, scope: "Scope", tell: Tell) -> Gather:
    """Return what asks the hosts of a link only where a scope allows that, and keeps those that it allows."""

    def gathered(text: str, interface: str | None, asked: Span | None) -> list[int]:
        if AddressSpace.of([asked or (ALL_NODES, ALL_NODES)]) - scope.inside:
            what = "the network" if asked else format_ip(ALL_NODES)
            raise UsageError(
                f"scope {scope.file}: target {quoted(text)} asks all hosts of a link, and {what} lies outside "
                "networks; nothing is sent"
            )
        found = gather(text, interface, asked)
        kept = [each for each in found if each in scope.space]
        if gone := len(found) - len(kept):
            tell(
                f"scope {scope.file}: {_counted(gone, 'address', 'addresses')} of {text} may not be asked: left out"
            )
        return kept

    return gathered


def within(target: Aim, given: argparse.Namespace, scope: "Scope", tell: Tell) -> Aim:
    """Return what of the aim may be asked. UsageError: the user named what may not."""
    _check_hosts(target, scope)
    allowed = {proto: scope.open_ports(proto) for proto in target.spaces}
    _check_ports(target, given, scope, allowed)
    hosts = target.hosts - scope.left_out
    if not hosts:
        raise UsageError(f"scope {scope.file}: nothing is left to probe: all targets are in excluded")
    if gone := target.hosts.size - hosts.size:
        tell(f"scope {scope.file}: {_counted(gone, 'address', 'addresses')} in excluded: left out")
    ports = target.ports
    if any(each.port is None for each in target.targets):
        ports = {proto: _left(proto, some, allowed[proto], scope, tell) for proto, some in ports.items()}
    spaces = {
        proto: Space.of(
            (block.addresses - scope.left_out, block.ports[allowed[proto][block.ports]])
            for block in space.blocks
        )
        for proto, space in target.spaces.items()
    }
    names = tuple((name, at) for name, at in target.names if at not in scope.left_out)
    return replace(target, hosts=hosts, spaces=spaces, names=names, ports=ports)


def _check_hosts(target: Aim, scope: "Scope") -> None:
    """No target may lie outside the networks, and none that is named alone among the excluded."""
    for wrong, why in (
        (target.hosts - scope.inside, "lies outside networks"),
        (_exact(target) & target.hosts & scope.left_out, "is in excluded"),
    ):
        if wrong:
            address = wrong.ranges()[0][0]
            told = f"{format_ip(address)} (target {quoted(_word(target, address))})"
            raise UsageError(f"scope {scope.file}: {told} {why}; nothing is sent")


def _exact(target: Aim) -> AddressSpace:
    """What is named address by address."""
    return AddressSpace.of(
        span
        for each in target.targets
        if (each.is_exact if each.name is None else each.prefix is None)
        for span in _spans(target, each)
    )


def _spans(target: Aim, each: Target) -> Iterator[Span]:
    """What a target means, its name resolved."""
    yield from each.spans
    if each.name is not None:
        found = [at for name, at in target.names if name == each.name]
        yield from ((at, at) if each.prefix is None else network(at, each.prefix) for at in found)


def _word(target: Aim, address: int) -> str:
    """The word by which an address was asked for."""
    for each in target.targets:
        if any(first <= address <= last for first, last in _spans(target, each)):
            return each.text
    return format_ip(address)


def _check_ports(target: Aim, given: argparse.Namespace, scope: "Scope", allowed: dict[str, Mask]) -> None:
    """No port may be outside that the user named: with its host, or by -p. Of protocols none at all."""
    for each in target.targets:
        for proto in target.spaces if each.port is not None else ():
            if not allowed[proto][each.port]:
                raise UsageError(
                    f"scope {scope.file}: port {each.port}/{proto} (target {quoted(each.text)}) is not in ports; "
                    "nothing is sent"
                )
    for proto, ports in target.ports.items():
        wrong = next((port for port in ports if not allowed[proto][port]), None)
        if wrong is not None and proto == IP:
            raise UsageError(
                f"scope {scope.file}: IP protocol {wrong} is not in ports, under which of protocols only ICMP may be "
                "asked (-p icmp,ipv6-icmp); nothing is sent"
            )
        if wrong is not None and given.ports is not None:
            raise UsageError(
                f"scope {scope.file}: port {wrong}/{proto} (-p) is not in ports; nothing is sent"
            )


def _left(proto: str, ports: tuple[int, ...], allowed: Mask, scope: "Scope", tell: Tell) -> tuple[int, ...]:
    """The usual ports that are allowed."""
    kept = tuple(np.array(ports, np.int64)[allowed[list(ports)]].tolist())
    if not kept:
        raise UsageError(
            f"scope {scope.file}: of the usual {proto.upper()} ports none is in ports; name ports with -p"
        )
    if gone := len(ports) - len(kept):
        tell(f"scope {scope.file}: {gone} of the usual {proto.upper()} ports are not in ports: left out")
    return kept


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"

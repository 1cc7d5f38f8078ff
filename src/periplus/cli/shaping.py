"""Options of how packets look and which way they leave, and what of it a technique cannot do.

What cannot be done is told in one line before anything is sent; no option is quietly dropped.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import shake_256

from periplus.cli.aim import named_ports
from periplus.cli.flags import tcp_flags
from periplus.cli.parser import Parser
from periplus.cli.quantity import count
from periplus.errors import UsageError
from periplus.scan.config import Transport
from periplus.space.fragile import spared
from periplus.space.ip import V4_BASE, format_ip, parse_ip
from periplus.space.quote import quoted
from periplus.space.ranges import AddressSpace
from periplus.technique.flags import with_flags
from periplus.technique.model import Technique
from periplus.transport.routes import Via
from periplus.wire.shape import Shape

__all__ = ["Manner", "add_shaping", "manner"]

MOST_DATA = 1400  # with all headers it fits into a packet of 1,500 bytes
UNIT = 8
LAST_PORT, MOST_HOPS = 65535, 255
BAD_SUMS = "--badsum: every checksum is wrong, so hosts drop the probes; whatever answers is a middlebox"


@dataclass(frozen=True, slots=True)
class Manner:
    """Techniques and how their packets look and leave. `note` is what the user should know of it."""

    techniques: tuple[Technique, ...]
    shape: Shape
    via: Via
    source_port: int | None
    socket_ttl: int | None
    transport: Transport = Transport.AUTO
    note: str = ""


def add_shaping(made: Parser) -> None:
    """Add the options to a parser."""
    group = made.add_argument_group("packets")
    group.add_argument("-e", dest="interface", metavar="IFACE", help="send from this interface")
    group.add_argument("-S", dest="source", type=address, metavar="ADDR", help="from this address of our own")
    group.add_argument(
        "-g",
        "--source-port",
        dest="source_port",
        type=_between(1, LAST_PORT),
        metavar="N",
        help="from this port",
    )
    group.add_argument("--ttl", type=_between(1, MOST_HOPS), metavar="N", help="time to live, or hop limit")
    group.add_argument(
        "--data-length",
        type=_between(1, MOST_DATA),
        metavar="N",
        help="add so many random bytes to each packet, but not to fragile ports that were not named",
    )
    group.add_argument("--badsum", action="store_true", help="wrong checksums: only middleboxes answer")
    group.add_argument(
        "--scanflags", type=tcp_flags, metavar="FLAGS", help="other TCP flags: SYNFIN, SYN,ECE or 0x12"
    )
    group.add_argument(
        "--transport",
        type=transport,
        default=Transport.AUTO,
        metavar="KIND",
        help="packet, xdp (AF_XDP), or auto: xdp for large scans",
    )
    pieces = group.add_mutually_exclusive_group()
    pieces.add_argument("-f", dest="fragment", action="count", help="IPv4 fragments of 8 bytes; twice: of 16")
    pieces.add_argument(
        "--mtu", type=fragment_size, metavar="N", help="IPv4 fragments of N bytes, a multiple of 8"
    )


def address(text: str) -> int:
    """Read an address."""
    try:
        return parse_ip(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def fragment_size(text: str) -> int:
    """Read a multiple of 8."""
    size = count(text)
    if not size or size % UNIT or size > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is no multiple of 8 bytes from 8 to 65528")
    return size


def transport(text: str) -> Transport:
    """Read the name of a transport."""
    if text not in set(Transport):
        raise argparse.ArgumentTypeError(f"{quoted(text)} is none of {', '.join(Transport)}")
    return Transport(text)


def _between(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers."""

    def read(text: str) -> int:
        value = count(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{quoted(text)} is not a number from {least} to {most}")
        return value

    return read


def manner(
    given: argparse.Namespace,
    techniques: Sequence[Technique],
    hosts: AddressSpace,
    seed: int,
    interface: str | None,
) -> Manner:
    """Return how to scan, from `interface`; UsageError: an option that a technique, or targets, cannot have."""
    fragment = given.mtu or UNIT * (given.fragment or 0)
    for technique in techniques:
        _check_technique(given, technique, fragment)
    if given.scanflags is not None and not any(technique.proto == "tcp" for technique in techniques):
        raise UsageError("--scanflags: no technique here sends TCP segments of its own")
    _check_families(given, hosts, fragment)
    data = shake_256(b"data %d" % seed).digest(given.data_length) if given.data_length else b""
    silent = spared(named_ports(given.ports)) if data else frozenset()
    shape = Shape(given.ttl or Shape().ttl, data, given.badsum, fragment, silent)
    chosen = tuple(_flagged(technique, given.scanflags) for technique in techniques)
    via = Via(interface, given.source)
    note = BAD_SUMS if given.badsum else ""
    return Manner(chosen, shape, via, given.source_port, given.ttl, given.transport, note)


def _flagged(technique: Technique, flags: int | None) -> Technique:
    return technique if flags is None or technique.proto != "tcp" else with_flags(technique, flags)


def _check_technique(given: argparse.Namespace, technique: Technique, fragment: int) -> None:
    """Refuse what needs packets of our own making, ports or a checksum where there is none."""
    flag = technique.flag
    own = {
        "--scanflags": given.scanflags is not None,
        "--data-length": bool(given.data_length),
        "--badsum": given.badsum,
        "--transport": given.transport is not Transport.AUTO,
        "--mtu" if given.mtu else "-f": bool(fragment),
    }
    for option, asked in own.items():
        if asked and not technique.needs_raw:
            raise UsageError(
                f"{option} needs packets of our own making, and with {flag} the system makes them"
            )
    if given.badsum and technique.asks_protocols:
        raise UsageError(f"--badsum: most of the protocols of {flag} have no checksum that could be wrong")
    if given.source_port and technique.proto not in ("tcp", "udp", "sctp"):
        raise UsageError(f"-g: {flag} asks for something that has no ports")


def _check_families(given: argparse.Namespace, hosts: AddressSpace, fragment: int) -> None:
    """Refuse targets of another family than the source address, and fragments of IPv6."""
    ranges = list(hosts.ranges())
    if fragment and (six := [first for first, _ in ranges if not _is_v4(first)]):
        option = "--mtu" if given.mtu else "-f"
        raise UsageError(f"{option}: only IPv4 is fragmented here, and {format_ip(six[0])} is IPv6")
    if given.source is None:
        return
    for first, _ in ranges:
        if _is_v4(first) != _is_v4(given.source):
            raise UsageError(
                f"-S {format_ip(given.source)}: {format_ip(first)} is of the other family; scan it apart"
            )


def _is_v4(at: int) -> bool:
    return at >> 32 == V4_BASE >> 32

"""Options of identification: who answers at open ports, and how much it may take to find out."""

import argparse
import re
from collections.abc import Sequence

import numpy as np

from periplus.cli.aim import named_ports
from periplus.cli.opinions import check_opinions
from periplus.cli.parser import Parser
from periplus.errors import CannotScan, UsageError
from periplus.scan.config import Fingerprinting, Identify, ScanConfig
from periplus.scan.fingerprinting import installed_osdb
from periplus.space.address import Addresses
from periplus.space.ip import format_ip, parse_ip
from periplus.space.quote import quoted
from periplus.space.space import Space
from periplus.technique.model import Technique

__all__ = ["add_identification", "check_explained", "explained", "fingerprinting", "identification", "widen"]

_ENDPOINT = re.compile(r"(?:[^:\[\]]+|\[[^\]]+\]):(\d+)")
LEVELS = range(10)
USUAL, LIGHT, ALL = 7, 2, 9
LAST_PORT = 65535


def add_identification(made: Parser) -> None:
    """Add the options to a parser."""
    group = made.add_argument_group("who answers")
    group.add_argument(
        "-sV", dest="identify", action="store_true", help="ask open ports for service, version and TLS"
    )
    group.add_argument(
        "-O",
        dest="detect_os",
        action="store_true",
        help="tell the operating system of hosts with an open TCP port; IPv4, needs raw packets",
    )
    group.add_argument(
        "-A",
        dest="everything",
        action="store_true",
        help="-sV, and -O --traceroute where raw packets are allowed",
    )
    level = group.add_mutually_exclusive_group()
    level.add_argument(
        "--version-intensity",
        dest="intensity",
        type=_level,
        metavar="0-9",
        help="from 0, what is likely at the port, to 9, everything; default 7",
    )
    level.add_argument(
        "--version-light", dest="intensity", action="store_const", const=LIGHT, help="intensity 2: quick"
    )
    level.add_argument(
        "--version-all", dest="intensity", action="store_const", const=ALL, help="intensity 9: everything"
    )
    group.add_argument(
        "--tls-audit",
        action="store_true",
        help="where TLS is spoken find out all versions, cipher suites and groups, and JARM's print, by up to "
        "250 connections a port",
    )
    group.add_argument(
        "--ics", action="store_true", help="speak to industrial equipment too, at its own ports; reads only"
    )
    _add_files(group)
    _add_explanations(group)


def _add_files(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--probes-db",
        metavar="FILE",
        help="Nmap's nmap-service-probes, for a second opinion; default: where Nmap installs it",
    )
    group.add_argument("--recog", metavar="DIR", help="Recog's XML fingerprints, for a second opinion")
    group.add_argument(
        "--signatures",
        metavar="FILE",
        help="signatures of your own (TOML), tried before those of the program; see periplus signature",
    )


def _add_explanations(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--explain",
        type=_endpoint,
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="show the conversation that decided, and by which rule",
    )
    group.add_argument(
        "--version-trace", dest="explain_all", action="store_true", help="explain every port that was asked"
    )


def _level(text: str) -> int:
    if not text.isdecimal() or int(text) not in LEVELS:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is no number from 0 to 9")
    return int(text)


def _endpoint(text: str) -> tuple[str, int]:
    """Read ``HOST:PORT``; an IPv6 address stands in brackets. Addresses get the form in which results have them."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{quoted(text)}: HOST:PORT is wanted")
    try:
        return format_ip(parse_ip(host)), int(port)
    except UsageError:
        return host.lower(), int(port)


def explained(given: argparse.Namespace) -> frozenset[tuple[str, int]]:
    """Return the hosts, as addresses or names, and ports that are to be explained."""
    return frozenset(given.explain)


def check_explained(given: argparse.Namespace, config: ScanConfig) -> None:
    """UsageError: what is to be explained is not asked, so that nothing could be said of it."""
    addresses: dict[str, list[int]] = {}
    for name, address in config.names:
        addresses.setdefault(name.lower(), []).append(address)
    spaces = [work.space for work in config.works if work.technique.finds_open]
    for host, port in given.explain:
        wanted = f"--explain {f'[{host}]' if ':' in host else host}:{port}"
        try:
            hosts = Addresses.of_ints(addresses[host] if host in addresses else [parse_ip(host)])
        except UsageError:
            raise UsageError(f"{wanted}: no target was given by that name") from None
        if not any((space.host_of(hosts) >= 0).any() for space in spaces):
            raise UsageError(f"{wanted}: that host is not among the targets")
        if not any(_asks(space, hosts, port) for space in spaces):
            raise UsageError(f"{wanted}: that port is not among those to be asked; choose it with -p")


def _asks(space: Space, hosts: Addresses, port: int) -> bool:
    number = space.host_of(hosts)
    number = number[number >= 0]
    return bool((space.port_rank(number, np.full(len(number), port, np.uint16)) >= 0).any())


def widen(given: argparse.Namespace, raw: bool) -> None:
    """Let -A mean what it stands for."""
    if given.everything:
        given.identify = True
        makes_packets = raw and given.technique_tcp != "connect"
        given.detect_os = given.detect_os or makes_packets
        given.traceroute = given.traceroute or makes_packets


def fingerprinting(
    given: argparse.Namespace, chosen: Sequence[Technique], barred: frozenset[int], raw: bool
) -> Fingerprinting | None:
    """Return how operating systems are told, if they are. `barred`: TCP ports that are never asked."""
    if not given.detect_os:
        return None
    for alone, other in (
        (given.only_find, "-sn"),
        (given.only_list, "-sL"),
        (given.stateless, "--stateless"),
    ):
        if alone:
            raise UsageError(
                f"-O wants an open TCP port that is known, which {other} does not give: leave one out"
            )
    finders = [technique for technique in chosen if technique.finds_open and technique.proto == "tcp"]
    if not finders:
        raise UsageError("-O wants an open TCP port, and nothing here finds one: add -sS")
    if raw and not finders[0].needs_raw:  # the ways to hosts are found by packets alone
        raise UsageError(
            f"-O needs raw packets, which {finders[0].flag} does not send; use -sS or leave it out"
        )
    if not raw:
        raise CannotScan(
            "-O sends raw packets, and this process may not: run it as root or give it CAP_NET_RAW"
        )
    return Fingerprinting(installed_osdb(), barred)


def identification(given: argparse.Namespace, chosen: Sequence[Technique]) -> Identify | None:
    """Return how open ports are identified, if they are. UsageError: what was asked for does not go together."""
    explains = given.explain or given.explain_all
    if not given.identify and not explains:
        alone = {
            "--version-intensity": given.intensity,
            "--tls-audit": given.tls_audit or None,
            "--ics": given.ics or None,
            "--probes-db": given.probes_db,
            "--recog": given.recog,
            "--signatures": given.signatures,
        }
        for flag, value in alone.items():
            if value is not None:
                raise UsageError(
                    f"{flag} says how open ports are identified, and nothing asks for that: add -sV"
                )
        return None
    flag = "-sV" if given.identify else "--explain" if given.explain else "--version-trace"
    for alone, other in ((given.only_find, "-sn"), (given.only_list, "-sL")):
        if alone:
            raise UsageError(f"{other} scans no ports, and {flag} asks open ones: only one of them")
    if not any(technique.finds_open for technique in chosen):
        flags = " ".join(technique.flag for technique in chosen)
        raise UsageError(f"{flag} asks open ports, and {flags} finds none: add -sS, -sT or -sU")
    check_opinions(given)
    intensity = USUAL if given.intensity is None else given.intensity
    named = named_ports(given.ports) | _ports_of_endpoints(given.targets)
    return Identify(
        intensity, given.ics, named, given.probes_db, given.recog, given.signatures, given.tls_audit
    )


def _ports_of_endpoints(targets: Sequence[str]) -> frozenset[int]:
    """The ports of targets of the form HOST:PORT and [ADDRESS]:PORT."""
    found = (_ENDPOINT.fullmatch(target) for target in targets)
    return frozenset(int(each[1]) for each in found if each)

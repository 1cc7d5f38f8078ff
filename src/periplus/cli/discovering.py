"""Finding hosts, from options to questions: which kinds of ping, to which ports, in which family.

The names are Nmap's, and so is the default: with the privilege for raw packets an echo, a SYN to port 443, an ACK to
port 80 and a timestamp request; without it connects to ports 80 and 443. Who is on the link is asked by ARP or
neighbour discovery, and an answer there is enough.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from periplus.cli.parser import Parser
from periplus.errors import CannotScan, UsageError
from periplus.scan.config import Discovery
from periplus.scan.menu import Menu
from periplus.space.ip import V4_BASE
from periplus.space.ports import parse_ports
from periplus.space.protocols import parse_protocols
from periplus.space.quote import quoted
from periplus.space.ranges import AddressSpace
from periplus.space.services import Services
from periplus.space.space import Space
from periplus.technique.catalogue import by_name
from periplus.technique.model import Technique
from periplus.technique.verdict import Reason

if TYPE_CHECKING:
    from periplus.space.scope import Scope

__all__ = ["add_discovery", "discovery", "needs_packets"]

IP = "ip"  # its ports are protocols
BOTH, ONLY_4 = (4, 6), (4,)
MOST_QUESTIONS = 1 << 12


@dataclass(frozen=True, slots=True)
class _Ping:
    """An option: the technique that it uses, its ports (`proto` None: the fixed one), and the families it can ask."""

    flag: str
    technique: str
    default: str
    help: str
    proto: str | None = None
    families: tuple[int, ...] = BOTH

    @property
    def dest(self) -> str:
        """Where argparse keeps it."""
        return f"ping_{self.flag.lstrip('-').lower()}"


_Asked = tuple[_Ping, tuple[int, ...]]  # a ping and its ports

PINGS = (
    _Ping("-PE", "echo", "8", "ping by ICMP echo"),
    _Ping("-PP", "timestamp", "13", "ping by ICMP timestamp (IPv4)", families=ONLY_4),
    _Ping("-PM", "mask", "17", "ping by ICMP address mask (IPv4)", families=ONLY_4),
    _Ping("-PS", "syn", "80", "ping by SYN to these ports (80)", "tcp"),
    _Ping("-PA", "ack", "80", "ping by ACK to these ports (80)", "tcp"),
    _Ping("-PU", "udp", "40125", "ping by UDP to these ports (40125)", "udp"),
    _Ping("-PY", "sctp-init", "80", "ping by SCTP INIT to these ports (80)", "sctp"),
    _Ping("-PO", "protocol", "1,2,4", "ping in these IP protocols (1,2,4)", IP),
)
DEFAULT = (("-PE", ""), ("-PS", "443"), ("-PA", "80"), ("-PP", ""))
UNPRIVILEGED = (("-PS", "80,443"),)
BY_CONNECT = ("-PS", "-PA")


def add_discovery(made: Parser) -> None:
    """Add the options."""
    group = made.add_argument_group("finding hosts (default: -PE -PS443 -PA80 -PP, ARP and ND on the link)")
    which = group.add_mutually_exclusive_group()
    which.add_argument("-sn", dest="only_find", action="store_true", help="find hosts, and scan no ports")
    which.add_argument(
        "-sL", dest="only_list", action="store_true", help="list targets, and send nothing to them"
    )
    which.add_argument(
        "-Pn", dest="assume_up", action="store_true", help="take all hosts for up, and find none"
    )
    for ping in PINGS:
        if ping.proto:
            group.add_argument(ping.flag, dest=ping.dest, nargs="?", metavar="PORTS", help=ping.help)
        else:
            group.add_argument(ping.flag, dest=ping.dest, action="store_const", const="", help=ping.help)
    group.add_argument(
        "-PR", dest="ping_arp", action="store_true", help="ping by ARP and ND on the link (done anyway)"
    )
    group.add_argument(
        "--disable-arp-ping", action="store_true", help="an answer on the link is no proof: ask by IP"
    )
    group.add_argument(
        "--discovery-ignore-rst", action="store_true", help="a reset is no proof that a host is up"
    )


def needs_packets(given: argparse.Namespace) -> bool:
    """Whether a ping was named that ordinary sockets cannot ask."""
    return any(getattr(given, ping.dest) is not None for ping in PINGS if ping.flag not in BY_CONNECT)


def discovery(
    given: argparse.Namespace,
    hosts: AddressSpace,
    services: Services,
    raw: bool,
    scope: "Scope | None" = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Discovery | None:
    """Return how the hosts are found; None when all count as up (-Pn). `raw`: raw packets are allowed.

    Of the usual pings those are left out whose ports the `scope` does not have, and `tell` gets a line about them.
    UsageError: ports that are none or outside the scope, or a family that a ping cannot ask. CannotScan: a ping that
    needs the privilege.
    """
    if given.assume_up:
        return None
    words = [(ping, getattr(given, ping.dest)) for ping in PINGS if getattr(given, ping.dest) is not None]
    named = bool(words)
    if not named:
        by_flag = {ping.flag: ping for ping in PINGS}
        words = [(by_flag[flag], ports) for flag, ports in (DEFAULT if raw else UNPRIVILEGED)]
    asked = [(ping, _ports(ping, text, services)) for ping, text in words]
    if scope is not None:
        asked = _within(scope, asked, named, tell)
    if not raw:
        return _by_connect(given, asked, hosts)
    return _by_packets(given, asked, hosts, named)


def _within(scope: "Scope", asked: list[_Asked], named: bool, tell: Callable[[str], None]) -> list[_Asked]:
    """The pings that the scope allows. UsageError: it forbids one that the user named, or all the usual ones."""
    kept: list[_Asked] = []
    gone: list[str] = []
    for ping, ports in asked:
        allowed = scope.open_ports(ping.proto or "icmp")
        wrong = [port for port in ports if not allowed[port]]
        if wrong and named:
            what = f"IP protocol {wrong[0]}" if ping.proto == IP else f"port {wrong[0]}/{ping.proto}"
            raise UsageError(f"scope {scope.file}: {ping.flag}: {what} is not in ports; nothing is sent")
        gone.extend(f"{ping.flag}{port}" for port in wrong)
        if right := tuple(port for port in ports if allowed[port]):
            kept.append((ping, right))
    if not kept:
        raise UsageError(
            f"scope {scope.file}: the usual pings {' '.join(gone)} are not in ports; choose ports with -PS, or take "
            "all hosts for up with -Pn"
        )
    if gone:
        tell(f"scope {scope.file}: the usual pings {' '.join(gone)} are not in ports: left out")
    return kept


def _by_connect(given: argparse.Namespace, asked: list[_Asked], hosts: AddressSpace) -> Discovery:
    """Only TCP can be asked by ordinary sockets."""
    ports: set[int] = set()
    for ping, some in asked:
        if ping.flag not in BY_CONNECT:
            raise CannotScan(
                f"{ping.flag} sends raw packets, and this process may not: run it as root, give it CAP_NET_RAW, "
                "or use -PS or -Pn"
            )
        ports.update(some)
    space = Space.of([(hosts, np.array(sorted(ports), np.uint16))])
    connect = by_name("connect")
    technique = _without_resets(connect) if given.discovery_ignore_rst else connect
    return Discovery(Menu((technique,)), space, link_proof=False)


def _by_packets(
    given: argparse.Namespace, asked: list[_Asked], hosts: AddressSpace, named: bool
) -> Discovery:
    techniques: list[Technique] = []
    questions: list[tuple[int, int]] = []
    numbers: dict[int, list[int]] = {4: [], 6: []}
    for ping, ports in asked:
        technique = by_name(ping.technique)
        techniques.append(_without_resets(technique) if given.discovery_ignore_rst else technique)
        for port in ports:
            for family in ping.families:
                numbers[family].append(len(questions))
            questions.append((len(techniques) - 1, port))
    if len(questions) > MOST_QUESTIONS:
        raise UsageError(f"{len(questions)} pings for each host; at most {MOST_QUESTIONS}")
    parts = []
    for family, some in _by_family(hosts).items():
        if some.size and not numbers[family] and named:
            flags = " ".join(ping.flag for ping, _ in asked)
            raise UsageError(f"{flags}: IPv{family} hosts cannot be asked this; add -PE or -PS")
        parts.append((some, np.array(numbers[family], np.uint16)))
    return Discovery(Menu(tuple(techniques), tuple(questions)), Space.of(parts), not given.disable_arp_ping)


def _by_family(hosts: AddressSpace) -> dict[int, AddressSpace]:
    all_4 = AddressSpace.of([(V4_BASE, V4_BASE + (1 << 32) - 1)])
    return {4: hosts & all_4, 6: hosts - all_4}


def _ports(ping: _Ping, text: str, services: Services) -> tuple[int, ...]:
    if ping.proto is None:
        return (int(ping.default),)
    wanted = text or ping.default
    try:
        ports: tuple[int, ...] = (
            parse_protocols(wanted, services)
            if ping.proto == IP
            else getattr(parse_ports(wanted, services), ping.proto)
        )
    except UsageError as error:
        raise UsageError(f"{ping.flag}: {error}") from None
    if not ports:
        raise UsageError(f"{ping.flag}: no {ping.proto.upper()} ports in {quoted(text)}")
    return ports


def _without_resets(technique: Technique) -> Technique:
    """A refused connection is a reset too, as the kernel tells it."""
    resets = (Reason.RESET, Reason.CONN_REFUSED)
    return replace(technique, rows=tuple(row for row in technique.rows if row.reason not in resets))

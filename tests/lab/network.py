"""Networks to scan that exist nowhere but in this machine's memory.

A `Network` is four network namespaces joined by veth pairs, and a wall around them:

    scanner ---- near                      198.18.0.0/24    2001:db8:0:0::/64
       |
       +-------- router ---- far           198.18.1.0/24    2001:db8:0:1::/64   (scanner - router)
                                           198.18.2.0/24    2001:db8:0:2::/64   (router - far)

Addresses come from the range for benchmarks (RFC 2544, 198.18.0.0/15) and the one for documentation
(RFC 3849, 2001:db8::/32). The veth pairs are created inside the namespaces, so this machine's own interfaces,
routes and firewall are never touched, and no packet can leave: `Network.check_sealed` proves it before the
network is handed out. Names carry the id and start time of the process that made them, so that whoever builds
the next network also removes what a killed process left behind. A `crowd` is a scanner and several hosts on one
switch instead, made and sealed in the same manner.

Limits: Linux, root, the programs of iproute2 and nftables. No loss or delay by `netem`: many kernels lack it.
"""

import ipaddress
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "FAR",
    "FAR_NET",
    "NEAR",
    "NEAR_NET",
    "Address",
    "LabError",
    "Network",
    "Node",
    "build",
    "crowd",
    "sweep",
    "wait_until",
]

PREFIX = "periplus"
NETNS = Path("/run/netns")
ROLES = ("scanner", "router", "near", "far")
OURS = tuple(ipaddress.ip_network(net) for net in ("198.18.0.0/15", "2001:db8::/32"))
HARMLESS = tuple(ipaddress.ip_network(net) for net in ("127.0.0.0/8", "::1/128", "fe80::/10", "ff00::/8"))
LINK_KINDS = ("veth", "bridge")
NUMBERS = itertools.count(1)  # tells apart the networks of one process

# No limit on ICMP errors (or the tenth reject would look like a drop), no duplicate address detection (addresses
# work at once), room for many half-open connections.
SETTINGS = {
    "net/ipv4/icmp_ratelimit": "0",
    "net/ipv4/icmp_ratemask": "0",
    "net/ipv6/icmp/ratelimit": "0",
    "net/ipv6/icmp/ratemask": "",
    "net/ipv6/conf/all/accept_dad": "0",
    "net/ipv6/conf/default/accept_dad": "0",
    "net/ipv6/conf/default/dad_transmits": "0",
    "net/ipv6/conf/default/accept_ra": "0",
    "net/ipv4/tcp_max_syn_backlog": "4096",
    "net/core/somaxconn": "4096",
}
FORWARDING = {"net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1"}


@dataclass(frozen=True, slots=True)
class Address:
    """One host's two addresses."""

    v4: str
    v6: str

    def of(self, family: int) -> str:
        """The address of that family, 4 or 6."""
        return self.v4 if family == 4 else self.v6


NEAR_NET = Address("198.18.0.0/24", "2001:db8:0:0::/64")
FAR_NET = Address("198.18.2.0/24", "2001:db8:0:2::/64")
NEAR = Address("198.18.0.2", "2001:db8::2")
FAR = Address("198.18.2.2", "2001:db8:0:2::2")


class LabError(RuntimeError):
    """The lab could not be built, or is not sealed."""


def wait_until(what: str, ready: Any, seconds: float = 10.0) -> None:
    """Poll `ready()` until it is true; the deadline is an error, never a silent pass."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {seconds:g} s")
        time.sleep(0.01)


def run(argv: Sequence[str], stdin: str | None = None) -> str:
    """Run a program to its end and return what it printed; its failure is a `LabError` with its own words."""
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


@dataclass(slots=True)
class Node:
    """One namespace: a host of the lab, its processes and its firewall."""

    name: str
    role: str
    links: list[str] = field(default_factory=list)
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def inside(self, argv: Sequence[str]) -> list[str]:
        """The command line that runs `argv` in this namespace (by exec: the process id stays the same)."""
        return ["nsenter", f"--net={NETNS / self.name}", "--", *argv]

    def run(self, *argv: str, stdin: str | None = None) -> str:
        """Run a program here to its end; what it printed."""
        return run(self.inside(argv), stdin)

    def start(self, *argv: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a program here that ends with the network, or with us if we are killed."""
        child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.inside(argv)], **options)
        self.children.append(child)
        return child

    def ip(self, *argv: str) -> str:
        """`ip` in this namespace, e.g. ``node.ip("link", "set", "near0", "down")``."""
        return run(["ip", "-n", self.name, *argv])

    def ask(self, *argv: str) -> list[dict[str, Any]]:
        """`ip -json` in this namespace, read."""
        found: list[dict[str, Any]] = json.loads(run(["ip", "-json", "-n", self.name, *argv]) or "[]")
        return found

    def firewall(self, rules: str) -> None:
        """Replace this host's whole nftables ruleset ("" removes it)."""
        self.run("nft", "-f", "-", stdin=f"flush ruleset\n{rules}\n")

    def settings(self, values: Mapping[str, str]) -> None:
        """Write kernel settings below /proc/sys, as this namespace has them."""
        lines = [f"echo '{value}' > /proc/sys/{key}" for key, value in values.items()]
        self.run("sh", "-e", stdin="\n".join(lines))

    def shape(self, link: str, rate: str, limit: str = "20kb") -> None:
        """Make `link` as slow as `rate` (e.g. "2mbit") for what leaves this host by it; a full queue drops."""
        bucket = ["rate", rate, "burst", "4kb", "limit", limit]
        run(["tc", "-n", self.name, "qdisc", "replace", "dev", link, "root", "tbf", *bucket])

    def stop(self) -> None:
        """Kill what runs here and wait for our own children."""
        for child in self.children:
            with child:  # closes its pipes and waits
                child.kill()
        for pid in run(["ip", "netns", "pids", self.name]).split():
            os.kill(int(pid), signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Network:
    """The four hosts; see the module's picture."""

    scanner: Node
    router: Node
    near: Node
    far: Node

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.scanner, self.router, self.near, self.far)

    def check_sealed(self) -> None:
        """Raise `LabError` unless every host has lab interfaces only and no way out of the lab's ranges."""
        for node in self.nodes:
            check_links(node)
            check_routes(node)

    def quiet(self) -> None:
        """Take all firewalls away."""
        for node in self.nodes:
            node.firewall("")


def check_links(node: Node) -> None:
    """Every interface is the loopback or one that we made, and every address is of the lab."""
    for link in node.ask("-details", "address", "show"):
        kind = link.get("linkinfo", {}).get("info_kind")
        if link["ifname"] != "lo" and (kind not in LINK_KINDS or link["ifname"] not in node.links):
            raise LabError(f"{node.role}: interface {link['ifname']} is not the lab's")
        for address in link["addr_info"]:
            if not inside_lab(address["local"]):
                raise LabError(f"{node.role}: address {address['local']} is not the lab's")


def check_routes(node: Node) -> None:
    """No default route in any table, and no route to anything outside the lab's ranges."""
    for family in ("-4", "-6"):
        for route in node.ask(family, "route", "show", "table", "all"):
            if not inside_lab(route["dst"]):
                raise LabError(f"{node.role}: route to {route['dst']} leads out of the lab")


def inside_lab(destination: str) -> bool:
    """Whether all of a route's destination lies in the lab's ranges (a word such as "default" never does)."""
    try:
        net = ipaddress.ip_network(destination, strict=False)
    except ValueError:
        return False
    return any(covers(known, net) for known in OURS + HARMLESS)


def covers(outer: Any, inner: Any) -> bool:
    return outer.version == inner.version and bool(inner.subnet_of(outer))


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link: its host, the interface's name, and its addresses with prefix lengths."""

    node: Node
    link: str
    has: Address | None = None


def join(a: End, b: End) -> None:
    """Join two hosts by a veth pair."""
    a.node.ip("link", "add", a.link, "type", "veth", "peer", "name", b.link, "netns", b.node.name)
    for end in (a, b):
        end.node.links.append(end.link)
        if end.has:
            end.node.ip("address", "add", end.has.v4, "dev", end.link)
            end.node.ip("address", "add", end.has.v6, "dev", end.link, "nodad")
        end.node.ip("link", "set", end.link, "up")


def join_slowly(cable: Node, a: End, b: End, delay_ms: float) -> None:
    """Join two hosts by way of a process that carries every frame that much later."""
    ends = [End(cable, f"{end.node.role}-{n}") for n, end in enumerate((a, b), len(cable.links))]
    for end, middle in zip((a, b), ends, strict=True):
        cable.settings({"net/ipv6/conf/default/disable_ipv6": "1"})
        join(end, middle)
    words = [sys.executable, "-P", str(Path(__file__).with_name("wire.py")), *(end.link for end in ends)]
    carrier = cable.start(*words, str(delay_ms), stdout=subprocess.PIPE)
    if not carrier.stdout or carrier.stdout.readline() != b"ready\n":
        raise LabError("the cable does not carry")


def lay_out(net: Network, cable: Node | None, delay_ms: float) -> None:
    """Links, addresses and the two hosts' routes through the router."""
    ours = (Address("198.18.0.1/24", "2001:db8::1/64"), Address("198.18.1.1/24", "2001:db8:0:1::1/64"))
    theirs = (on(NEAR, NEAR_NET), Address("198.18.1.254/24", "2001:db8:0:1::fe/64"))
    for peer, we_have, it_has in zip((net.near, net.router), ours, theirs, strict=True):
        ends = (End(net.scanner, f"{peer.role}0", we_have), End(peer, "scanner0", it_has))
        if cable:
            join_slowly(cable, *ends, delay_ms)
        else:
            join(*ends)
    far_side = Address("198.18.2.254/24", "2001:db8:0:2::fe/64")
    join(End(net.router, "far0", far_side), End(net.far, "router0", on(FAR, FAR_NET)))
    net.scanner.ip("route", "add", FAR_NET.v4, "via", "198.18.1.254")
    net.scanner.ip("route", "add", FAR_NET.v6, "via", "2001:db8:0:1::fe")
    net.far.ip("route", "add", "198.18.1.0/24", "via", "198.18.2.254")
    net.far.ip("route", "add", "2001:db8:0:1::/64", "via", "2001:db8:0:2::fe")


def on(host: Address, net: Address) -> Address:
    """The host's addresses with the prefix lengths of its network."""
    return Address(f"{host.v4}/{net.v4.split('/')[1]}", f"{host.v6}/{net.v6.split('/')[1]}")


@contextmanager
def namespace(tag: str, role: str) -> Iterator[Node]:
    """A namespace with the lab's settings, removed with all that runs in it."""
    node = Node(f"{PREFIX}-{tag}-{role}", role)
    run(["ip", "netns", "add", node.name])
    try:
        node.settings(SETTINGS | (FORWARDING if role == "router" else {}))
        node.ip("link", "set", "lo", "up")
        yield node
    finally:
        node.stop()
        run(["ip", "netns", "delete", node.name])


@contextmanager
def build(delay_ms: float = 0.0) -> Iterator[Network]:
    """A fresh, sealed network; gone when the block is left, whatever happens inside.

    With `delay_ms` the scanner's two links are cables of that length (see `wire.py`).
    """
    sweep()
    tag = next_tag()
    with ExitStack() as stack:
        net = Network(*(stack.enter_context(namespace(tag, role)) for role in ROLES))
        lay_out(net, stack.enter_context(namespace(tag, "cable")) if delay_ms else None, delay_ms)
        wait_until("addresses of the lab", lambda: all(map(settled, net.nodes)))
        net.check_sealed()
        yield net


@contextmanager
def crowd(hosts: Sequence[Address]) -> Iterator[tuple[Node, list[Node]]]:
    """A scanner, which has an interface `lan0`, and hosts with these addresses on the same switch; sealed as well.

    The scanner has the addresses 198.18.0.1/24 and 2001:db8::1/64.
    """
    sweep()
    tag = next_tag()
    with ExitStack() as stack:
        names = ("switch", "scanner", *(f"host{number}" for number in range(1, len(hosts) + 1)))
        switch, *nodes = (stack.enter_context(namespace(tag, name)) for name in names)
        switch.settings({"net/ipv6/conf/default/disable_ipv6": "1"})
        switch.ip("link", "add", "switch0", "type", "bridge")
        switch.links.append("switch0")
        switch.ip("link", "set", "switch0", "up")
        for node, has in zip(nodes, (Address("198.18.0.1", "2001:db8::1"), *hosts), strict=True):
            join(End(switch, f"{node.role}0"), End(node, "lan0", on(has, NEAR_NET)))
            switch.ip("link", "set", f"{node.role}0", "master", "switch0")
        wait_until("addresses of the lab", lambda: all(map(settled, nodes)))
        for node in (switch, *nodes):
            check_links(node)
            check_routes(node)
        yield nodes[0], nodes[1:]


def next_tag() -> str:
    """What the names of one network's namespaces share: whose they are, and a number."""
    return f"{os.getpid()}-{started(os.getpid())}-{next(NUMBERS)}"


def settled(node: Node) -> bool:
    """Whether every link has its carrier and no address waits for duplicate detection."""
    links = [link for link in node.ask("address", "show") if link["ifname"] != "lo"]
    flags = [address.get("tentative", False) for link in links for address in link["addr_info"]]
    return not any(flags) and all(link["operstate"] == "UP" for link in links)


def started(pid: int) -> str | None:
    """When a process began, in clock ticks since boot; None when there is no such process any more.

    A dead one whose parent has not asked for it yet is none.
    """
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if state == "Z" else fields[18]
    except (FileNotFoundError, ProcessLookupError):
        return None


def sweep() -> None:
    """Remove the namespaces of lab processes that are no more."""
    for path in NETNS.glob(f"{PREFIX}-*") if NETNS.is_dir() else ():
        _, pid, begun, *_ = path.name.split("-")
        if started(int(pid)) != begun:
            remove(path)


def remove(path: Path) -> None:
    """Remove a namespace and what runs in it; another process may be doing the same."""
    try:
        Node(path.name, "stale").stop()
        run(["ip", "netns", "delete", path.name])
    except (LabError, ProcessLookupError):
        if path.exists():
            raise

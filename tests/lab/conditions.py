"""What can stand between a scanner and a port, one port a condition, as nftables rules.

Ports 7001.. meet their condition at the target itself (hook input), 7101.. at the router in front of it (hook
forward); the last two digits are the condition's number. They hold for TCP, UDP and SCTP alike. These tables are
stateless, so that nothing a first scan left in a connection table changes a second; the one that is not has ports of
its own.
"""

from dataclasses import dataclass

__all__ = [
    "CONDITIONS",
    "HOST_BASE",
    "ROUTER_BASE",
    "STATEFUL",
    "STATEFUL_OPEN",
    "Condition",
    "every_nth_lost",
    "limited",
    "lossy",
    "mute",
    "nothing",
    "redirected",
    "rules",
    "silence",
    "stateful",
]

HOST_BASE = 7000
ROUTER_BASE = 7100
STATEFUL = 7201  # behind a firewall with state that lets nothing new in
STATEFUL_OPEN = 7202  # behind one that lets in what begins properly

ALL = ("tcp", "udp", "sctp")


@dataclass(frozen=True, slots=True)
class Condition:
    """A number, a name and what nftables does to a matching IPv4 and IPv6 packet (None: no such kind)."""

    number: int
    name: str
    v4: str | None
    v6: str | None
    protocols: tuple[str, ...] = ALL

    def verdict(self, family: int) -> str | None:
        """The nftables statement for that family, 4 or 6."""
        return self.v4 if family == 4 else self.v6


def icmp(word: str) -> str:
    return f"reject with icmp type {word}"


def icmp6(word: str) -> str:
    return f"reject with icmpv6 type {word}"


CONDITIONS = (
    Condition(1, "drop", "drop", "drop"),
    Condition(2, "tcp-reset", "reject with tcp reset", "reject with tcp reset", ("tcp",)),
    Condition(3, "port-unreachable", icmp("port-unreachable"), icmp6("port-unreachable")),
    Condition(4, "host-unreachable", icmp("host-unreachable"), icmp6("addr-unreachable")),
    Condition(5, "net-unreachable", icmp("net-unreachable"), icmp6("no-route")),
    Condition(6, "admin-prohibited", icmp("admin-prohibited"), icmp6("admin-prohibited")),
    Condition(7, "net-prohibited", icmp("net-prohibited"), None),
    Condition(8, "host-prohibited", icmp("host-prohibited"), None),
    Condition(9, "proto-unreachable", icmp("prot-unreachable"), None),
    Condition(10, "policy-fail", None, icmp6("policy-fail")),
    Condition(11, "reject-route", None, icmp6("reject-route")),
)


def rules(hook: str, base: int) -> str:
    """A ruleset that gives every condition its port, `base` + number, at that hook (input or forward)."""
    lines = [
        f"meta nfproto ipv{family} {to(base + condition.number, *condition.protocols)} {verdict}"
        for condition in CONDITIONS
        for family in (4, 6)
        if (verdict := condition.verdict(family))
    ]
    return table("conditions", hook, lines)


def to(ports: int | str, *protocols: str) -> str:
    """What matches packets to that port or range of ports, of these protocols."""
    return f"meta l4proto {{ {', '.join(protocols)} }} th dport {ports}"


def stateful() -> str:
    """Two ports behind a firewall that keeps a connection table: see `STATEFUL` and `STATEFUL_OPEN`."""
    begins = "tcp flags & (fin | syn | rst | psh | ack | urg) == syn"
    lines = [
        *(f"{to(port, *ALL)} ct state established,related accept" for port in (STATEFUL, STATEFUL_OPEN)),
        f"{to(STATEFUL_OPEN, 'tcp')} {begins} ct state new accept",
        f"{to(STATEFUL_OPEN, 'udp', 'sctp')} ct state new accept",
        *(f"{to(port, *ALL)} drop" for port in (STATEFUL, STATEFUL_OPEN)),
    ]
    return table("stateful", "input", lines)


def mute(ports: str) -> str:
    """The kernel does not hear of these TCP ports; for what answers in its stead."""
    return table("mute", "input", [f"tcp dport {ports} drop"])


def redirected(port: int, *spared: int) -> str:
    """Connections to every TCP port but the spared ones come to this one instead."""
    chain = "type nat hook prerouting priority dstnat; policy accept;"
    wanted = f"tcp dport != {{ {', '.join(map(str, spared))} }}" if spared else "meta l4proto tcp"
    return f"table inet facade {{\n  chain prerouting {{\n    {chain}\n    {wanted} redirect to :{port}\n  }}\n}}\n"


def every_nth_lost(n: int, ports: str) -> str:
    """Of the packets that are forwarded to these ports the first and then each n-th is lost: in every run alike."""
    return table("loss", "forward", [f"{to(ports, *ALL)} numgen inc mod {n} == 0 drop"])


def table(name: str, hook: str, lines: list[str]) -> str:
    body = "\n    ".join(lines)
    chain = f"type filter hook {hook} priority 0; policy accept;"
    return f"table inet {name} {{\n  chain {hook} {{\n    {chain}\n    {body}\n  }}\n}}\n"


def silence(*open_ports: int) -> str:
    """Every TCP port but these is dropped at the target."""
    accept = [f"tcp dport {{ {', '.join(map(str, open_ports))} }} accept"] if open_ports else []
    return table("silence", "input", [*accept, "meta l4proto tcp drop"])


def nothing() -> str:
    """Everything is dropped at the target but neighbour discovery."""
    return table("nothing", "input", ["meta l4proto != ipv6-icmp drop", "icmpv6 type echo-request drop"])


def lossy(percent: float) -> str:
    """Of the TCP packets in either direction, this share is lost at random (neighbour discovery is spared)."""
    line = f"meta l4proto tcp numgen random mod 10000 < {round(percent * 100)} drop"
    return table("loss_in", "input", [line]) + table("loss_out", "output", [line])


def limited(packets_a_second: int, burst: int, hook: str = "forward") -> str:
    """A policer: TCP packets over the rate are dropped."""
    line = f"meta l4proto tcp limit rate over {packets_a_second}/second burst {burst} packets drop"
    return table("policer", hook, [line])

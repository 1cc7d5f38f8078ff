"""Whether one thing answers for all ports of a host, judged by what connections with data met.

Two sets of ports are asked. The controls are random high ports, where hardly anything ever listens: when most of them
accept, handshakes mean nothing on this host. What they do with data is what the crowd does. Of the ports that the
scan found open those that do more than that are real:

- one that says something, where the controls say nothing, or all say the same and this is something else;
- one that acknowledges data, or ends the connection properly, where no control ever does.

A host with 300 real listeners therefore is none: its controls refuse. The idea that data, not the handshake, shows
what is behind a port is that of LZR (Izhikevich et al., USENIX Security 2021); the controls are ours.

Limits: a service that does just what the crowd does (takes data and says nothing) is not told from it. If the
controls say different things, as some honeypots do, no port is told from them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from periplus.columns import Mask
from periplus.result.row import Crowded, HostReport, PortColumns, Tarpit
from periplus.space.address import Addresses
from periplus.space.ip import V4_BASE, format_ip, parse_ip
from periplus.transport.ask import Answer, Met

__all__ = ["FEWEST_CONTROLS", "Judgement", "Networks", "judge", "note", "tarpit"]

FEWEST_CONTROLS = 3  # one or two high ports of a host may be in use, by RPC or a service of the user's
MANY_HOSTS = 4  # of one network, before it is said of the network
WORDS = {Met.DEAF: "deaf", Met.SILENT: "silent", Met.CLOSING: "closing", Met.SAID: "answering"}
DOES = {
    "deaf": "get no acknowledgement of it",
    "silent": "get an acknowledgement and no answer",
    "closing": "are hung up on without a word",
    "answering": "get an answer as unused ports do",
}
WHO = {
    "deaf": "a SYN proxy or tarpit answers for them",
    "silent": "a tarpit or a middlebox answers for them",
    "closing": "something like a load balancer or an antivirus takes every connection",
    "answering": "something that answers on every port stands in for them",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """One thing answers for the host: `kind` is what it does, `real` are the asked ports that are not its own."""

    kind: str
    real: frozenset[int]
    alike: int
    taken: int


def judge(controls: Iterable[Answer], asked: Mapping[int, Answer]) -> Judgement | None:
    """Judge by the answers of unused ports, and of open ones by their number; None: the host has ports of its own."""
    controls = list(controls)
    taken = [each for each in controls if each.met != Met.NOBODY]
    if len(controls) < FEWEST_CONTROLS or 2 * len(taken) <= len(controls):
        return None
    real = frozenset(port for port, answer in asked.items() if _is_real(answer, taken))
    crowd = [each for port, each in asked.items() if port not in real and each.met != Met.NOBODY]
    counts = Counter(each.met for each in (*taken, *crowd))
    kind = max(counts, key=lambda met: (counts[met], met))
    return Judgement(WORDS[kind], real, sum(each.met == kind for each in crowd), len(taken))


def _is_real(answer: Answer, controls: list[Answer]) -> bool:
    if answer.met == Met.SAID:
        said = {each.said for each in controls if each.met == Met.SAID}
        return not said or (len(said) == 1 and answer.said not in said)
    heard = answer.met in (Met.SILENT, Met.CLOSING)
    return heard and all(each.met == Met.DEAF for each in controls)


def tarpit(columns: PortColumns, crowd: Mask, found: Judgement, asked: int, controls: int) -> Tarpit:
    """Say so of a host: `crowd` are its ports under suspicion, `asked` of them were asked with data."""
    mine = crowd & ~np.isin(columns.ports, np.array(sorted(found.real), np.uint16))
    ttls = np.unique(columns.ttl[mine])
    low, high = columns.windows or (0, -1)
    return Tarpit(
        proto=columns.proto,
        kind=found.kind,
        ports=columns.ports[mine],
        probed=len(columns.ports),
        asked=asked,
        alike=found.alike,
        controls=controls,
        taken=found.taken,
        ttl=int(ttls[0]) or None if len(ttls) == 1 else None,
        window=low if low == high else None,
    )


def note(found: Tarpit) -> str:
    """The same as a sentence."""
    alike = {"TTL": found.ttl, "window": found.window}
    looks = " and ".join(f"{word} {value}" for word, value in alike.items() if value is not None)
    return (
        f"{len(found.ports):,} of {found.probed:,} {found.proto} ports accept connections"
        f"{f', identical {looks}' if looks else ''}; {found.alike} of {found.asked} asked with data "
        f"{DOES[found.kind]}, and {found.taken} of {found.controls} random high ports accept as well: "
        f"{WHO[found.kind]}"
    )


class Networks:
    """Counts hosts by network: an IPv4 /24, an IPv6 /64."""

    def __init__(self) -> None:
        self._up: Counter[int] = Counter()
        self._tarpits: Counter[int] = Counter()

    def count(self, report: HostReport) -> None:
        """Take one finished host in."""
        if report.up:
            network = _first(parse_ip(report.addr))
            self._up[network] += 1
            self._tarpits[network] += report.tarpit is not None

    def count_all(self, them: Addresses) -> None:
        """Take hosts in that are up and no tarpits."""
        v4 = them.is_v4
        low = np.where(v4, them.lo >> np.uint64(8) << np.uint64(8), np.uint64(0))
        order = np.lexsort((low, them.hi))
        firsts = Addresses(them.hi, low)[order]
        new = np.ones(len(order), np.bool_)
        new[1:] = (firsts.hi[1:] != firsts.hi[:-1]) | (firsts.lo[1:] != firsts.lo[:-1])
        counts = np.diff(np.flatnonzero(new), append=len(order)).tolist()
        self._up.update(dict(zip(firsts[new].ints(), counts, strict=True)))

    def crowded(self) -> tuple[Crowded, ...]:
        """The networks of which many hosts, and at least half of those that are up, accept everything."""
        return tuple(
            Crowded(f"{format_ip(first)}/{24 if _is_v4(first) else 64}", hosts, self._up[first])
            for first, hosts in sorted(self._tarpits.items())
            if hosts >= MANY_HOSTS and 2 * hosts >= self._up[first]
        )


def _is_v4(address: int) -> bool:
    return address >> 32 == V4_BASE >> 32


def _first(address: int) -> int:
    """The first address of the network that an address is in."""
    bits = 8 if _is_v4(address) else 64
    return address >> bits << bits

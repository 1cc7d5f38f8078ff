"""The hosts of a link that nobody listed: asked by multicast, in `wire.rollcall`'s words, and made into targets.

The roll is called twice, as packets get lost, and ends 1.2 s after its start. What the kernel's neighbour table holds
is added. Nothing of this proves a host: what is found is pinged and scanned like any other target. But a host of the
link must not be able to send us elsewhere, so only addresses stay whose route leads straight onto this link.

A host that ignores echo requests to groups shows its link-local address alone. When a network was asked for, the
address with that network's prefix and the same interface identifier is taken for a candidate (RFC 4862 section 5.5.3
makes it so, RFC 7217 and 8981 do not). Hosts that answered had to ask for our hardware address, so the kernel knows
theirs: who has shown an address in the network needs no guess.

Limits: Ethernet; at most 65,536 hosts of a link; this machine's own addresses are not found. Switches may keep
multicast away, and hosts may answer neither question.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from periplus.errors import CannotScan, UsageError
from periplus.space.ip import format_ip, is_link_local
from periplus.space.quote import quoted
from periplus.transport.bpf import presence_filter
from periplus.transport.calls import FrameTransport
from periplus.transport.packet import PacketTransport
from periplus.transport.routes import Path, Routes, Via
from periplus.transport.scout import Scout
from periplus.wire.lane import Lane, Link
from periplus.wire.rollcall import present_untrusted, roll_echo, roll_query

__all__ = ["MOST", "Roll", "RollCalls", "call_roll", "in_network"]

ROUNDS: Final = 2
ROUND_US: Final = 600_000  # hosts report within 500 ms
MOST: Final = 1 << 16
HALF: Final = 64
LOW: Final = (1 << HALF) - 1

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Roll:
    """What was learned on one link: who was `heard`, and the kernel's `neighbours` with their hardware addresses."""

    lanes: tuple[Lane, ...]
    heard: frozenset[int]
    neighbours: Mapping[int, bytes]

    @property
    def known(self) -> frozenset[int]:
        """All IPv6 addresses that were shown."""
        return self.heard | {each for each in self.neighbours if each >> HALF}


class RollCalls:
    """Finds the hosts of links, asking each link once. Call it for each target."""

    def __init__(
        self,
        scout: Scout | None,
        source: int | None,
        key: int,
        now_us: Callable[[], int],
        tell: Callable[[str], None],
    ) -> None:
        """`scout` knows the routes; `source`: ask from this address of ours alone. `key` has 128 bits."""
        self._scout = scout
        self._source = source
        self._key = key
        self._now_us = now_us
        self._tell = tell
        self._rolls: dict[str, Roll] = {}

    def __call__(self, text: str, interface: str | None, network: Span | None) -> list[int]:
        """The addresses to ask for the target `text`: all of a link, or those of a network that lies on one.

        `interface` is the one that was chosen; without a network there must be one. UsageError: the network does not
        lie on a link. CannotScan: the link cannot be asked.
        """
        with nullcontext(self._scout) if self._scout else Routes() as routes:
            if interface is not None:
                routes.use(Via(interface), (6,))
            if network is None:
                name = interface or ""
                found, guessed = self._roll(routes, name).known, frozenset[int]()
            else:
                name = _link_of(text, routes.paths([network]))
                found, guessed = in_network(self._roll(routes, name), *network)
            found = _on_link(routes, name, found)
            guessed = _on_link(routes, name, guessed)
        self._tell(_said(text, network, len(found), len(guessed)))
        return sorted(found | guessed)

    def _roll(self, routes: Routes | Scout, name: str) -> Roll:
        if name not in self._rolls:
            lanes = _askers(name, routes.lanes(name), self._source)
            transport = PacketTransport(range(1), lanes, program=presence_filter())
            try:
                transport.hear_groups(lanes[0])
                heard = call_roll(lanes, transport, self._key, self._now_us)
            finally:
                transport.close()
            # Read last: hosts that answered have asked for our hardware address meanwhile, and told theirs.
            neighbours = routes.neighbours(lanes[0].ifindex, stale=True)
            self._rolls[name] = Roll(tuple(lanes), frozenset(heard), neighbours)
        return self._rolls[name]


def call_roll(
    lanes: Sequence[Lane], transport: FrameTransport, key: int, now_us: Callable[[], int]
) -> set[int]:
    """Ask from each lane (all of one interface, at least one) and return who is heard."""
    heard: set[int] = set()
    begun_us = now_us()
    for number in range(ROUNDS):
        for lane in lanes:
            transport.send(lane, roll_echo(lane, key))
            if is_link_local(lane.ip_me):
                transport.send(lane, roll_query(lane))
        while (left_us := begun_us + (number + 1) * ROUND_US - now_us()) > 0:
            transport.wait(left_us)
            packets = transport.receive()
            found = present_untrusted(packets[packets.ifindex == lanes[0].ifindex], key)
            heard.update(found.ints()[: MOST - len(heard)])
    return heard


def in_network(roll: Roll, first: int, last: int) -> tuple[frozenset[int], frozenset[int]]:
    """The addresses of a network that were shown, and those guessed of hosts that showed a link-local one alone."""
    inside = frozenset(each for each in roll.known if first <= each <= last)
    shown = {roll.neighbours.get(each) for each in inside} - {None}
    alone = {each for each in roll.known if is_link_local(each) and roll.neighbours.get(each) not in shown}
    prefixes = {lane.ip_me & ~LOW for lane in roll.lanes if first <= lane.ip_me <= last}
    if last - first == LOW and not first & LOW:
        prefixes.add(first)
    guesses = {prefix | each & LOW for each in alone for prefix in prefixes}
    return inside, frozenset(each for each in guesses if first <= each <= last) - inside


def _askers(name: str, lanes: Iterable[Lane], source: int | None) -> list[Lane]:
    """One of our addresses of each prefix suffices, as hosts choose theirs by the prefix."""
    chosen: dict[int, Lane] = {}
    for lane in lanes:
        if lane.link is not Link.ETHERNET:
            raise CannotScan(
                f"{name} is no Ethernet interface, so that no hosts are found there by multicast"
            )
        if source in (None, lane.ip_me):
            chosen.setdefault(lane.ip_me >> HALF, lane)
    if not chosen:
        where = "" if source is None else f" {format_ip(source)}"
        raise CannotScan(f"interface {name} has no IPv6 address{where} to ask from")
    return list(chosen.values())


def _link_of(text: str, paths: list[Path]) -> str:
    """The interface on whose link all of a network lies; addresses of this machine may be among it."""
    names: set[str] = set()
    for path in paths:
        if path.lane is None or path.gateway is not None:
            behind = path.problem or f"behind {format_ip(path.gateway or 0)}"
            raise UsageError(
                f"target {quoted(text)}: too large to ask one by one, and multicast finds hosts of our own links "
                f"alone ({format_ip(path.first)}: {behind})"
            )
        if path.lane.link is not Link.LOCAL:
            names.add(path.lane.ifname)
    if len(names) != 1:
        raise UsageError(
            f"target {quoted(text)}: too large to ask one by one, and multicast finds hosts of one link with others "
            "alone: it is of this machine itself, or of several links"
        )
    return names.pop()


def _on_link(routes: Routes | Scout, name: str, addresses: Collection[int]) -> frozenset[int]:
    """Those whose route leads straight onto the link."""
    if not addresses:
        return frozenset()
    ordered = sorted(addresses)
    kept: set[int] = set()
    for path in routes.paths([(each, each) for each in ordered]):
        if path.lane is not None and path.lane.ifname == name and path.gateway is None:
            kept.update(ordered[bisect_left(ordered, path.first) : bisect_right(ordered, path.last)])
    return frozenset(kept)


def _said(text: str, network: Span | None, found: int, guessed: int) -> str:
    if network is None:
        return f"{text} means all IPv6 hosts of the link: multicast finds {found} addresses"
    more = f", and {guessed} may be, by their link-local addresses" if guessed else ""
    return f"{text} is too large to ask one by one: its hosts are found by multicast, {found} of them{more}"

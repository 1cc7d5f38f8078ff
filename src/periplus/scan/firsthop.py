"""Asks the gateways of a scan a few times a second how they are; what follows is for `engine.firsthop` to say.

A question is what every kernel asks its neighbours: a unicast ARP request or neighbour solicitation, which never
leaves the link. Each gateway has at most one under way, as answers carry nothing that tells questions apart; one that
comes after an unanswered question may be to either, so its round trip is not known. Questions go out by whichever
link looks first, through its sender and so past whatever stands in front of the wire. They are asked only while
probes leave, so a scan that waits asks nothing, and not in the first second unless the scan is large: most are over
by then. A handful of probes is no load, so scans of `FEW` ask nothing at all.

Limits: Ethernet only. The `MOST` gateways with the largest networks behind them are asked, and the rate of all is
that which the worst allows. An answer is believed as any on the link; one that lies can only make a scan slower.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from periplus.columns import I64
from periplus.engine.firsthop import LEAST_PPS, Fall, FirstHop
from periplus.engine.limits import UNREAD
from periplus.engine.timing import UNLIMITED, Timing
from periplus.scan.sender import Parcel
from periplus.space.address import Addresses
from periplus.space.ip import format_ip
from periplus.transport.neighbours import Resolver, about_neighbours
from periplus.transport.routes import Path
from periplus.wire.lane import Lane, Link
from periplus.wire.neighbour import answerers_untrusted
from periplus.wire.packets import Packets

__all__ = ["FEW", "INTERVAL_US", "FirstHops", "first_hops", "gateways"]

INTERVAL_US = 200_000
PATIENCE_US = 500_000
START_US = 1_000_000
REVIEW_US = 20_000
FEW = 1_000  # probes of a scan that asks nothing, however long it takes
WORTH_ASKING = 100_000  # probes of a scan that is asked about from the beginning
MOST = 4


@dataclass(slots=True)
class _Gateway:
    """One gateway and the question under way to it, if one is; it keeps when that left (`sender.Stamped`)."""

    lane: Lane
    address: int
    health: FirstHop
    is_asked: bool = False
    asked_us: int = 0
    next_us: int = 0
    sent: int = -1  # probes that had left by the last question
    run: int = 0  # questions unanswered in a row

    def stamp(self, cell: I64, first_us: int, last_us: int) -> None:
        """The question leaves."""
        del cell, last_us
        self.asked_us = first_us

    def answered(self, time_us: int) -> None:
        if not self.is_asked:
            return
        rtt_us = None if self.run else float(max(time_us - self.asked_us, 0))
        self.health.answered(time_us, rtt_us)
        self.is_asked, self.run = False, 0

    def expire(self, now_us: int) -> None:
        if self.is_asked and now_us - self.asked_us >= PATIENCE_US:
            self.is_asked = False
            self.run += 1
            self.health.unanswered(now_us)


class FirstHops:
    """The gateways of a scan, one at least. `limit_pps` is the rate that all of them can bear (`has_fallen`: it is
    lower since the last review), `asked` counts the questions."""

    def __init__(
        self,
        ways: Iterable[tuple[Lane, int]],
        resolver: Resolver,
        tell: Callable[[str], None],
        least_pps: float = LEAST_PPS,
        *,
        at_once: bool = False,
    ) -> None:
        """`ways`: gateways by lane; `at_once`: they are asked from the beginning, not after a second."""
        self._gateways = [_Gateway(lane, address, FirstHop(least_pps)) for lane, address in ways]
        for gateway in self._gateways:
            resolver.want(gateway.lane, Addresses.of_ints([gateway.address]))
        self._resolver = resolver
        self._tell = tell
        self._wait_us = 0 if at_once else START_US
        self._begin_us: int | None = None
        self._reviewed_us = self._sent = 0
        self._has_told = False
        self.limit_pps = math.inf
        self.has_fallen = False
        self.asked = 0

    # a link's side

    def step(self, now_us: int, packets: Packets, *, room: bool) -> list[Parcel]:
        """Read what has come (other packets are passed over) and return the questions to send now."""
        self._read(packets)
        if len(packets) < UNREAD:
            for each in self._gateways:
                each.expire(now_us)
        if not room or self._begin_us is None or now_us < self._begin_us:
            return []
        return [parcel for each in self._gateways if (parcel := self._question(each, now_us)) is not None]

    def _read(self, packets: Packets) -> None:
        packets = about_neighbours(packets)
        if not len(packets):
            return
        them, rows = answerers_untrusted(packets)
        for each in self._gateways:
            high, low = divmod(each.address, 1 << 64)
            here = packets.ifindex[rows] == each.lane.ifindex
            told = rows[here & (them.hi == np.uint64(high)) & (them.lo == np.uint64(low))]
            if len(told):
                each.answered(int(packets.time_us[told[0]]))

    def _question(self, gateway: _Gateway, now_us: int) -> Parcel | None:
        if (
            gateway.is_asked
            or now_us < gateway.next_us
            or gateway.sent == self._sent
            or gateway.health.is_mute
            or (poll := self._resolver.poll(gateway.lane, gateway.address)) is None
        ):
            return None
        gateway.is_asked, gateway.asked_us, gateway.next_us = True, now_us, now_us + INTERVAL_US
        gateway.sent = self._sent
        self.asked += 1
        return Parcel(*poll, gateway)

    # the loop's side

    def review(self, now_us: int, sent: int) -> bool:
        """`sent` probes have left so far: judge the gateways, and return whether the limit has changed."""
        self._sent = sent
        if self._begin_us is None:
            self._begin_us = now_us + self._wait_us
        if now_us - self._reviewed_us < REVIEW_US:
            return False
        self._reviewed_us = now_us
        changed = [each for each in self._gateways if each.health.review(now_us, sent)]
        for each in changed:
            if each.health.fall is not None and not self._has_told:
                self._has_told = True
                self._tell(_told(each.address, each.health.fall))
        before_pps, self.limit_pps = self.limit_pps, min(each.health.limit_pps for each in self._gateways)
        self.has_fallen = self.limit_pps < before_pps
        return bool(changed)

    def bearable(self, max_rate: float) -> float:
        """Return the lower of the limit and a ceiling; 0: there is none."""
        ceiling_pps = min(max_rate or math.inf, self.limit_pps)
        return 0.0 if math.isinf(ceiling_pps) else ceiling_pps


def first_hops(
    paths: list[Path], timing: Timing, resolver: Resolver, tell: Callable[[str], None], probes: int
) -> FirstHops | None:
    """Return what watches the gateways of these paths; None where there is none, or the rate must not fall, or need
    not, as there are so few probes."""
    if probes < FEW:
        return None
    ways = gateways(paths)
    least_pps = LEAST_PPS
    if timing.floor_is_fixed and timing.floor_rate < UNLIMITED:  # as the user wants it
        least_pps = max(timing.floor_rate, LEAST_PPS)
        if timing.max_rate and least_pps >= timing.max_rate:
            return None
    return FirstHops(ways, resolver, tell, least_pps, at_once=probes >= WORTH_ASKING) if ways else None


def gateways(paths: Iterable[Path]) -> list[tuple[Lane, int]]:
    """The gateways of these paths that can be asked and are, with the lanes to them."""
    behind: dict[tuple[Lane, int], int] = {}
    for path in paths:
        if path.lane is not None and path.gateway is not None and path.lane.link is Link.ETHERNET:
            way = path.lane, path.gateway
            behind[way] = behind.get(way, 0) + path.last - path.first + 1
    return sorted(behind, key=lambda way: -behind[way])[:MOST]


def _told(gateway: int, fall: Fall) -> str:
    how = (
        "answers no more"
        if fall.recent_us is None
        else f"answers after {fall.recent_us / 1e3:.0f} ms instead of {fall.usual_us / 1e3:.0f} ms"
    )
    return f"the first hop, {format_ip(gateway)}, {how}: the rate falls to {fall.limit_pps:,.0f} packets a second"

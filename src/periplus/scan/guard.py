"""The last look before anything leaves: what a scope does not allow stays here and ends the run; ceilings hold here.

Everything above has asked the scope already, so whatever is stopped here is our own bug. The look is taken by every
transport of a scan, on columns, just before the kernel's call. One guard serves them all, so that a rate, the user's
or the scope's, is a ceiling over the whole run: probes of all techniques, questions on the link, traceroute and
connects together, over any tenth of a second (`engine.ceiling`); and so are the rates of hosts and networks
(`engine.meter`). What a rate does not let out yet is not taken, as if a queue were full, and is offered again. The
same happens once the scope's hours are over; it is for the loop to notice and to end the run.

Outside the hours of ``--hours`` nothing leaves either, with a scope or without one (`recess`).

Allowed besides: to ask the link for the hardware address of the router on the way, which need not be in the scope.

Limits: a connect counts as one packet; how many the kernel makes of it is its own affair. Questions to name servers
are none to targets and do not pass here.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from periplus.columns import I64, U8, U16, Mask
from periplus.engine.ceiling import Ceiling
from periplus.engine.meter import Meters
from periplus.errors import CannotScan
from periplus.space.ip import format_ip
from periplus.space.ranges import AddressSpace
from periplus.space.scope import NUMBERS, Scope
from periplus.transport.ask import Asks
from periplus.transport.connect import Clock, ConnectTransport, Sent
from periplus.wire.network import HAS_PORTS
from periplus.wire.outgoing import Outgoing, read_outgoing

if TYPE_CHECKING:
    import socket

    from periplus.space.address import Addresses
    from periplus.transport.calls import FrameTransport
    from periplus.wire.lane import Lane
    from periplus.wire.packets import Packets

__all__ = ["Guard", "GuardedAsks", "GuardedConnects", "GuardedFrames", "Leave"]

_WORDS = {number: proto for proto, number in NUMBERS.items()}


@dataclass(slots=True)
class Leave:
    """Of a batch so many, from the front, `may` leave now. Who lets them out says how many have `left`."""

    may: int = 0
    left: int = 0


class Guard:
    """Knows what may leave, and how fast. Every thread of a scan may ask.

    `routers` are the next hops that may be looked for on the link; `held` counts what was stopped.
    """

    def __init__(
        self,
        scope: Scope | None,
        now_us: Callable[[], int],
        epoch_s: Callable[[], float],
        shut: Callable[[], bool] = lambda: False,
        max_rate: float = 0.0,
        meters: Meters | None = None,
    ) -> None:
        """`now_us` is the clock of the rates, `epoch_s` the calendar's; while it is `shut` nothing leaves.

        `max_rate`: packets a second besides the scope's, 0: none; `meters` are the ceilings of hosts and networks.
        """
        self.routers = AddressSpace.of([])
        self.held = 0
        self._scope = scope
        self._now_us = now_us
        self._epoch_s = epoch_s
        self._shut = shut
        self._meters = meters
        rates = [rate for rate in (max_rate, scope.max_rate if scope else 0.0) if rate]
        self._ceiling = Ceiling(min(rates, default=0.0), now_us())
        self._lock = Lock()

    @property
    def max_rate(self) -> float:
        """Packets a second, at most; 0: as many as there are."""
        return self._ceiling.rate

    def limit(self, max_rate: float) -> None:
        """From now on at most so many packets a second leave, and never more than the scope allows."""
        scopes = self._scope.max_rate if self._scope else 0.0
        with self._lock:
            self._ceiling.limit(min(max_rate, scopes or max_rate), self._now_us())

    @contextmanager
    def leave(self, wanted: int, whom: "Callable[[int], Addresses | None]") -> Iterator[Leave]:
        """While this is held, those of so many packets leave that may.

        `whom` looks at the first so many, lets none pass that lies outside, and tells whom they ask if it matters to
        a rate.
        """
        claimed = self._claim(wanted)
        leave, them = Leave(), None
        try:
            them = whom(claimed) if claimed else None
            leave.may = claimed if them is None else self._fit(them)
            yield leave
        finally:
            self._settle(claimed, None if them is None else them[: leave.may], leave.left)

    def leave_for(self, them: "Addresses", ports: U16, protocol: int) -> AbstractContextManager[Leave]:
        """The same for what asks these ports, all by one protocol. CannotScan: one of them lies outside."""

        def whom(n: int) -> "Addresses":
            self._check(them[:n], ports[:n], np.full(n, protocol, np.uint8))
            return them[:n]

        return self.leave(len(them), whom)

    def _claim(self, wanted: int) -> int:
        """Return how many of so many may leave now as far as the hours and the rate of all go; `_settle` follows."""
        if self._shut() or (self._scope and self._scope.closed(self._epoch_s()) is not None):
            return 0
        with self._lock:
            return self._ceiling.claim(wanted, self._now_us())

    def _fit(self, them: "Addresses") -> int:
        """Return how many of the packets claimed, from the front, their hosts and networks may get now."""
        if self._meters is None:
            return len(them)
        with self._lock:
            return self._meters.claim(them, self._now_us())

    def _settle(self, claimed: int, them: "Addresses | None", left: int) -> None:
        """Of so many claimed these have left; `them`: to whom those of them went that fitted, where it matters."""
        with self._lock:
            now_us = self._now_us()
            self._ceiling.settle(claimed, left, now_us)
            if self._meters is not None and them is not None:
                self._meters.settle(them, left, now_us)

    def _check(self, them: "Addresses", ports: U16, protocol: U8) -> None:
        """Let probes to ports pass. CannotScan: one of them lies outside, and none may leave."""
        if self._scope is None:
            return
        allowed = self._scope.allows(them, ports, protocol)
        if not allowed.all():
            row = int(np.argmin(allowed))
            self._stop(self._scope, allowed, _told(them.ints()[row], int(ports[row]), int(protocol[row])))

    def check_frames(self, frames: U8, header: int) -> "Addresses | None":
        """Let frames pass, `header` bytes of link layer first, and return whom they ask, if that matters to a rate.

        CannotScan: one lies outside, or cannot be read.
        """
        if self._scope is None and self._meters is None:
            return None
        seen = read_outgoing(frames, header)
        if self._scope is not None:
            self._check_seen(self._scope, seen)
        return None if self._meters is None else seen.them

    def _check_seen(self, scope: Scope, seen: Outgoing) -> None:
        allowed = scope.space.holds(seen.them)
        # Where none is to be seen though the protocol has ports, the frame is a fragment after the first.
        allowed &= scope.passes(seen.port, seen.protocol) | ~seen.has_port & HAS_PORTS[seen.protocol]
        if seen.asks_link.any():
            allowed = np.where(
                seen.asks_link, scope.space.holds(seen.them) | self.routers.holds(seen.them), allowed
            )
        allowed &= seen.readable
        if not allowed.all():
            row = int(np.argmin(allowed))
            port = int(seen.port[row]) if seen.has_port[row] else None
            told = _told(seen.them.ints()[row], port, int(seen.protocol[row]))
            self._stop(scope, allowed, told if seen.readable[row] else "a frame that cannot be read")

    def _stop(self, scope: Scope, allowed: Mask, first: str) -> None:
        count = int(np.count_nonzero(~allowed))
        self.held += count
        raise CannotScan(
            f"internal error: {count} of {len(allowed)} probes lay outside scope {scope.file} and were held "
            f"back with the others (the first: {first}); this is a bug of Periplus, please report it"
        )


class GuardedFrames:
    """A `calls.FrameTransport` that hands to another only what the guard lets pass."""

    def __init__(self, transport: "FrameTransport", guard: Guard) -> None:
        self._transport = transport
        self._guard = guard
        self.receive: Callable[..., Packets] = transport.receive
        self.wait, self.files = transport.wait, transport.files
        self.capacity, self.backlog = transport.capacity, transport.backlog
        self.drops, self.close = transport.drops, transport.close

    def send(self, lane: "Lane", frames: U8) -> int:
        """As the other's; fewer are taken than offered also when the rate lets no more out."""
        look = self._guard.check_frames
        with self._guard.leave(len(frames), lambda n: look(frames[:n], lane.header)) as leave:
            leave.left = self._transport.send(lane, frames[: leave.may]) if leave.may else 0
        return leave.left


class GuardedConnects(ConnectTransport):
    """Connects of which only those begin that the guard lets pass."""

    def __init__(
        self,
        guard: Guard,
        max_in_flight: int | None = None,
        opener: "Callable[[int], socket.socket] | None" = None,
    ) -> None:
        super().__init__(max_in_flight, opener)
        self._guard = guard

    def send(self, tokens: I64, them: "Addresses", ports: U16, deadlines_us: I64, now_us: Clock) -> Sent:
        """As without a guard; fewer are taken than offered also when the rate lets no more out."""
        with self._guard.leave_for(them, ports, NUMBERS["tcp"]) as leave:
            n = leave.may
            sent = super().send(tokens[:n], them[:n], ports[:n], deadlines_us[:n], now_us)
            leave.left = sent.taken
        return sent


class GuardedAsks(Asks):
    """Connections with data of which only those begin that the guard lets pass."""

    def __init__(
        self,
        guard: Guard,
        most: int | None = None,
        opener: "Callable[[int], socket.socket] | None" = None,
    ) -> None:
        super().__init__(most, opener)
        self._guard = guard

    def begin(self, tokens: list[int], them: "Addresses", ports: U16, patience_us: int, now_us: Clock) -> int:
        """As without a guard; fewer are begun than offered also when the rate lets no more out."""
        room = max(self.room(), 0)
        with self._guard.leave_for(them[:room], ports[:room], NUMBERS["tcp"]) as leave:
            n = leave.may
            leave.left = super().begin(tokens[:n], them[:n], ports[:n], patience_us, now_us)
        return leave.left


def _told(address: int, port: int | None, protocol: int) -> str:
    what = _WORDS.get(protocol, f"protocol {protocol}")
    return format_ip(address) + (f" {what}" if port is None else f" port {port}/{what}")

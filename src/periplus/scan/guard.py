"""The last look before anything leaves: what a scope does not allow stays here, and ends the run.

Everything above has asked the scope already, so whatever is stopped here is our own bug. The look is taken by every
transport of a scan, on columns, just before the kernel's call. One guard serves them all, so that the scope's rate is
a ceiling over the whole run: probes, questions on the link, traceroute and connects together. What the rate does not
let out yet is not taken, as if a queue were full, and is offered again. The same happens once the scope's hours are
over; it is for the loop to notice and to end the run.

Outside the hours of ``--hours`` nothing leaves either, with a scope or without one (`recess`).

Allowed besides: to ask the link for the hardware address of the router on the way, which need not be in the scope.

Limits: a connect counts as one packet; how many the kernel makes of it is its own affair. Questions to name servers
are none to targets and do not pass here.
"""

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from periplus.columns import I64, U8, U16, Mask
from periplus.engine.bucket import Bucket
from periplus.errors import CannotScan
from periplus.space.ip import format_ip
from periplus.space.ranges import AddressSpace
from periplus.space.scope import NUMBERS, Scope
from periplus.transport.ask import Asks
from periplus.transport.connect import Clock, ConnectTransport, Sent
from periplus.wire.outgoing import read_outgoing

if TYPE_CHECKING:
    import socket

    from periplus.space.address import Addresses
    from periplus.transport.calls import FrameTransport
    from periplus.wire.lane import Lane
    from periplus.wire.packets import Packets

__all__ = ["Guard", "GuardedAsks", "GuardedConnects", "GuardedFrames"]

BURST_S = 0.01  # how much of the rate may be caught up after a pause
_WORDS = {number: proto for proto, number in NUMBERS.items()}
# Protocols that have ports: where none is to be seen, the frame is a fragment after the first.
_PORTED = np.zeros(256, np.bool_)
_PORTED[[*NUMBERS.values()]] = True


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
    ) -> None:
        """`now_us` is the clock of the rate, `epoch_s` the calendar's; while it is `shut` nothing leaves."""
        self.routers = AddressSpace.of([])
        self.held = 0
        self._scope = scope
        self._now_us = now_us
        self._epoch_s = epoch_s
        self._shut = shut
        self._max_rate = scope.max_rate if scope else 0.0
        self._bucket = Bucket(self._max_rate, self._max_rate * BURST_S, now_us())
        self._lock = Lock()

    def claim(self, wanted: int) -> int:
        """Return how many of so many may leave now; what then does not is given back."""
        if self._shut() or (self._scope and self._scope.closed(self._epoch_s()) is not None):
            return 0
        if not self._max_rate:
            return wanted
        with self._lock:
            allowed = min(wanted, self._bucket.fill(self._now_us()))
            self._bucket.take(allowed)
        return allowed

    def give_back(self, unused: int) -> None:
        """So many of what was claimed did not leave after all."""
        if unused and self._max_rate:
            with self._lock:
                self._bucket.level += unused

    def check(self, them: "Addresses", ports: U16, protocol: U8) -> None:
        """Let probes to ports pass. CannotScan: one of them lies outside, and none may leave."""
        if self._scope is None:
            return
        allowed = self._scope.allows(them, ports, protocol)
        if not allowed.all():
            row = int(np.argmin(allowed))
            self._stop(self._scope, allowed, _told(them.ints()[row], int(ports[row]), int(protocol[row])))

    def check_frames(self, frames: U8, header: int) -> None:
        """Let frames pass, `header` bytes of link layer first. CannotScan: one lies outside, or cannot be read."""
        scope = self._scope
        if scope is None:
            return
        seen = read_outgoing(frames, header)
        allowed = scope.space.holds(seen.them)
        allowed &= scope.passes(seen.port, seen.protocol) | ~seen.has_port & _PORTED[seen.protocol]
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
        allowed = self._guard.claim(len(frames))
        if not allowed:
            return 0
        some = frames[:allowed]
        self._guard.check_frames(some, lane.header)
        taken = self._transport.send(lane, some)
        self._guard.give_back(allowed - taken)
        return taken


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
        n = self._guard.claim(len(tokens))
        self._guard.check(them[:n], ports[:n], np.full(n, NUMBERS["tcp"], np.uint8))
        sent = super().send(tokens[:n], them[:n], ports[:n], deadlines_us[:n], now_us)
        self._guard.give_back(n - sent.taken)
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
        n = self._guard.claim(min(len(tokens), max(self.room(), 0)))
        self._guard.check(them[:n], ports[:n], np.full(n, NUMBERS["tcp"], np.uint8))
        begun = super().begin(tokens[:n], them[:n], ports[:n], patience_us, now_us)
        self._guard.give_back(n - begun)
        return begun


def _told(address: int, port: int | None, protocol: int) -> str:
    what = _WORDS.get(protocol, f"protocol {protocol}")
    return format_ip(address) + (f" {what}" if port is None else f" port {port}/{what}")

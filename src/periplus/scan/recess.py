"""Hours in which a scan rests, and pauses at a key: then nothing is sent, nothing is forgotten, and no time passes.

A clock that stands still is the whole trick. While a scan rests, its clock shows the moment at which the rest began,
so nothing can be overdue because of it: no time-out, no host's limit, no ration, no rate that would be caught up.
Answers are read all the time, and an answer's time is put where it belongs on that clock: those that were under way
when the rest began come a little after a moment that does not pass, with their right round-trip times.

Nothing leaves meanwhile, whoever offers it: the guard of every transport asks `shut` before each batch, and what it
holds back counts as not sent yet. The hours are looked at before anything is sent, and the clock is stopped and
started by the loop alone.

Limits: of a connect the system makes the packets, and repeats them until its time-out closes it, also when the hours
end meanwhile. Questions to name servers are none to targets and are not held. Hardware addresses and routes are those
of the time before the rest.
"""

import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

import numpy as np

from periplus.columns import U8
from periplus.scan.clock import Clock
from periplus.space.scope import Hours
from periplus.transport.calls import FrameTransport
from periplus.wire.lane import Lane
from periplus.wire.packets import Packets

__all__ = ["OpenHours", "PausingClock", "PlacedFrames", "Recess"]

PRESSED = "p is pressed"
NAP_S = 0.02  # how often whoever rests looks whether it goes on


@dataclass(frozen=True, slots=True)
class OpenHours:
    """Hours of every day in a time zone; None is that of the machine. `zone_name` is for people."""

    hours: Hours
    zone: tzinfo | None
    zone_name: str

    def hold(self, epoch_s: float) -> bool:
        """Whether a moment lies in them."""
        if self.zone is None:
            local = time.localtime(epoch_s)
            return self.hours.hold(local.tm_hour * 60 + local.tm_min)
        there = datetime.fromtimestamp(epoch_s, self.zone)
        return self.hours.hold(there.hour * 60 + there.minute)

    @property
    def begin(self) -> str:
        """The time of day at which they begin."""
        return f"{self.hours.begin // 60:02d}:{self.hours.begin % 60:02d}"

    def __str__(self) -> str:
        return f"{self.hours.text} ({self.zone_name})"


class PausingClock(Clock):
    """Another clock, less the time for which it was stopped."""

    __slots__ = ("_base", "_lost_us", "_rests", "_stopped_us", "_went_on_us")

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._lost_us = 0
        self._stopped_us: int | None = None
        self._went_on_us = 0  # on the other clock
        self._rests: list[tuple[int, int]] = [
            (0, 0)
        ]  # moments of this clock, and what was lost from there on

    @property
    def stopped(self) -> bool:
        """Whether it stands still."""
        return self._stopped_us is not None

    def stop(self) -> None:
        """Stand still from now on."""
        self._stopped_us = self.now_us()

    def go_on(self) -> None:
        """Go on where it stood still."""
        if self._stopped_us is None:
            return
        self._went_on_us = self._base.now_us()
        lost_us = self._went_on_us - self._stopped_us
        self._rests.append((self._stopped_us, lost_us))
        self._lost_us, self._stopped_us = lost_us, None

    def now_us(self) -> int:
        """Microseconds that have passed while it was not stopped."""
        stopped_us = self._stopped_us  # another thread may ask
        return self._base.now_us() - self._lost_us if stopped_us is None else stopped_us

    def live_us(self) -> int:
        """As `now_us`, but going on while the clock stands still: for what goes on then as well."""
        return self._base.now_us() - self._lost_us

    def epoch_s(self, moment_us: int) -> float:
        """Seconds since the epoch at a moment of this clock."""
        row = bisect_right(self._rests, moment_us, key=lambda rest: rest[0]) - 1
        return self._base.epoch_s(moment_us + self._rests[row][1])

    def placed(self, packets: Packets) -> Packets:
        """Packets with their times, which are the other clock's, as this one would have shown them."""
        before_us = self._rests[-2][1] if len(self._rests) > 1 else 0
        lost_us = np.where(packets.time_us < self._went_on_us, before_us, self._lost_us)
        return Packets(
            packets.data, packets.length, packets.time_us - lost_us, packets.ifindex, packets.ethertype
        )


class Recess:
    """Stops and starts the clock of a scan by the hours, and when the user says so (`pressed`).

    `tell` gets a line when that happens.
    """

    def __init__(
        self,
        hours: OpenHours | None,
        clock: PausingClock,
        epoch_s: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        """`hours`: None is all day; `epoch_s` is the calendar's clock."""
        self.hours = hours
        self._held = False
        self._told: str | None = None  # until when, as it was told
        self.clock = clock
        self._epoch_s = epoch_s
        self._sleep = sleep
        self._tell = tell

    def pressed(self) -> None:
        """Rest until this is called again."""
        self._held = not self._held

    @property
    def until(self) -> str | None:
        """Until when the scan rests: a time of day, or what the user has to do; None: it does not."""
        return self._told if self.clock.stopped else None

    @property
    def _wanted_until(self) -> str | None:
        """As `until`, but by what should be now."""
        if self._held:
            return PRESSED
        if self.hours is None or self.hours.hold(self._epoch_s()):
            return None
        return self.hours.begin

    def look(self) -> bool:
        """Stop or start the clock if it is time; return whether the scan rests."""
        until = self._wanted_until
        if until == self._told:
            return self.clock.stopped
        before, self._told = self._told, until
        who = f"--hours {self.hours}: " if self.hours is not None and PRESSED not in (until, before) else ""
        if until is None:
            self.clock.go_on()
        elif not self.clock.stopped:
            self.clock.stop()
        self._tell(f"{who}going on" if until is None else f"{who}paused until {until}")
        return self.clock.stopped

    def shut(self) -> bool:
        """Whether nothing may leave now; any thread may ask. It takes a nap then, as it will be asked again."""
        if not self.clock.stopped and self._wanted_until is None:
            return False
        self.nap()
        return True

    def nap(self) -> None:
        """Let a moment pass."""
        self._sleep(NAP_S)

    def wait(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Return when the hours have begun, or when it is told to stop."""
        while not stopped() and self.look():
            self.nap()


class PlacedFrames:
    """A `calls.FrameTransport` whose packets have the times of a clock that may stand still."""

    def __init__(self, transport: FrameTransport, clock: PausingClock) -> None:
        self._transport = transport
        self._clock = clock
        self.wait, self.files = transport.wait, transport.files
        self.capacity, self.backlog = transport.capacity, transport.backlog
        self.drops, self.close = transport.drops, transport.close

    def send(self, lane: Lane, frames: U8) -> int:
        """As the other's."""
        return self._transport.send(lane, frames)

    def receive(self, limit: int = 4096) -> Packets:
        """As the other's, but for the times."""
        return self._clock.placed(self._transport.receive(limit))

"""The two clocks of a scan: a monotonic one for decisions and the calendar for reports."""

import time

__all__ = ["Clock"]


class Clock:
    """Monotonic microseconds, and the calendar time that belongs to them."""

    __slots__ = ("_offset_us",)

    def __init__(self) -> None:
        self._offset_us = time.time_ns() // 1000 - self.now_us()

    def now_us(self) -> int:
        """Microseconds on the clock that the engine and the transports use."""
        return time.monotonic_ns() // 1000

    def epoch_s(self, moment_us: int) -> float:
        """Seconds since the epoch at a moment of the monotonic clock."""
        return (moment_us + self._offset_us) / 1e6

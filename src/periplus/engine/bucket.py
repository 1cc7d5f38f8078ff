"""A token bucket as a pure function of time: `rate` tokens a second, at most `burst` saved up."""

__all__ = ["Bucket"]

SECOND = 1_000_000


class Bucket:
    """Tokens that time brings and probes take. A rate of 0 brings none."""

    __slots__ = ("_burst", "_filled_us", "level", "rate")

    def __init__(self, rate: float, burst: float, now_us: int) -> None:
        self.rate = rate
        self._burst = max(burst, 1.0)
        self._filled_us = now_us
        self.level = min(self._burst, 1.0) if rate else 0.0

    def fill(self, now_us: int) -> int:
        """Bring the level up to now and return the whole tokens that may be taken."""
        self.level = min(self._burst, self.level + self.rate * (now_us - self._filled_us) / SECOND)
        self._filled_us = now_us
        return max(int(self.level), 0)

    def take(self, tokens: int) -> None:
        """Take tokens; more than there are leaves a debt of none, or the one that there was."""
        self.level = min(self.level, max(0.0, self.level - tokens))

    def owe(self, tokens: int) -> None:
        """Take tokens that are gone in any case; what is missing is a debt that time has to pay first."""
        self.level -= tokens

    def ready_us(self, wanted: float) -> int:
        """Return the time at which `wanted` tokens, at least one, will be there (at rate 0: a far time)."""
        wanted = max(wanted, 1.0)
        if self.level >= wanted:
            return self._filled_us
        if self.rate <= 0:
            return 1 << 62
        return self._filled_us + int((min(wanted, self._burst) - self.level) * SECOND / self.rate) + 1

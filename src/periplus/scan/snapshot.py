"""How far a run has come, as one frozen value: what the loop tells and the command line shows."""

from dataclasses import dataclass

__all__ = ["Snapshot"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a run at one moment.

    `settled` of `total` cells (an address and port each) have their verdict; `sent` counts probes, so it may be
    larger. `loss` is a share (0..1), `rate_pps` probes a second of late. `eta_s` is None as long as nobody
    can know it. `phase` says in one or two words what is being done, e.g. ``SYN scan``. `paused_until` is the time of
    day until which the run rests.
    """

    elapsed_s: float
    sent: int
    settled: int
    total: int
    hosts_done: int
    hosts: int
    open_found: int
    rate_pps: float
    loss: float
    eta_s: float | None
    phase: str
    paused_until: str | None = None

    @property
    def share(self) -> float | None:
        """The settled share of the run, 0..1; None when there is nothing to settle."""
        return min(1.0, self.settled / self.total) if self.total > 0 else None

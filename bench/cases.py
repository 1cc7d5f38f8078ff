"""The rows of the foundation's table of figures: what is scanned, with which flags, what is true, what is asked.

Every case runs in the lab of `tests/lab`: the target is one veth pair away (in one case behind the
router) and has three open ports (22, 80 and 8080: sshd and nginx). Both scanners get the same flags, word for word.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.lab import conditions
from tests.lab.network import FAR, NEAR, Network
from tests.lab.servers import OPEN

__all__ = ["CASES", "MEMORY_GOAL_MB", "VERSION_GOAL_MS", "Case", "Goal"]

MEMORY_GOAL_MB = 80.0
VERSION_GOAL_MS = 60.0
ALL = 65_535
CROWD = "198.18.3.0/24"  # addresses that one host answers for


@dataclass(frozen=True, slots=True)
class Goal:
    """What our figure must be: at most so many seconds, or at most so many times Nmap's."""

    words: str
    seconds: float | None = None
    ratio: float | None = None

    def met(self, ours: float, nmap: float | None) -> bool | None:
        """Whether it is met; None when there is nothing to compare with."""
        if self.seconds is not None:
            return ours <= self.seconds
        return None if self.ratio is None or nmap is None else ours <= self.ratio * nmap


@dataclass(frozen=True, slots=True)
class Case:
    """One row: name, flags, target, how the network is made ready, and the truth to be found.

    `open_ports` is how many are open over all hosts; of the other `probed` ports at least `share` must be in
    `rest` (the state they are in). `long`: it takes Nmap more than ten seconds.
    """

    key: str
    name: str
    flags: tuple[str, ...]
    prepare: Callable[[Network], None]
    goal: Goal
    probed: int
    rest: str
    target: str = NEAR.v4
    open_ports: int = len(OPEN)
    share: float = 1.0
    long: bool = False


def nothing(_: Network) -> None:
    """No firewall: what is not open is closed."""


def silent_but_for_open(net: Network) -> None:
    net.near.firewall(conditions.silence(*OPEN))


def silent(net: Network) -> None:
    """Behind the router, so that not even ARP tells a round-trip time."""
    net.far.firewall(conditions.silence())


def lossy(net: Network) -> None:
    net.near.firewall(conditions.lossy(5))


def crowded(net: Network) -> None:
    """Make the near target answer for a /24, ARP included."""
    net.near.ip("route", "replace", "local", CROWD, "dev", "lo")
    net.scanner.ip("route", "replace", CROWD, "dev", "near0")


NOT_SLOWER = Goal("not slower", ratio=1.0)
CASES = (
    Case("closed", "65,535 ports, all but 3 closed, SYN", ("-sS", "-p-"), nothing, NOT_SLOWER, ALL, "closed"),
    Case("dropped", "1,000 ports, all but 3 dropped", ("-sS",), silent_but_for_open,
         Goal("under 2.5 s", seconds=2.5), 1000, "filtered"),
    Case("silent-t4", "1,000 ports, every one dropped, -T4", ("-sS", "-T4"), silent,
         Goal("under 4 s", seconds=4.0), 1000, "filtered", open_ports=0, target=FAR.v4, long=True),
    Case("dropped-t4", "65,535 ports, all but 3 dropped, -T4", ("-sS", "-T4", "-p-"), silent_but_for_open,
         Goal("under 20 s", seconds=20.0), ALL, "filtered", long=True),
    Case("lossy-t4", "65,535 ports, 5 % loss each way, -T4", ("-sS", "-T4", "-p-"), lossy,
         Goal("under 8 s", seconds=8.0), ALL, "closed", share=0.999, long=True),
    Case("crowd", "256 hosts x 1,000 ports, closed", ("-sS",), crowded, NOT_SLOWER, 256_000, "closed",
         target=CROWD, open_ports=3 * 256),
    Case("connect", "65,535 ports, connect, closed", ("-sT", "-p-"), nothing,
         Goal("within 1.3 x", ratio=1.3), ALL, "closed"),
)  # fmt: skip

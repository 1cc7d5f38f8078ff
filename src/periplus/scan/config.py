"""Everything that a scan was asked to do, frozen: what is not in here cannot change its course."""

from dataclasses import dataclass

from periplus.engine.timing import Timing
from periplus.space.space import Space
from periplus.technique.model import Technique

__all__ = ["ScanConfig"]


@dataclass(frozen=True, slots=True)
class ScanConfig:
    """One scan. `names` are the host names that targets were given by, with their addresses.

    `assume_up` (-Pn): hosts count as up though nothing of them answers. `reverse`: ask for names of hosts that
    are up (None), of all (True) or of none (False). `tell_down`: report hosts that are down as well.
    `traceroute`: find the way to each host that is up.
    """

    space: Space
    technique: Technique
    timing: Timing
    seed: int
    arguments: tuple[str, ...] = ()
    names: tuple[tuple[str, int], ...] = ()
    assume_up: bool = False
    reverse: bool | None = None
    tell_down: bool = False
    traceroute: bool = False

"""Everything that a scan was asked to do, frozen: what is not in here cannot change its course."""

from dataclasses import dataclass

from periplus.engine.timing import Timing
from periplus.space.ip import V4_BASE
from periplus.space.space import Space
from periplus.technique.model import Technique
from periplus.transport.routes import UNCHOSEN, Via
from periplus.wire.shape import PLAIN, Shape

__all__ = ["ScanConfig"]


@dataclass(frozen=True, slots=True)
class ScanConfig:
    """One scan. `names` are the host names that targets were given by, with their addresses.

    `assume_up` (-Pn): hosts count as up though nothing of them answers. `reverse`: ask for names of hosts that
    are up (None), of all (True) or of none (False). `tell_down`: report hosts that are down as well. `shape`, `via`
    and `source_port` are how packets look and leave, `socket_ttl` the time to live where the system makes them; None:
    as usual.
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
    shape: Shape = PLAIN
    via: Via = UNCHOSEN
    source_port: int | None = None
    socket_ttl: int | None = None

    @property
    def families(self) -> tuple[int, ...]:
        """Of which address families (4, 6) there are targets."""
        spans = [span for block in self.space.blocks for span in block.addresses.ranges()]
        v4 = [first >> 32 == V4_BASE >> 32 for first, _ in spans]
        return (4,) * any(v4) + (6,) * (not all(v4))

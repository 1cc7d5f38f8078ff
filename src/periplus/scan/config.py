"""Everything that a scan was asked to do, frozen: what is not in here cannot change its course."""

from dataclasses import dataclass

from periplus.engine.timing import Timing
from periplus.scan.menu import Menu
from periplus.space.space import Space
from periplus.technique.model import Technique

__all__ = ["Discovery", "ScanConfig", "Work"]


@dataclass(frozen=True, slots=True)
class Work:
    """One technique on its ports."""

    technique: Technique
    space: Space


@dataclass(frozen=True, slots=True)
class Discovery:
    """How hosts are found: questions by several techniques, numbered as the ports of the space.

    `link_proof`: who answers on the link is there and is asked nothing more.
    """

    menu: Menu
    space: Space
    link_proof: bool = True


@dataclass(frozen=True, slots=True)
class ScanConfig:
    """One scan: the `works` on the hosts that `discovery` finds; without it on all of them.

    `names` are the host names that targets were given by, with their addresses. `assume_up` (-Pn): hosts count as up
    though nothing of them answers. `reverse`: ask for names of hosts that are up (None), of all (True) or of none
    (False). `dns_servers`: who is asked, as addresses with ports; None: the system's servers. `tell_down`: report
    hosts that are down as well. `traceroute`: find the way to each host that is up.
    """

    works: tuple[Work, ...]
    timing: Timing
    seed: int
    discovery: Discovery | None = None
    arguments: tuple[str, ...] = ()
    names: tuple[tuple[str, int], ...] = ()
    assume_up: bool = False
    reverse: bool | None = None
    dns_servers: tuple[tuple[str, int], ...] | None = None
    tell_down: bool = False
    traceroute: bool = False

    @property
    def n_hosts(self) -> int:
        """Hosts asked for: of the discovery, or of the first work, which covers all targets."""
        return self.discovery.space.n_hosts if self.discovery else max(w.space.n_hosts for w in self.works)

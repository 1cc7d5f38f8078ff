"""Everything that a scan was asked to do, frozen: what is not in here cannot change its course."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from periplus.columns import Mask
from periplus.engine.timing import Timing
from periplus.scan.menu import Menu
from periplus.space.course import WHOLE, Shard
from periplus.space.ip import V4_BASE
from periplus.space.space import Space
from periplus.technique.model import Technique
from periplus.transport.routes import UNCHOSEN, Via
from periplus.wire.shape import PLAIN, Shape

if TYPE_CHECKING:
    from periplus.scan.recess import OpenHours
    from periplus.space.scope import Scope

__all__ = ["Discovery", "Fingerprinting", "Identify", "ScanConfig", "Tarpits", "Transport", "Work"]

PORTS = 1 << 16


class Transport(StrEnum):
    """How packets of our own making leave; AUTO: by AF_XDP when there are many and the interface takes it."""

    AUTO = "auto"
    PACKET = "packet"
    XDP = "xdp"


@dataclass(frozen=True, slots=True)
class Work:
    """One technique on its ports; each host is asked the `urgent` ones first."""

    technique: Technique
    space: Space
    urgent: frozenset[int] = frozenset()

    @property
    def urgent_mask(self) -> Mask | None:
        """Of all ports the urgent ones; None when there are none."""
        if not self.urgent:
            return None
        mask = np.zeros(PORTS, np.bool_)
        mask[list(self.urgent)] = True
        return mask


@dataclass(frozen=True, slots=True)
class Discovery:
    """How hosts are found: questions by several techniques, numbered as the ports of the space.

    `link_proof`: who answers on the link is there and is asked nothing more.
    """

    menu: Menu
    space: Space
    link_proof: bool = True


@dataclass(frozen=True, slots=True)
class Tarpits:
    """How hosts that accept every connection are recognised.

    `likely` are TCP ports, the ones most likely to be real first, `barred` those that are never asked; `shown`: the
    ports of such hosts are told like all others.
    """

    likely: tuple[int, ...] = ()
    barred: frozenset[int] = frozenset()
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Identify:
    """How open ports are identified: how hard (0-9), and whether industrial equipment may be spoken to.

    `named`: the ports that the user named one by one, which may be fragile. `probes_db` is Nmap's file of
    service probes (None: where Nmap installs it, if it does), `recog` a folder of Recog's fingerprints: second
    opinions. `signatures` is a file of the user's own, asked before the program's. `tls_audit`: of ports that speak
    TLS all versions, suites and groups are found out.
    """

    intensity: int = 7
    ics: bool = False
    named: frozenset[int] = frozenset()
    probes_db: str | None = None
    recog: str | None = None
    signatures: str | None = None
    tls_audit: bool = False


@dataclass(frozen=True, slots=True)
class Fingerprinting:
    """How operating systems are told: by the text of an nmap-os-db at `path`, or by our own stacks (None).

    `barred` are TCP ports that are never asked.
    """

    path: str | None = None
    barred: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ScanConfig:
    """One scan: the `works` on the hosts that `discovery` finds; without it on all of them.

    `names` are the host names that targets were given by, with their addresses. `assume_up` (-Pn): hosts count as up
    though nothing of them answers. `reverse`: ask for names of hosts that are up (None), of all (True) or of none
    (False). `dns_servers`: who is asked, as addresses with ports; None: the system's servers. `tell_down`: report
    hosts that are down as well; `tell_silent`: and those that count as up though nothing was heard of them.
    `shape`, `via` and `source_port` are how packets look and leave, `socket_ttl` the time to live where the
    system makes them; None: as usual. `transport`: by which socket packets of our own making leave. `traceroute`:
    find the way to each host that is up. `scope` is what must not be left, whatever else is said here, `shard`
    which part of the hosts is asked; outside the `hours` the scan rests. `tarpits`: hosts that accept everything
    are recognised. `identify`: open ports are asked who answers there. `fingerprint`: hosts are asked for their
    operating system.
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
    tell_silent: bool = True
    traceroute: bool = False
    shape: Shape = PLAIN
    via: Via = UNCHOSEN
    source_port: int | None = None
    socket_ttl: int | None = None
    transport: Transport = Transport.AUTO
    scope: "Scope | None" = None
    hours: "OpenHours | None" = None
    tarpits: Tarpits | None = None
    identify: Identify | None = None
    fingerprint: Fingerprinting | None = None
    shard: Shard = WHOLE

    @property
    def spaces(self) -> tuple[Space, ...]:
        """What is asked, of each work and to find hosts."""
        return (*(work.space for work in self.works), *([self.discovery.space] if self.discovery else []))

    @property
    def n_hosts(self) -> int:
        """Hosts asked for: those of the discovery or of any work cover all targets."""
        return max(space.n_hosts for space in self.spaces)

    @property
    def families(self) -> tuple[int, ...]:
        """Of which address families (4, 6) there are targets."""
        blocks = (block for space in self.spaces for block in space.blocks)
        v4 = [first >> 32 == V4_BASE >> 32 for block in blocks for first, _ in block.addresses.ranges()]
        return (4,) * any(v4) + (6,) * (not all(v4))

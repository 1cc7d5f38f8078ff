"""A campaign: one technique's engine with its way to the network, and what makes rows of what it finds.

A scan has one for each work, and one that finds hosts, if they are looked for first.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from periplus.engine.engine import Engine
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig, Work
from periplus.scan.link import Link
from periplus.scan.report import Names, Reporter
from periplus.scan.tracing import scan_timing
from periplus.space.space import Space

if TYPE_CHECKING:
    from periplus.engine.meter import Meters
    from periplus.engine.remains import Remains
    from periplus.scan.journal import Journal

__all__ = ["Campaign", "campaign_of"]


@dataclass(frozen=True, slots=True)
class Campaign:
    """One engine with its way to the network; without a work it finds hosts."""

    work: Work | None
    space: Space
    engine: Engine
    link: Link
    reporter: Reporter

    @property
    def title(self) -> str:
        """What is being done, for people."""
        return self.work.technique.title if self.work else "Host discovery"


def campaign_of(
    work: Work | None,
    config: ScanConfig,
    link: Link,
    clock: Clock,
    services: Names,
    now_us: int,
    meters: "Meters | None" = None,
    journal: "Journal | None" = None,
    remains: "Remains | None" = None,
) -> Campaign:
    """Make one over this link. `meters` are those of all campaigns; `remains`: what an earlier run left of it."""
    discovery = config.discovery
    if work is None:
        assert discovery is not None
        space, table = discovery.space, discovery.menu.table
    else:
        space, table = work.space, work.technique.table
    known = work is not None and discovery is not None
    engine = Engine(
        space,
        table,
        scan_timing(config),
        config.seed,
        now_us,
        link.limits,
        urgent=work.urgent_mask if work else None,
        fed=known,
        until_up=work is None,
        ledger=journal.ledger if journal else None,
        remains=remains,
        meters=meters,
        unreported=journal.unreported() if journal and work else None,
    )
    return Campaign(work, space, engine, link, Reporter(work, config, link, clock, services, known))

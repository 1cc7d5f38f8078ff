"""What a campaign is made of: one work's space and title, or those of finding hosts."""

from tests.scan.campaigns import config_of, finding, syn
from tests.scan.runs import FAR, NEAR, link_of, services, space_of
from tests.sim.frames import Wire

from periplus.scan.campaign import campaign_of
from periplus.scan.config import ScanConfig, Work

SPACE = space_of([NEAR, FAR], [22, 23])


def made(work: Work | None, config: ScanConfig) -> tuple[str, int, bool]:
    """Title, size, and whether hosts are asked without being told to."""
    wire = Wire({})
    link = link_of(SPACE, wire)
    campaign = campaign_of(work, config, link, wire.clock, services, wire.now_us)
    assert campaign.link is link
    return campaign.title, campaign.space.size, bool(campaign.engine.step(wire.now_us, {}).opened)


def test_without_discovery_a_work_asks_all_its_hosts() -> None:
    work = syn(SPACE)
    assert made(work, config_of((work,), None)) == ("SYN scan", 4, True)


def test_with_discovery_a_work_waits_for_hosts_and_who_finds_them_asks_all() -> None:
    work, discovery = syn(SPACE), finding([NEAR, FAR])
    config = config_of((work,), discovery)
    assert made(work, config) == ("SYN scan", 4, False)
    assert made(None, config) == ("Host discovery", discovery.space.size, True)

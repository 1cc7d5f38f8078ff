"""Networks that lose packets: what is open is found all the same."""

import pytest
from tests.lab import conditions, servers
from tests.lab.network import FAR, NEAR, Network
from tests.lab.scanners import periplus
from tests.lab.servers import OPEN

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
@pytest.mark.parametrize("family", [4, 6])
def test_five_percent_loss_each_way(plain: Network, family: int, flag: str) -> None:
    plain.near.firewall(conditions.lossy(5))
    ran = periplus(
        plain.scanner, flag, "-T4", "-p1-20000", "--all-states", "-oJ", "-", NEAR.of(family), patience=120
    )
    scan = ran.scan()
    assert len(scan.ports) == 20000
    assert scan.of("open") == OPEN
    assert len(scan.of("closed")) >= 0.999 * (20000 - len(OPEN))


def test_loss_is_measured_and_told(plain: Network) -> None:
    """Both ways together 9.75 %; measured from few thousand probes, so within a third of it."""
    plain.near.firewall(conditions.lossy(5))
    scan = periplus(plain.scanner, "-sS", "-T4", "-p1-20000", "-oJ", "-", NEAR.v4, patience=120).scan()
    assert 0.065 < scan.summary["loss"] < 0.13
    assert scan.summary["expected_missed_open"] < 0.1


def test_a_clean_link_has_no_loss(plain: Network) -> None:
    scan = periplus(plain.scanner, "-sS", "-p1-20000", "-oJ", "-", NEAR.v4).scan()
    assert scan.summary["loss"] < 0.01


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
def test_a_policer_that_drops_what_is_too_fast(plain: Network, flag: str) -> None:
    plain.router.firewall(conditions.limited(4000, burst=200))
    ran = periplus(
        plain.scanner, flag, "-Pn", "-T4", "-p1-10000", "--all-states", "-oJ", "-", FAR.v4, patience=120
    )
    assert ran.scan().of("open") == OPEN


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
def test_a_slow_link_with_a_short_queue(own: Network, flag: str) -> None:
    """2 Mbit/s is some 4,600 SYNs a second; the queue holds fifty milliseconds."""
    own.router.shape("far0", "2mbit", limit="12kb")
    ran = periplus(own.scanner, flag, "-T4", "-p1-10000", "--all-states", "-oJ", "-", FAR.v4, patience=120)
    assert ran.scan().of("open") == set(range(2001, 2301))


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
@pytest.mark.parametrize(("link", "target"), [("near0", NEAR.v4), ("lo", "127.0.0.1")])
def test_our_own_interface_is_slow(own: Network, link: str, target: str, flag: str) -> None:
    """The kernel has no room for what we hand it (ENOBUFS, or silence about it): nothing open is missed."""
    servers.listen(own.scanner, *range(2001, 2301))
    own.scanner.shape(link, "4mbit", limit="6kb")
    words = [flag, "-T4", "-p1-4000", "--all-states", "-oJ", "-", target]
    assert periplus(own.scanner, *words, patience=120).scan().of("open") == set(range(2001, 2301))


def test_silence_is_filtered_and_the_open_ports_shine_through(plain: Network) -> None:
    plain.near.firewall(conditions.silence(*OPEN))
    scan = periplus(plain.scanner, "-sS", "-T4", "-p1-10000", "--all-states", "-oJ", "-", NEAR.v4).scan()
    assert scan.of("open") == OPEN
    assert scan.of("filtered") == set(range(1, 10001)) - OPEN


def test_a_host_that_never_answers_is_down(plain: Network) -> None:
    """Behind a router, so that nothing else tells that it is there."""
    plain.far.firewall(conditions.nothing())
    scan = periplus(plain.scanner, "-sS", "-T4", "-p1-1000", "--all-states", "-oJ", "-", FAR.v4).scan()
    assert scan.summary["hosts_up"] == 0
    assert not scan.of("open", "closed")


def test_a_host_whose_tcp_ports_are_silent_is_up_by_its_echo(plain: Network) -> None:
    plain.far.firewall(conditions.silence())
    scan = periplus(plain.scanner, "-sS", "-T4", "-p1-1000", "--all-states", "-oJ", "-", FAR.v4).scan()
    assert scan.up == {FAR.v4: True}
    assert scan.of("filtered") == set(range(1, 1001))


def test_with_pn_its_ports_are_told(plain: Network) -> None:
    plain.far.firewall(conditions.nothing())
    scan = periplus(plain.scanner, "-sS", "-Pn", "-T4", "-p1-1000", "--all-states", "-oJ", "-", FAR.v4).scan()
    assert scan.of("filtered") == set(range(1, 1001))

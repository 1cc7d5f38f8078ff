"""Everything once, as fast as it goes: what answers is found, what is silent is counted, no answer is lost here."""

import pytest
from tests.lab import conditions
from tests.lab.network import FAR, NEAR, Network
from tests.lab.scanners import periplus
from tests.lab.servers import OPEN

pytestmark = pytest.mark.lab

SMALL_BUFFER = ("setpriv", "--bounding-set=-net_admin", "--inh-caps=-all", "--")
SILENT = "198.18.2.64/26"  # nobody is there, and the router says so when the scan is over


@pytest.mark.parametrize("before", [(), SMALL_BUFFER])
@pytest.mark.parametrize("family", [4, 6])
def test_no_answer_is_lost_at_the_highest_rate(plain: Network, family: int, before: tuple[str, ...]) -> None:
    words = ("-Pn", "--stateless", "-p-", "-oJ", "-", NEAR.of(family))
    scan = periplus(plain.scanner, *words, before=before).scan()
    assert scan.of("open") == OPEN
    assert (scan.summary["kernel_drops"], scan.summary["probes"], scan.summary["replies"]) == (
        0,
        65535,
        65535,
    )
    assert "loss" not in scan.summary


def test_what_a_loop_of_tries_would_find_is_not_asked_again(plain: Network) -> None:
    plain.near.firewall(conditions.lossy(5))
    scan = periplus(plain.scanner, "-Pn", "--stateless", "-p1-20000", "-oJ", "-", NEAR.v4).scan()
    assert scan.summary["probes"] == 20000
    assert 17_000 < scan.summary["replies"] < 19_000
    assert scan.of("open") <= OPEN
    assert scan.summary["expected_missed_open"] > 0


def test_silent_hosts_are_counted_and_not_told(plain: Network) -> None:
    words = ("-Pn", "--stateless", "-p22,80", "--max-rate", "2000", "-oJ", "-", SILENT, FAR.v4)
    ran = periplus(plain.scanner, *words)
    scan = ran.scan()
    assert scan.up == {FAR.v4: True}
    assert (scan.summary["hosts"], scan.summary["hosts_up"], scan.summary["probes"]) == (65, 1, 2 * 65)
    assert "64 hosts said nothing: counted, and not told one by one" in ran.err

"""Verdicts of whole runs: all ports, several hosts, pairs, overlaps. Each condition by itself is in test_truth."""

import pytest
from tests.lab.network import FAR, NEAR, Network
from tests.lab.scanners import periplus
from tests.lab.servers import OPEN

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
def test_all_65535_ports_on_the_plain_link(plain: Network, flag: str) -> None:
    """Speed must not cost truth: every port, no cable."""
    scan = periplus(plain.scanner, flag, "-p-", "--all-states", "-oJ", "-", NEAR.v4).scan().at(NEAR.v4)
    assert {port for port, verdict in scan.items() if verdict.state == "open"} == OPEN
    assert {port for port, verdict in scan.items() if verdict.state == "closed"} == set(
        range(1, 65536)
    ) - OPEN


@pytest.mark.parametrize("flag", ["-sS", "-sT"])
def test_hosts_of_both_families_in_one_run(plain: Network, flag: str) -> None:
    targets = [host.of(family) for host in (NEAR, FAR) for family in (4, 6)]
    scan = periplus(plain.scanner, flag, "-p22,79,80", "--all-states", "-oJ", "-", *targets).scan()
    assert {key for key, verdict in scan.ports.items() if verdict.state == "open"} == {
        (target, port) for target in targets for port in (22, 80)
    }
    assert {key for key, verdict in scan.ports.items() if verdict.state == "closed"} == {
        (t, 79) for t in targets
    }


def test_pairs_of_host_and_port_probe_only_themselves(plain: Network) -> None:
    pairs = [f"{NEAR.v4}:22", f"[{NEAR.v6}]:80", f"{FAR.v4}:79"]
    scan = periplus(plain.scanner, "-sS", "--all-states", "-oJ", "-", *pairs).scan()
    assert {key: verdict.state for key, verdict in scan.ports.items()} == {
        (NEAR.v4, 22): "open",
        (NEAR.v6, 80): "open",
        (FAR.v4, 79): "closed",
    }


def test_overlapping_targets_are_told_once(plain: Network) -> None:
    """The reader refuses a port that is told twice; the probes must not be sent twice either."""
    ran = periplus(
        plain.scanner, "-sS", "-p1-100", "--all-states", "-oJ", "-", NEAR.v4, NEAR.v4, "198.18.0.2/32"
    )
    scan = ran.scan()
    assert len(scan.ports) == 100
    assert scan.summary["probes"] < 150

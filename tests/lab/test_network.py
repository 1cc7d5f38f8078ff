"""The lab itself: sealed, cleaned up, and doing to packets what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.lab import conditions, needs, network, scanners
from tests.lab.network import FAR, NEAR, LabError, Network, Node
from tests.lab.scanners import Verdict

pytestmark = pytest.mark.lab


def test_it_is_sealed(plain: Network) -> None:
    plain.check_sealed()
    links = {link["ifname"] for link in plain.scanner.ask("link", "show")}
    assert links == {"lo", "near0", "router0"}


def test_a_default_route_breaks_the_seal(own: Network) -> None:
    own.scanner.ip("route", "add", "default", "via", "198.18.1.254")
    with pytest.raises(LabError, match="route to default"):
        own.check_sealed()


def test_a_default_route_in_another_table_breaks_the_seal(own: Network) -> None:
    own.router.ip("-6", "route", "add", "default", "dev", "far0", "table", "77")
    with pytest.raises(LabError, match="route to default"):
        own.check_sealed()


def test_a_foreign_interface_breaks_the_seal(own: Network) -> None:
    own.scanner.ip("link", "add", "stranger", "type", "veth", "peer", "name", "friend")
    with pytest.raises(LabError, match="not the lab's"):
        own.check_sealed()


def test_a_foreign_address_breaks_the_seal(own: Network) -> None:
    own.far.ip("address", "add", "192.0.2.1/24", "dev", "router0")
    with pytest.raises(LabError, match=re.escape("address 192.0.2.1")):
        own.check_sealed()


@pytest.mark.parametrize(
    ("destination", "inside"),
    [
        ("198.18.0.0/15", True),
        ("198.19.255.255", True),
        ("198.16.0.0/14", False),
        ("0.0.0.0/0", False),
        ("2001:db8:5::/48", True),
        ("2001::/16", False),
        ("fe80::/64", True),
        ("default", False),
    ],
)
def test_what_is_inside_the_lab(destination: str, inside: bool) -> None:
    assert network.inside_lab(destination) is inside


def test_nothing_is_left_behind() -> None:
    with network.build() as net:
        names = [node.name for node in net.nodes]
        sleeper = net.far.start("sleep", "1000")
        assert all((network.NETNS / name).exists() for name in names)
    assert sleeper.poll() is not None
    assert not any((network.NETNS / name).exists() for name in names)


def test_a_killed_process_is_cleaned_up_after() -> None:
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    stale = Node(f"{network.PREFIX}-{int(gone.stdout)}-1-1-near", "near")
    network.run(["ip", "netns", "add", stale.name])
    left = subprocess.Popen(stale.inside(["sleep", "1000"]))
    network.wait_until(
        "sleep", lambda: str(left.pid) in network.run(["ip", "netns", "pids", stale.name]).split()
    )
    network.sweep()
    assert left.wait(10) == -9
    assert not (network.NETNS / stale.name).exists()


def test_the_dead_are_no_processes_though_nobody_has_asked_for_them() -> None:
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays a zombie
    assert network.started(child.pid) is None
    assert network.started(os.getpid()) is not None
    child.wait()


def test_sweeping_spares_the_living(plain: Network) -> None:
    network.sweep()
    plain.check_sealed()


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("target", [NEAR, FAR])
def test_the_servers_are_open_and_the_rest_closed(
    plain: Network, target: network.Address, family: int
) -> None:
    scan = scanners.nmap(plain.scanner, "-sS", "-p1-100,8080", target.of(family))
    assert scan.of("open") == {22, 80, 8080}
    assert scan.of("closed") == set(range(1, 101)) - {22, 80}


def test_each_condition_is_what_it_says(cabled: Network) -> None:
    """IPv4, by the router in between, as Nmap sees it."""
    cabled.router.firewall(conditions.rules("forward", conditions.ROUTER_BASE))
    scan = scanners.nmap(cabled.scanner, "-sS", "-p7101-7109", FAR.v4)
    router = "198.18.1.254"
    assert scan.at(FAR.v4) == {
        7101: Verdict("filtered", "no-response"),
        7102: Verdict("closed", "reset"),
        7103: Verdict("filtered", "port-unreach", router),
        7104: Verdict("filtered", "host-unreach", router),
        7105: Verdict("filtered", "net-unreach", router),
        7106: Verdict("filtered", "admin-prohibited", router),
        7107: Verdict("filtered", "net-prohibited", router),
        7108: Verdict("filtered", "host-prohibited", router),
        7109: Verdict("filtered", "proto-unreach", router),
    }


def test_the_cable_brings_icmp_errors_to_a_connecting_socket(cabled: Network) -> None:
    """IPv6, the reason for the cable: without one, Linux drops these errors and Nmap hears nothing."""
    cabled.router.firewall(conditions.rules("forward", conditions.ROUTER_BASE))
    scan = scanners.nmap(cabled.scanner, "-sT", "-p7103-7106", FAR.v6)
    assert [verdict.reason for verdict in scan.at(FAR.v6).values()] == [
        "conn-refused",
        "host-unreach",
        "net-unreach",
        "admin-prohibited",
    ]


def test_the_cable_takes_its_time(cabled: Network) -> None:
    code = (
        "import socket, sys, time; t = time.monotonic(); socket.create_connection((sys.argv[1], 22)).close()"
    )
    took = cabled.scanner.run(sys.executable, "-c", f"{code}; print(time.monotonic() - t)", NEAR.v4)
    assert float(took) > 0.002


def test_loss_is_about_what_was_asked(plain: Network) -> None:
    plain.near.firewall(conditions.lossy(5))
    scan = scanners.nmap(plain.scanner, "-sS", "--max-retries", "0", "-p1-4000", NEAR.v4)
    assert 0.07 < len(scan.of("filtered")) / 4000 < 0.13  # 1 - 0.95 ** 2 = 9.75 %, five sigma about 2.3 %


def test_silence_spares_the_open_ports(plain: Network) -> None:
    plain.near.firewall(conditions.silence(22))
    scan = scanners.nmap(plain.scanner, "-sS", "-T4", "-p20-30,80", NEAR.v4)
    assert scan.of("open") == {22}
    assert scan.of("filtered") == {*range(20, 31), 80} - {22}


def test_a_slow_link_drops_what_it_cannot_carry(own: Network) -> None:
    own.router.shape("far0", "400kbit", limit="4kb")
    fast = ["-sS", "--max-retries", "0", "--min-rate", "20000", "-p1-5000"]
    scan = scanners.nmap(own.scanner, *fast, FAR.v4)
    assert scan.of("filtered")


def test_what_a_machine_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert needs.missing() is None
    monkeypatch.setitem(needs.PROGRAMS, "no-such-program", "no-such-package")
    assert needs.missing() == "needs Debian's no-such-package"


def test_a_run_without_root_names_what_it_leaves_out() -> None:
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--collect-only",
        "-q",
        str(Path(__file__)),
    ]
    nobody = ["setpriv", "--reuid", "nobody", "--clear-groups", "--inh-caps=-all,+dac_read_search"]
    done = subprocess.run(
        [*nobody, "--ambient-caps=-all,+dac_read_search", *words],
        cwd=scanners.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "left out: tests/lab/test_network.py::test_it_is_sealed (needs root)" in done.stdout

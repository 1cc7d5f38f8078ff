"""What routing does to a scan: errors a router makes by itself, and hosts that are not there."""

import pytest
from tests.lab.network import FAR, NEAR, Network
from tests.lab.scanners import nmap, periplus, read_ndjson

pytestmark = pytest.mark.lab

ABSENT = {4: "198.18.0.77", 6: "2001:db8::77"}


# What the router does with packets for one address of the far net, and an address of a net it does not know.
# One target a test: Linux makes no more than five such errors in a row for one sender (ip_rt_error_burst).
KINDS = {"unreachable": 11, "prohibit": 12, "blackhole": 13}


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("kind", [*KINDS, "unknown"])
def test_a_routers_own_error_is_judged_as_by_nmap(own: Network, kind: str, family: int) -> None:
    if kind == "unknown":
        net, gateway = (
            ("198.18.9.0/24", "198.18.1.254") if family == 4 else ("2001:db8:0:9::/64", "2001:db8:0:1::fe")
        )
        own.scanner.ip("route", "add", net, "via", gateway)
        target = net.partition("/")[0] + "1" if family == 6 else "198.18.9.1"
    else:
        target = f"198.18.2.{KINDS[kind]}" if family == 4 else f"2001:db8:0:2::{KINDS[kind]}"
        own.router.ip("route", "add", kind, target)
    theirs = nmap(own.scanner, "-sS", "-p22", target)
    ours = periplus(own.scanner, "-sS", "-Pn", "-p22", "--all-states", "-oJ", "-", target).scan()
    assert ours.ports == theirs.ports


@pytest.mark.parametrize("family", [4, 6])
def test_an_absent_host_on_the_link_is_down(own: Network, family: int) -> None:
    """Nobody answers ARP or neighbour discovery: down, as Nmap says, and soon."""
    theirs = nmap(own.scanner, "-sS", "-p22", ABSENT[family])
    assert not any(theirs.up.values())
    ours = periplus(own.scanner, "-sS", "-p22", "-oJ", "-", ABSENT[family], NEAR.of(family)).scan()
    assert ours.up[NEAR.of(family)]
    assert not ours.up.get(ABSENT[family])
    assert (ours.summary["hosts_up"], ours.summary["hosts"]) == (1, 2)


def test_absent_hosts_do_not_hold_up_the_present(own: Network) -> None:
    """A /26 of which one address answers."""
    ran = periplus(own.scanner, "-sS", "-p2001-2300", "-oJ", "-", "198.18.0.0/26", patience=30)
    scan = ran.scan()
    assert {host for host, up in scan.up.items() if up} == {"198.18.0.1", NEAR.v4}
    assert scan.of("open") == set(range(2001, 2301))


def test_no_route_at_all_is_told(own: Network) -> None:
    ran = periplus(own.scanner, "-sS", "-p22", "198.19.0.1")
    assert ran.status == 1
    assert "198.19.0.1" in ran.err
    assert "route" in ran.err
    assert "Traceback" not in ran.err


def test_a_target_without_route_does_not_spoil_the_others(own: Network) -> None:
    ran = periplus(own.scanner, "-sS", "-p2001", "-oJ", "-", "198.19.0.1", FAR.v4)
    assert read_ndjson(ran.out).of("open") == {2001}
    assert "route" in ran.err

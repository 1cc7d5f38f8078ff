"""However packets leave, a scan finds the same."""

import pytest
from tests.lab import conditions
from tests.lab.network import FAR, NEAR, Network
from tests.lab.scanners import Scan, periplus

pytestmark = pytest.mark.lab

BY_XDP = "packets to {} go by AF_XDP (copy mode; zero-copy: Operation not supported)"


def scan(net: Network, transport: str, *words: str) -> tuple[Scan, str]:
    ran = periplus(net.scanner, "-v", "--transport", transport, "--all-states", "-oJ", "-", *words)
    return ran.scan(), ran.err


@pytest.mark.parametrize(
    "words",
    [
        ["-Pn", "-p1-3000,8080", NEAR.v4, NEAR.v6, FAR.v4],
        ["-sS", "-sU", "-pT:80,79,7001-7006,U:53,7007-7010", NEAR.v4, FAR.v6],
        ["-sS", "-f", "-p79,80", NEAR.v4],
        ["-sn", "-PE", "-PS80", NEAR.v4, FAR.v4],
    ],
)
def test_by_af_xdp_as_by_packet_sockets(plain: Network, words: list[str]) -> None:
    plain.near.firewall(conditions.rules("input", conditions.HOST_BASE))
    by_packet, told_by_packet = scan(plain, "packet", *words)
    by_xdp, told = scan(plain, "xdp", *words)
    assert (by_xdp.ports, by_xdp.up) == (by_packet.ports, by_packet.up)
    assert by_packet.up
    assert all(line.startswith("xdp: ") for line in told.splitlines() if "AF_XDP" in line)
    assert told.count(BY_XDP.format("near0")) == 1
    assert "AF_XDP" not in told_by_packet


def test_large_scans_by_themselves_and_small_ones_not(plain: Network) -> None:
    """Both families on both ways, one socket for each interface."""
    large = periplus(plain.scanner, "-v", "-Pn", "-p-", "--open", "-oG", "-", NEAR.v4, FAR.v4)
    assert [large.err.count(BY_XDP.format(link)) for link in ("near0", "router0")] == [1, 1]
    assert large.out.count("/open/") == 6
    small = periplus(plain.scanner, "-v", "-Pn", "-p1-1000", NEAR.v4)
    assert "xdp" not in small.err


def test_this_machine_itself_needs_no_ethernet(plain: Network) -> None:
    ran = periplus(plain.scanner, "-Pn", "-p80", "--transport", "xdp", "127.0.0.1")
    assert ran.status == 1
    assert ran.err.splitlines()[-1] == (
        "periplus: xdp: lo carries no Ethernet frames of ours; leave out --transport xdp"
    )
    both, told = scan(plain, "xdp", "-Pn", "-p80", "127.0.0.1", NEAR.v4)
    assert {address: both.at(address)[80].state for address in ("127.0.0.1", NEAR.v4)} == {
        "127.0.0.1": "closed",
        NEAR.v4: "open",
    }
    assert BY_XDP.format("near0") in told

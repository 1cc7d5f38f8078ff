"""Our verdicts are Nmap's, port by port: state, reason and who said it.

Both scan the same hosts, one after the other, over a cable of a millisecond: by SYN and by connect, IPv4 and
IPv6, on the link and behind the router, with every condition at the target and at the router.
"""

from dataclasses import dataclass
from typing import NamedTuple

import pytest
from tests.lab import conditions
from tests.lab.conditions import CONDITIONS, HOST_BASE, ROUTER_BASE, Condition
from tests.lab.network import FAR, NEAR, Network
from tests.lab.scanners import Verdict, nmap, periplus
from tests.lab.servers import OPEN

pytestmark = pytest.mark.lab

CLOSED = {1, 79, 7099, 65535}
ASKED = "1,22,79,80,8080,7001-7011,7099,7101-7111,65535"


class Setting(NamedTuple):
    """How and where: the technique's flag, the address family, and the host."""

    flag: str
    family: int
    place: str

    @property
    def address(self) -> str:
        return {"near": NEAR, "far": FAR}[self.place].of(self.family)

    def __str__(self) -> str:
        return f"{self.flag}-v{self.family}-{self.place}"


SETTINGS = [
    Setting(flag, family, place) for flag in ("-sS", "-sT") for family in (4, 6) for place in ("near", "far")
]


@dataclass(frozen=True)
class Pair:
    """What both said of one host."""

    setting: Setting
    theirs: dict[int, Verdict]
    ours: dict[int, Verdict]


@pytest.fixture(scope="module")
def ruled(cabled_network: Network) -> Network:
    """Every condition in force: at both targets and at the router."""
    for node in (cabled_network.near, cabled_network.far):
        node.firewall(conditions.rules("input", HOST_BASE))
    cabled_network.router.firewall(conditions.rules("forward", ROUTER_BASE))
    return cabled_network


@pytest.fixture(scope="module", params=SETTINGS, ids=str)
def pair(request: pytest.FixtureRequest, ruled: Network) -> Pair:
    """Both scanners' verdicts; each setting is scanned once."""
    setting: Setting = request.param
    theirs = nmap(ruled.scanner, setting.flag, "-p", ASKED, setting.address)
    ours = periplus(
        ruled.scanner, setting.flag, "-Pn", "-p", ASKED, "--all-states", "-oJ", "-", setting.address
    ).scan()
    assert ours.up[setting.address]
    return Pair(setting, theirs.at(setting.address), ours.at(setting.address))


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
@pytest.mark.parametrize("base", [HOST_BASE, ROUTER_BASE], ids=["by-host", "by-router"])
def test_a_condition_is_judged_as_by_nmap(pair: Pair, base: int, condition: Condition) -> None:
    port = base + condition.number
    assert pair.ours[port] == pair.theirs[port]


def test_open_ports(pair: Pair) -> None:
    assert {port for port, verdict in pair.ours.items() if verdict.state == "open"} == OPEN
    assert {pair.ours[port] for port in OPEN} == {Verdict("open", "syn-ack")}


def test_closed_ports(pair: Pair) -> None:
    reason = "reset" if pair.setting.flag == "-sS" else "conn-refused"
    assert {pair.ours[port] for port in CLOSED} == {Verdict("closed", reason)}


def test_every_port_is_judged_as_by_nmap(pair: Pair) -> None:
    assert pair.ours == pair.theirs


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

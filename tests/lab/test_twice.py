"""The same answer twice: two scans of an unchanged network say the same of every port, in whatever order they ask.

Every condition of the truth table stands at both targets and at the router. Two runs with different seeds, so that
no port is asked at the same time or beside the same others, must give each port the same state, reason and sender.
At the router every twentieth packet to some closed ports is lost, counted from the first: other ports in each run,
and as many.

Limits: loss at random is left out, since there the same answer is a matter of probability (`docs/accuracy.md`).
"""

from collections.abc import Iterator

import pytest
from tests.lab import conditions, network, servers
from tests.lab.conditions import CONDITIONS, HOST_BASE, ROUTER_BASE, STATEFUL, STATEFUL_OPEN
from tests.lab.network import FAR, NEAR, Network
from tests.lab.scanners import Scan, periplus

pytestmark = pytest.mark.lab

SEEDS = ("11", "4242")
LOSSY = range(101, 146)  # closed
QUIET = 8080  # of UDP: it listens and says nothing
PORTS = (
    *servers.OPEN,
    *range(1, 22),
    *LOSSY,
    *(HOST_BASE + condition.number for condition in CONDITIONS),
    *(ROUTER_BASE + condition.number for condition in CONDITIONS),
    STATEFUL,
    STATEFUL_OPEN,
)
STATES = {  # of the second target, which stands behind the router
    "-sS": {"open", "closed", "filtered"},
    "-sT": {"open", "closed", "filtered"},
    "-sU": {"open", "closed", "filtered", "open|filtered"},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    files = tmp_path_factory.mktemp("twice")
    with network.build(delay_ms=1.0) as net:
        for node in (net.near, net.far):
            (files / node.role).mkdir()
            servers.furnish(node, files / node.role)
            servers.listen(node, STATEFUL_OPEN)
            servers.serve_udp(node, [22, 80, STATEFUL_OPEN], [QUIET])
            node.firewall(conditions.rules("input", HOST_BASE) + conditions.stateful())
        yield net


def said(net: Network, flag: str, family: int, seed: str) -> Scan:
    """One run; the router begins to count anew."""
    lost = conditions.every_nth_lost(20, f"{LOSSY[0]}-{LOSSY[-1]}")
    net.router.firewall(conditions.rules("forward", ROUTER_BASE) + lost)
    asked = ",".join(map(str, sorted(PORTS)))
    words = [flag, "-Pn", "--seed", seed, "-p", asked, "--all-states", "-oJ", "-"]
    return periplus(net.scanner, *words, NEAR.of(family), FAR.of(family)).scan()


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("flag", STATES)
def test_two_runs_say_the_same_of_every_port(world: Network, flag: str, family: int) -> None:
    first, second = (said(world, flag, family, seed) for seed in SEEDS)
    assert len(first.ports) == 2 * len(PORTS)
    assert {verdict.state for verdict in first.at(FAR.of(family)).values()} == STATES[flag]
    assert first.ports == second.ports

"""UDP scans of real hosts: verdicts equal Nmap's, also where the kernel rations its ICMP errors as Linux does.

Nmap scans the host without the ration, as it would need minutes with it; we scan it both ways.
"""

from collections.abc import Iterator

import pytest
from tests.lab import conditions, network, servers
from tests.lab.network import NEAR, Network
from tests.lab.scanners import Scan, Verdict, nmap, periplus

pytestmark = pytest.mark.lab

SERVING = {5353, 7777}
DROPPED = {7001}
CLOSED = {7, 53, 123, 161, 1900, 4000, 4001, 4002, 4003, 4004, 4005, 4006}
ASKED = ",".join(map(str, sorted(SERVING | DROPPED | CLOSED)))
# Linux as it comes: an error a second, of these types, after six at once.
RATIONED = {"net/ipv4/icmp_ratelimit": "1000", "net/ipv4/icmp_ratemask": "6168"}
UNLIMITED = {"net/ipv4/icmp_ratelimit": "0", "net/ipv4/icmp_ratemask": "0"}
EXPECTED = (
    {port: Verdict("open", "udp-response") for port in SERVING}
    | {port: Verdict("closed", "port-unreach") for port in CLOSED}
    | {port: Verdict("open|filtered", "no-response") for port in DROPPED}
)


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    with network.build() as net:
        servers.serve_udp(net.near, sorted(SERVING))
        line = f"udp dport {{ {', '.join(map(str, DROPPED))} }} drop"
        net.near.firewall(conditions.table("dropped", "input", [line]))
        yield net


def _ours(net: Network, *words: str) -> Scan:
    return periplus(net.scanner, "-sU", "-p", ASKED, *words, "--all-states", "-oJ", "-", NEAR.v4).scan()


def test_every_port_is_judged_as_by_nmap(net: Network) -> None:
    net.near.settings(UNLIMITED)
    theirs = nmap(net.scanner, "-sU", "-p", ASKED, NEAR.v4).at(NEAR.v4)
    assert theirs == EXPECTED
    assert _ours(net).at(NEAR.v4) == theirs


def test_rations_cost_time_and_no_truth(net: Network) -> None:
    net.near.settings(RATIONED)
    assert _ours(net).at(NEAR.v4) == EXPECTED


def test_who_does_not_wait_calls_silence_closed_or_filtered_as_nmap_does(net: Network) -> None:
    net.near.settings(RATIONED)
    words = ("-sU", "--defeat-icmp-ratelimit", "-p", ASKED)
    theirs = nmap(net.scanner, *words, NEAR.v4).at(NEAR.v4)
    ours = _ours(net, "--defeat-icmp-ratelimit").at(NEAR.v4)
    silent = Verdict("closed|filtered", "no-response")
    for verdicts in (theirs, ours):
        assert {port for port, verdict in verdicts.items() if verdict.state == "open"} == SERVING
        assert {verdicts[port] for port in DROPPED} == {silent}
        # How many of these are told closed depends on what the kernel has saved up.
        assert {verdicts[port] for port in CLOSED} <= {silent, Verdict("closed", "port-unreach")}

"""Protocols are judged as by Nmap, protocol by protocol, and our own questions are no answers."""

import pytest
from tests.lab import conditions
from tests.lab.network import FAR, NEAR, Network
from tests.lab.scanners import Verdict, nmap, periplus

pytestmark = pytest.mark.lab

HOSTS = [host.of(family) for host in (NEAR, FAR) for family in (4, 6)]
ICMP, IGMP, TCP, UDP = 1, 2, 6, 17


@pytest.mark.parametrize("target", HOSTS)
def test_every_protocol_is_judged_as_by_nmap(plain: Network, target: str) -> None:
    theirs = nmap(plain.scanner, "-sO", target).at(target)
    scan = periplus(plain.scanner, "-sO", "-Pn", "--all-states", "-oJ", "-", target).scan()
    ours = scan.at(target)
    assert sorted(ours) == list(range(256))
    if ":" not in target:
        # Nmap takes the first ICMP error about another protocol for the answer, we wait for the echo reply.
        assert theirs.pop(ICMP) == Verdict("open", "proto-unreach")
        assert ours.pop(ICMP) == Verdict("open", "proto-response")
    assert ours == theirs


def test_a_filter_is_told_from_a_host_that_lacks_a_protocol(plain: Network) -> None:
    lines = ["ip protocol 47 drop", "ip protocol 50 reject with icmp type admin-prohibited"]
    plain.router.firewall(conditions.table("protocols", "forward", lines))
    found = periplus(plain.scanner, "-sO", "-p47,50,51", "--all-states", "-oJ", "-", FAR.v4).scan().at(FAR.v4)
    assert found == {
        47: Verdict("open|filtered", "no-response"),
        50: Verdict("filtered", "admin-prohibited", "198.18.1.254"),
        51: Verdict("closed", "proto-unreach"),
    }


@pytest.mark.parametrize("target", ["127.0.0.1", "::1"])
def test_this_machine_does_not_answer_by_our_own_questions(plain: Network, target: str) -> None:
    found = periplus(plain.scanner, "-sO", "--all-states", "-oJ", "-", target).scan().at(target)
    echo = 58 if ":" in target else ICMP
    assert {protocol for protocol, verdict in found.items() if verdict.state == "open"} - {44} == {
        echo,
        TCP,
        UDP,
    }
    assert found[103] == Verdict("open|filtered", "no-response")

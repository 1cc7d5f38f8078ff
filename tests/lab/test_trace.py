"""The way to hosts behind three routers, hop by hop as Nmap finds it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.lab import servers
from tests.lab.chain import HOPS, ONE, TWO, Chain, build_chain
from tests.lab.scanners import OURS, periplus, spawn

pytestmark = pytest.mark.lab

Way = dict[int, str]  # address by TTL
OPEN, CLOSED = "22", "81"
NO_TCP = "table inet lab {\nchain in {\ntype filter hook input priority 0;\nmeta l4proto tcp drop\n}\n}"


@pytest.fixture(scope="module")
def long_chain() -> Iterator[Chain]:
    with build_chain() as chain:
        for node in (chain.one, chain.two):
            servers.listen(node, int(OPEN))
        yield chain


@pytest.fixture
def chain(long_chain: Chain) -> Chain:
    long_chain.quiet()
    return long_chain


def ways(xml: str) -> dict[str, Way]:
    """The ways in an XML of either scanner."""
    found = {}
    for host in ET.fromstring(xml).iterfind("host"):
        address = host.find("address[@addrtype!='mac']")
        assert address is not None
        hops = host.iterfind("trace/hop")
        found[address.attrib["addr"]] = {int(hop.attrib["ttl"]): hop.attrib["ipaddr"] for hop in hops}
    return found


def ours(chain: Chain, *words: str) -> dict[str, Way]:
    ran = periplus(chain.scanner, "-Pn", "--traceroute", "-oX", "-", *words)
    assert ran.status == 0, ran.err
    return ways(ran.out)


def theirs(chain: Chain, *words: str) -> dict[str, Way]:
    six = ["-6"] if any(":" in word for word in words) else []
    ran = spawn(chain.scanner, ["nmap", "-n", "-Pn", "--traceroute", *six, "-oX", "-", *words])
    assert ran.status == 0, ran.err
    return ways(ran.out)


def truth(family: int, silent: int | None = None) -> dict[str, Way]:
    """What there is to find."""
    routers = {ttl: hop.of(family) for ttl, hop in enumerate(HOPS, 1) if ttl != silent}
    return {target.of(family): {**routers, len(HOPS) + 1: target.of(family)} for target in (ONE, TWO)}


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(
    "technique",
    [
        ("-sS", "-p", OPEN),
        ("-sS", "-p", CLOSED),
        ("-sA", "-p", CLOSED),
        ("-sF", "-p", CLOSED),
        ("-sU", "-p", CLOSED),
    ],
    ids=" ".join,
)
def test_every_hop_is_nmaps(chain: Chain, technique: tuple[str, ...], family: int) -> None:
    targets = (ONE.of(family), TWO.of(family))
    assert ours(chain, *technique, *targets) == theirs(chain, *technique, *targets) == truth(family)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("silent", [1, 2, 3])
def test_a_silent_router_is_a_gap(chain: Chain, silent: int, family: int) -> None:
    chain.silence(silent)
    assert ours(chain, "-sS", "-p", OPEN, ONE.of(family), TWO.of(family)) == truth(family, silent)


def test_the_gap_is_nmaps(chain: Chain) -> None:
    chain.silence(2)
    targets = ("-sS", "-p", CLOSED, ONE.v4, TWO.v4)
    assert ours(chain, *targets) == theirs(chain, *targets) == truth(4, 2)


@pytest.mark.parametrize("family", [4, 6])
def test_a_host_without_an_answering_port_is_traced_by_echo_requests(chain: Chain, family: int) -> None:
    for node in (chain.one, chain.two):
        node.firewall(NO_TCP)
    targets = ("-sS", "-p", CLOSED, "--max-retries", "1", ONE.of(family), TWO.of(family))
    assert ours(chain, *targets) == theirs(chain, *targets) == truth(family)


def test_a_host_on_the_link_is_its_only_hop(chain: Chain) -> None:
    targets = ("-sS", "-p", CLOSED, HOPS[0].v4)
    assert ours(chain, *targets) == theirs(chain, *targets) == {HOPS[0].v4: {1: HOPS[0].v4}}


def test_this_machine_has_no_way(chain: Chain) -> None:
    assert ours(chain, "-sS", "-p", CLOSED, "198.18.10.1") == {"198.18.10.1": {}}


def test_the_shared_way_is_asked_for_once(chain: Chain, tmp_path: Path) -> None:
    """Two probes for the scan; then four for one host, and two for the other."""
    out = tmp_path / "out.json"
    ran = periplus(chain.scanner, "-Pn", "--traceroute", "-sS", "-p", CLOSED, "-oJ", str(out), ONE.v4, TWO.v4)
    assert "TRACEROUTE (using port 81/tcp)\nHOP RTT " in ran.out
    rows: list[dict[str, Any]] = [json.loads(line) for line in out.read_text().splitlines()]
    [summary] = [row for row in rows if row["type"] == "summary"]
    assert (summary["probes"], summary["replies"], summary["discarded"]) == (8, 8, {})
    hosts = [row for row in rows if row["type"] == "host"]
    assert {row["addr"]: {hop["ttl"]: hop["addr"] for hop in row["trace"]["hops"]} for row in hosts} == truth(
        4
    )


@pytest.mark.parametrize("family", [4, 6])
def test_hosts_that_are_only_found_are_traced_too(chain: Chain, family: int) -> None:
    ran = periplus(chain.scanner, "-sn", "--traceroute", "-oX", "-", ONE.of(family), TWO.of(family))
    assert ran.status == 0, ran.err
    assert ways(ran.out) == truth(family)


def test_two_techniques_at_once(chain: Chain) -> None:
    assert ours(chain, "-sS", "-sU", "-p", CLOSED, ONE.v4, TWO.v4) == truth(4)


def test_ordinary_sockets_do_not_trace(chain: Chain) -> None:
    ran = spawn(chain.scanner, [*OURS, "scan", "-sT", "--traceroute", ONE.v4])
    assert ran.status == 2
    assert "--traceroute needs raw packets" in ran.err

"""The stack of a namespace, recognised by the SYN-ACK that the scan got anyway: with -sV and not one packet more."""

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.lab import conditions, network, servers
from tests.lab.network import FAR, NEAR, Network
from tests.lab.scanners import periplus

pytestmark = pytest.mark.lab

OPEN = "22"


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    with network.build() as made:
        servers.listen(made.near, int(OPEN))
        servers.listen(made.far, int(OPEN))
        yield made


def hosts(net: Network, *words: str) -> dict[str, dict[str, Any]]:
    """The rows of hosts, by address."""
    ran = periplus(net.scanner, "-n", "-Pn", "-p", f"{OPEN},81", "-oJ", "-", *words)
    assert ran.status == 0, ran.err
    return {row["addr"]: row for row in map(json.loads, ran.out.splitlines()) if row["type"] == "host"}


def test_linux_is_linux_in_both_families_and_over_a_router(net: Network) -> None:
    found = hosts(net, "-sS", "-sV", NEAR.v4, NEAR.v6, FAR.v4, FAR.v6)
    assert {addr: row["os"]["answers"][0]["family"] for addr, row in found.items()} == dict.fromkeys(
        (NEAR.v4, NEAR.v6, FAR.v4, FAR.v6), "Linux"
    )
    for addr, row in found.items():
        [guess] = row["os"]["answers"]
        assert guess["confidence"] == 0.5
        assert guess["evidence"][0].startswith("passive: ")
        passive = row["os"]["passive"]
        assert (passive["port"], passive["options"]) == (int(OPEN), "M")
        assert ("df" in passive) == ("ip_id" in passive) == (addr in (NEAR.v4, FAR.v4))
    assert (found[NEAR.v4]["os"]["passive"]["ttl"], found[FAR.v4]["os"]["passive"]["ttl"]) == (64, 63)


def test_it_costs_no_packet(net: Network) -> None:
    sent: list[int] = []
    for words in ((), ("-sV",), ("-sV", "-O")):
        # Our SYNs have this window; those of the system, by which services are asked, have another.
        rule = f"tcp dport {OPEN} tcp flags syn tcp window 1024 counter"
        net.near.firewall(conditions.table("counted", "input", [rule]))
        found = hosts(net, "-sS", *words, NEAR.v4)
        sent += map(
            int, re.findall(r"packets (\d+)", net.near.run("nft", "list", "table", "inet", "counted"))
        )
        assert ("os" in found[NEAR.v4]) == bool(words)
    assert sent == [1, 1, 1]


def test_sockets_show_nothing(net: Network) -> None:
    assert "os" not in hosts(net, "-sT", "-sV", NEAR.v4)[NEAR.v4]


def test_people_and_tools_read_it(net: Network) -> None:
    words = ("-n", "-Pn", "-sS", "-sV", "-p", f"{OPEN},81", NEAR.v4)
    text = periplus(net.scanner, *words).out
    assert (
        "OS by all evidence: Linux, sure by 0.50: passive: the SYN-ACK of 22/tcp looks like Linux (TTL 64"
        in text
    )
    assert "OS by all evidence" not in periplus(net.scanner, *words[:3], *words[4:]).out
    document = ET.fromstring(periplus(net.scanner, *words, "-oX", "-").out)
    [match] = document.iter("osmatch")
    assert (match.attrib["name"], match.attrib["accuracy"]) == ("Linux", "50")


def test_asked_as_well_it_is_evidence_beside(net: Network) -> None:
    found = hosts(net, "-sS", "-O", NEAR.v4, NEAR.v6)
    four, six = found[NEAR.v4]["os"], found[NEAR.v6]["os"]
    assert four["answers"][0]["family"] == six["answers"][0]["family"] == "Linux"
    assert [each.split()[0] for each in four["answers"][0]["evidence"]] == ["Linux", "passive:"]
    assert four["answers"][0]["confidence"] > six["answers"][0]["confidence"]
    assert six["why"] == "only hosts of IPv4 are asked"

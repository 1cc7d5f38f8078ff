"""The operating system of a namespace over a router, told by us and by Nmap from the same references."""

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.lab import network, servers
from tests.lab.network import FAR, Network
from tests.lab.scanners import periplus, spawn

from periplus.scan.fingerprinting import installed_osdb

pytestmark = pytest.mark.lab

OPEN, CLOSED = "22", "81"
IN_TIME = ("SP", "GCD", "ISR", "TS")  # another run, other numbers


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    with network.build() as made:
        servers.listen(made.far, int(OPEN))
        yield made


def ours(net: Network, *words: str) -> dict[str, Any]:
    """The row of a host."""
    ran = periplus(net.scanner, "-n", "-Pn", "-p", f"{OPEN},{CLOSED}", "-O", "-oJ", "-", *words)
    assert ran.status == 0, ran.err
    [row] = [row for row in map(json.loads, ran.out.splitlines()) if row["type"] == "host"]
    found: dict[str, Any] = row["os"]
    return found


@pytest.fixture(scope="module")
def theirs(net: Network) -> ET.Element:
    """The host in Nmap's XML."""
    ports = f"{OPEN},{CLOSED}"
    words = ["nmap", "-n", "-Pn", "-p", ports, "-O", "--osscan-guess", "-d", "-oX", "-", FAR.v4]
    ran = spawn(net.scanner, words)
    assert ran.status == 0, ran.err
    host = ET.fromstring(ran.out).find("host")
    assert host is not None
    return host


def values_of(fingerprint: str) -> dict[str, str]:
    """Values by test and name, but for those in time."""
    lines = (line.partition("(") for line in fingerprint.replace("\n", "").split(")"))
    pairs = ((name, pair.partition("=")) for name, _, values in lines for pair in values.split("%") if values)
    return {f"{name}.{key}": value for name, (key, _, value) in pairs if key not in IN_TIME}


def test_linux_is_told_as_nmap_tells_it(net: Network, theirs: ET.Element) -> None:
    assert installed_osdb() is not None
    found, host = ours(net, FAR.v4), theirs
    best = found["matches"][0]
    assert best["classes"][0]["family"] == "Linux"
    assert found["answers"][0]["family"] == "Linux"
    nmaps = {match.attrib["name"]: int(match.attrib["accuracy"]) for match in host.iter("osmatch")}
    print(best["name"], best["accuracy"], nmaps)
    assert abs(100 * best["accuracy"] - max(nmaps.values())) <= 3
    distance = host.find("distance")
    assert distance is not None
    assert found["distance"] == int(distance.attrib["value"]) == 2
    assert found["ports"] == {"tcp_open": 22, "tcp_closed": 81, "udp_closed": found["ports"]["udp_closed"]}


def test_every_value_but_those_in_time_is_nmaps(net: Network, theirs: ET.Element) -> None:
    element = theirs.find("os/osfingerprint")
    assert element is not None
    nmaps = values_of(element.attrib["fingerprint"].replace("OS:", ""))
    mine = values_of(ours(net, FAR.v4)["fingerprint"])
    scan = {key for key in nmaps if key.startswith("SCAN.")}
    assert mine == {key: value for key, value in nmaps.items() if key not in scan}


def test_everything_at_once(net: Network) -> None:
    words = ("-n", "-Pn", "-A", "-p", f"{OPEN},{CLOSED}", "-oJ", "-", FAR.v4)
    ran = periplus(net.scanner, *words)
    assert ran.status == 0, ran.err
    rows = [json.loads(line) for line in ran.out.splitlines()]
    [host] = [row for row in rows if row["type"] == "host"]
    assert len(host["trace"]["hops"]) == host["os"]["distance"] == 2
    assert [row["port"] for row in rows if row["type"] == "service"] == [int(OPEN)]


def test_hosts_without_what_it_takes_are_told_why(net: Network) -> None:
    found = ours(net, FAR.v6)
    assert (found["why"], "fingerprint" in found) == ("only hosts of IPv4 are asked", False)
    assert found["answers"][0]["evidence"][0].startswith("passive: ")


def test_with_a_scope_only_its_ports_are_asked(net: Network, tmp_path: Any) -> None:
    scope = tmp_path / "scope.toml"
    scope.write_text(f'networks = ["198.18.0.0/15"]\nports = "T:{OPEN},{CLOSED}"\n')
    found = ours(net, "--scope", str(scope), FAR.v4)
    assert "U1(" not in found["fingerprint"]
    assert "T5(R=Y" in found["fingerprint"]
    assert found["matches"][0]["classes"][0]["family"] == "Linux"

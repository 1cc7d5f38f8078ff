"""Two dozen servers as Debian ships them, on unusual ports of one host: each told by protocol, product and version.

Nmap's version scan runs beside, and what both say is printed; ours must name the right product at least as
often. Nmap is not asked about those on which it would spend most of two minutes; `bench/identities.py` asks it
about all.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.lab import network, tenants
from tests.lab.network import NEAR
from tests.lab.scanners import periplus
from tests.lab.tenants import Tenant

pytestmark = pytest.mark.lab

HERE = [tenant for tenant in tenants.TENANTS if tenants.installed(tenant)]
BESIDE = [tenant for tenant in HERE if tenant.proto == "tcp" and tenant.name not in ("mosquitto", "etcd")]
FEWEST = 3  # of the packages that ./test installs anyway
WRONG_FROM = 0.8  # so sure nothing wrong may be said


@dataclass(frozen=True)
class Said:
    """What both scanners said of each port, by protocol and port."""

    ours: dict[tuple[str, int], dict[str, Any]]
    theirs: dict[tuple[str, int], dict[str, str]]


def ports_of(some: list[Tenant], proto: str) -> str:
    return ",".join(str(each.port) for each in some if each.proto == proto)


def asked() -> str:
    """The value of -p."""
    letters = {"T": ports_of(HERE, "tcp"), "U": ports_of(HERE, "udp")}
    return ",".join(f"{letter}:{ports}" for letter, ports in letters.items() if ports)


@pytest.fixture(scope="module")
def said() -> Iterator[Said]:
    # Not below the directory of pytest, where only root may go: some servers give root up before they read files.
    with tempfile.TemporaryDirectory(prefix="periplus-tenants-") as name, network.build() as net:
        files = Path(name)
        files.chmod(0o755)
        for tenant in HERE:
            (files / tenant.name).mkdir()
            tenants.move_in(net.near, tenant, files / tenant.name)
        tenants.settle(net.near, HERE)
        words = ["-n", "-Pn", "-sV"]
        nmap = net.scanner.inside(["nmap", *words, "-p", ports_of(BESIDE, "tcp"), "-oX", "-", NEAR.v4])
        with subprocess.Popen(nmap, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as theirs:
            kinds = ["-sS", *(["-sU"] if ports_of(HERE, "udp") else [])]
            ours = periplus(net.scanner, *words, *kinds, "-p", asked(), "-oJ", "-", NEAR.v4)
            yield Said(_ours(ours.out), _theirs(theirs.communicate()[0]))


def _ours(text: str) -> dict[tuple[str, int], dict[str, Any]]:
    rows = map(json.loads, text.splitlines())
    return {(row["proto"], row["port"]): row for row in rows if row["type"] == "service"}


def _theirs(document: bytes) -> dict[tuple[str, int], dict[str, str]]:
    ports = ET.fromstring(document).iter("port")
    found = ((port, port.find("service")) for port in ports)
    return {
        (port.get("protocol", ""), int(port.get("portid", "0"))): service.attrib
        if service is not None
        else {}
        for port, service in found
    }


def test_enough_servers_are_here() -> None:
    assert len(HERE) >= FEWEST


@pytest.mark.parametrize("tenant", HERE, ids=lambda tenant: tenant.name)
def test_each_is_told_by_protocol_product_and_version(tenant: Tenant, said: Said) -> None:
    row = said.ours[tenant.proto, tenant.port]
    assert row.get("service") == tenant.protocol
    assert row["confidence"] > WRONG_FROM
    assert tenant.product is None or row.get("product") == tenant.product
    if tenant.tells_version:
        assert row.get("version") == tenants.upstream_version(tenant)
    assert ("tls" in row) == tenant.tls


def test_the_right_product_is_named_at_least_as_often_as_by_nmap(said: Said) -> None:
    ours = theirs = 0
    for tenant in HERE:
        key = (tenant.proto, tenant.port)
        mine, yours = said.ours.get(key, {}), said.theirs.get(key, {})
        print(f"{tenant.name:<14} {_line(mine, 'service'):<44} {_line(yours, 'name')}")
        wanted = (tenant.product or "").lower() if tenant in BESIDE else ""
        ours += bool(wanted) and wanted in _product(mine)
        theirs += bool(wanted) and wanted in _product(yours)
    assert ours >= theirs


def _product(row: dict[str, Any]) -> str:
    return str(row.get("product", "")).lower()


def _line(row: dict[str, Any], name: str) -> str:
    return " ".join(str(row[key]) for key in (name, "product", "version") if row.get(key)) or "-"


def test_a_certificate_is_told(said: Said) -> None:
    for tenant in HERE:
        if tenant.tls:
            tls = said.ours[tenant.proto, tenant.port]["tls"]
            assert tls["certificate"]["subject"] == "CN=tenant.test"
            assert "self-signed" in tls["reasons"]

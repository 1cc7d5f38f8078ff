"""Two dozen servers as Debian ships them, on unusual ports of one host: each told by protocol, product and version.

Nmap's version scan runs beside, and what both say is printed; ours must name the right product at least as
often. Nmap is not asked about those on which it would spend most of two minutes; `bench/identities.py` asks it
about all.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
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
TLS = [tenant for tenant in HERE if tenant.tls or tenant.starttls]
AUDITED = [tenant for tenant in TLS if tenant.proto == "tcp"]
FEWEST = 3  # of the packages that ./test installs anyway
WRONG_FROM = 0.8  # so sure nothing wrong may be said


@dataclass(frozen=True)
class Said:
    """What both scanners said of each port, by protocol and port; and ours of those with TLS, by an audit."""

    ours: dict[tuple[str, int], dict[str, Any]]
    theirs: dict[tuple[str, int], dict[str, str]]
    audited: dict[tuple[str, int], dict[str, Any]]


def ports_of(some: list[Tenant], proto: str) -> str:
    return ",".join(str(each.port) for each in some if each.proto == proto)


def asked() -> str:
    """The value of -p."""
    letters = {"T": ports_of(HERE, "tcp"), "U": ports_of(HERE, "udp")}
    return ",".join(f"{letter}:{ports}" for letter, ports in letters.items() if ports)


@pytest.fixture(scope="module")
def said() -> Iterator[Said]:
    with network.build() as net, tenants.housed(net.near, HERE):
        words = ["-n", "-Pn", "-sV"]
        nmap = net.scanner.inside(["nmap", *words, "-p", ports_of(BESIDE, "tcp"), "-oX", "-", NEAR.v4])
        with subprocess.Popen(nmap, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as theirs:
            kinds = ["-sS", *(["-sU"] if ports_of(HERE, "udp") else [])]
            ours = periplus(net.scanner, *words, *kinds, "-p", asked(), "-oJ", "-", NEAR.v4)
            ports = ports_of(AUDITED, "tcp")
            audit = periplus(net.scanner, *words, "-sS", "--tls-audit", "-p", ports, "-oJ", "-", NEAR.v4)
            yield Said(_ours(ours.out), _theirs(theirs.communicate()[0]), _ours(audit.out))


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
    assert ("tls" in row) == (tenant in TLS)
    assert row.get("tls", {}).get("starttls", False) == tenant.starttls


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
    for tenant in TLS:
        tls = said.ours[tenant.proto, tenant.port]["tls"]
        assert tls["certificate"]["subject"] == "CN=tenant.test"
        assert "self-signed" in tls["reasons"]


def test_http_2_is_told_of_who_speaks_it_alone_and_of_who_speaks_it_too(said: Said) -> None:
    rows = {each.name: said.ours[each.proto, each.port] for each in HERE}
    both = rows["nginx-tls"]
    assert (both["tls"]["alpn"], both["detail"]["http2"]["order"][:6]) == ("http/1.1", "3:128;")
    assert rows["nginx-h2"]["detail"]["title"] == "403 Forbidden"
    if "nghttpd" in rows:
        assert rows["nghttpd"]["tls"]["alpn"] == "h2"
        assert rows["nghttpd"]["detail"]["title"] == "Tenant"


def test_http_3_is_told_with_its_page_and_what_quic_says(said: Said) -> None:
    for row in (said.ours[each.proto, each.port] for each in HERE if each.protocol == "http3"):
        detail, tls = row["detail"], row["tls"]
        assert (detail["status"], detail["title"], detail["version"]) == (200, "Tenant", "3")
        assert ["server", "Caddy"] in detail["headers"]
        assert row["evidence"]["why"] == "an answer over HTTP/3, 200"
        assert "1" in detail["versions"]
        assert detail["quic"]["version"] == "1"
        assert detail["quic"]["parameters"]["max_idle_timeout"] == 30_000
        assert (tls["version"], tls["alpn"], tls["group"]) == ("TLSv1.3", "h3", "x25519")
        assert tls["cipher"].startswith("TLS_")
        assert tls["ja4s"].startswith("q13")
        assert tls["certificate"]["key"] == "EC secp256r1"
        assert len(tls["certificate"]["sha256"]) == 64
        assert tls["certificate"]["not_before"] < tls["certificate"]["not_after"]


@pytest.mark.parametrize("tenant", AUDITED, ids=lambda tenant: tenant.name)
def test_an_audit_finds_all_versions_also_after_starttls(tenant: Tenant, said: Said) -> None:
    tls = said.audited[tenant.proto, tenant.port]["tls"]
    assert "audit_cut" not in tls
    assert tls["versions"][0] == "TLSv1.3"
    assert "TLS_AES_128_GCM_SHA256" in tls["ciphers"]["TLSv1.3"]
    assert "secp256r1" in tls["groups"]
    assert "no forward secrecy" not in str(tls["reasons"])


def test_what_debian_accepts_of_old_clients_is_a_remark(said: Said) -> None:
    tls = next(said.audited[each.proto, each.port]["tls"] for each in TLS if each.name == "nginx-tls")
    assert any(name.startswith("TLS_RSA_") for name in tls["ciphers"]["TLSv1.2"])
    assert tls["reasons"] == ["self-signed"]
    assert tls["remarks"] == ["suites without forward secrecy are accepted of clients that offer no better"]

"""UDP servers are identified from what they said to the scan: -sV sends not one datagram that was sent already.

A firewall counts what arrives at the servers' own ports. One question is enough for some; of the others nothing but
the further questions is asked, and of these not those that the scan asked as well, if all answers came together.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.lab import conditions, network, tenants
from tests.lab.network import NEAR, Network
from tests.lab.scanners import periplus
from tests.lab.tenants import Tenant

pytestmark = pytest.mark.lab

# Datagrams that a talk sends besides, at least (all answers came together) and at most; chrony does not answer its
# second question, which is repeated.
FURTHER = {"tftpd": (0, 0), "dnsmasq": (2, 3), "snmpd": (0, 2), "chrony": (2, 2)}
PORTS = {"tftpd": 69, "dnsmasq": 53, "snmpd": 161, "chrony": 123}
HERE = [
    replace(tenant, port=PORTS[tenant.name])
    for tenant in tenants.TENANTS
    if tenant.name in PORTS and tenants.installed(tenant)
]


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    with network.build() as net, tenants.housed(net.near, HERE):
        yield net


def count(net: Network, port: int) -> None:
    """Count from now on what arrives at this port."""
    net.near.firewall(conditions.table("counted", "input", [f"udp dport {port} counter"]))


def arrived(net: Network) -> int:
    """How much did."""
    found = re.search(r"packets (\d+)", net.near.run("nft", "list", "table", "inet", "counted"))
    assert found is not None
    return int(found[1])


@pytest.mark.parametrize("tenant", HERE, ids=lambda tenant: tenant.name)
def test_nothing_is_asked_twice(net: Network, tenant: Tenant) -> None:
    words = ("-n", "-Pn", "-sU", "-p", str(tenant.port), "-oJ", "-", NEAR.v4)
    count(net, tenant.port)
    assert periplus(net.scanner, *words).status == 0
    scanned = arrived(net)
    ran = periplus(net.scanner, "-sV", *words)
    identified = arrived(net) - scanned
    [row] = [row for row in map(json.loads, ran.out.splitlines()) if row["type"] == "service"]
    print(tenant.name, scanned, identified, row)
    assert row["service"] == tenant.protocol
    assert row["confidence"] > 0.8
    least, most = FURTHER[tenant.name]
    assert least <= identified - scanned <= most

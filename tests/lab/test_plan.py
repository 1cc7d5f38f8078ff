"""A dry run reaches nobody, and what it planned is what then arrives: the hosts in question count."""

import json
import re

import pytest
from tests.lab.network import FAR, NEAR, Network, Node
from tests.lab.scanners import periplus

pytestmark = pytest.mark.lab

COUNTS = """\
table inet plan {
 counter every { }
 counter octets { }
 chain c {
  type filter hook prerouting priority -500; policy accept;
  ip saddr 198.18.0.0/15 ip protocol tcp tcp flags & (syn|ack|rst) == syn counter name every
  ip6 saddr 2001:db8::/32 ip6 nexthdr tcp tcp flags & (syn|ack|rst) == syn counter name every
  ip saddr 198.18.0.0/15 counter name octets
  ip6 saddr 2001:db8::/32 meta l4proto != ipv6-icmp counter name octets
 }
}
table arp plan {
 counter every { }
 chain c { type filter hook input priority 0; policy accept; counter name every; }
}"""


def counted(node: Node, family: str, name: str) -> tuple[int, int]:
    """Packets and bytes that a named counter has seen."""
    shown = node.run("nft", "list", "counter", family, "plan", name)
    found = re.search(r"packets (\d+) bytes (\d+)", shown)
    assert found
    return int(found[1]), int(found[2])


@pytest.mark.parametrize("flag", ["-sS", "-sT", "-sU"])
def test_a_dry_run_reaches_nobody(own: Network, flag: str) -> None:
    for node in (own.near, own.far, own.router):
        node.firewall(COUNTS)
    ran = periplus(own.scanner, "--dry-run", flag, NEAR.v4, NEAR.v6, FAR.v4, FAR.v6, "198.18.0.0/28")
    assert ran.status == 0
    assert "Nothing was sent." in ran.out
    for node in (own.near, own.far, own.router):
        assert [counted(node, *each)[0] for each in (("inet", "octets"), ("arp", "every"))] == [0, 0]


@pytest.mark.parametrize("words", [("-sS",), ("-sT",), ("-sS", "--data-length", "40")], ids=" ".join)
@pytest.mark.parametrize("family", [4, 6])
def test_what_was_planned_arrives(own: Network, words: tuple[str, ...], family: int) -> None:
    own.far.firewall(COUNTS)
    asked = [*words, "-Pn", "-p", "3001-3100", FAR.of(family)]  # closed, so that each is asked once
    plan = json.loads(periplus(own.scanner, "--dry-run", "-oJ", "-", *asked).out)
    [stage] = [each for each in plan["stages"] if each["stage"] in ("syn", "connect")]
    assert periplus(own.scanner, *asked).status == 0
    packets, octets = counted(own.far, "inet", "every")
    assert packets == stage["first"]["packets"] == 100
    assert octets == stage["first"]["bytes"] - 100 * 14

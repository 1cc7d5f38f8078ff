"""All IPv6 hosts of a link are found without a list, and asked only what the user allows."""

from collections.abc import Iterator

import pytest
from tests.lab.network import Address, Node, crowd
from tests.lab.scanners import Scan, periplus
from tests.lab.test_privilege import NOBODY

pytestmark = pytest.mark.lab

LISTED = [Address(f"198.18.0.{number}", f"2001:db8::{number}") for number in (2, 3, 4)]
DEAF = 1  # this host ignores echo requests to groups


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[Node, list[Node]]]:
    with crowd(LISTED) as (scanner, hosts):
        deaf = hosts[DEAF]
        deaf.settings({"net/ipv6/icmp/echo_ignore_multicast": "1"})
        deaf.ip("address", "add", f"{made_itself(deaf)}/64", "dev", "lan0", "nodad")
        yield scanner, hosts


def link_local(host: Node) -> str:
    [link] = host.ask("-6", "address", "show", "dev", "lan0", "scope", "link")
    [address] = [each["local"] for each in link["addr_info"] if "local" in each]
    return str(address)


def made_itself(host: Node) -> str:
    """The address that the host would give itself in the network (RFC 4862 section 5.5.3)."""
    return link_local(host).replace("fe80::", "2001:db8::")


def finds(scanner: Node, *words: str) -> tuple[Scan, str]:
    ran = periplus(scanner, "-sn", "-T4", "-oJ", "-", *words)
    return ran.scan(), ran.err


def test_all_nodes_of_a_link(made: tuple[Node, list[Node]]) -> None:
    scanner, hosts = made
    scanner.ip("neigh", "flush", "dev", "lan0")
    scan, said = finds(scanner, "ff02::1%lan0", "--exclude", f"2001:db8::4,{link_local(hosts[2])}")
    assert set(scan.up) == {*map(link_local, hosts[:2]), "2001:db8::2"}
    assert all(scan.up.values())
    assert "ff02::1%lan0 means all IPv6 hosts of the link: multicast finds 5 addresses" in said


def test_a_network_too_large_to_ask_one_by_one(made: tuple[Node, list[Node]]) -> None:
    scanner, hosts = made
    scan, said = finds(scanner, "2001:db8::/64", "--exclude", "2001:db8::4")
    assert {address for address, up in scan.up.items() if up} == {"2001:db8::2", made_itself(hosts[DEAF])}
    assert "2001:db8::4" not in scan.up
    assert "2001:db8::/64 is too large to ask one by one: its hosts are found by multicast, " in said


def test_a_host_by_its_link_local_address_and_zone(made: tuple[Node, list[Node]]) -> None:
    scanner, hosts = made
    target = link_local(hosts[0])
    for flag in ("-sS", "-sT"):
        ran = periplus(scanner, flag, "-Pn", "--all-states", "-oJ", "-", f"[{target}%lan0]:9")
        assert ran.scan().at(target)[9].state == "closed"
    bare = periplus(scanner, "-p9", target)
    assert bare.status == 2
    assert "every link has it; say which" in bare.err


def test_what_cannot_be_asked_is_told_in_one_line(made: tuple[Node, list[Node]]) -> None:
    scanner, _ = made
    for words, status, line in (
        (["2001:db8:7::/64"], 2, "multicast finds hosts of our own links alone"),
        (["-sL", "2001:db8::/64"], 2, "-sL sends nothing"),
        (["ff02::1%lan0", "-e", "lo"], 2, "a run has one interface"),
    ):
        ran = periplus(scanner, *words)
        assert (ran.status, ran.err.count("\n")) == (status, 1)
        assert line in ran.err
    without = periplus(scanner, "ff02::1%lan0", before=NOBODY)
    assert without.status == 1
    assert "CAP_NET_RAW" in without.err

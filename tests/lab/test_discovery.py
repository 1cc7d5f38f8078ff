"""Who is there: our word is Nmap's, host by host, with the same pings.

On the link and behind the router there is a host that answers, one that drops ICMP, one that drops everything, and
an address that nobody has. They are addresses of the two targets, each with its own firewall rules.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.lab import conditions, servers
from tests.lab.conftest import furnished
from tests.lab.network import Network
from tests.lab.scanners import Scan, nmap_finds, periplus
from tests.lab.test_privilege import NOBODY, TAMED_ROOT

pytestmark = pytest.mark.lab

KINDS = {"answers": 2, "drops-icmp": 3, "drops-everything": 4, "absent": 77}
PLACES = {
    4: {"near": "198.18.0.{:d}", "far": "198.18.2.{:d}"},
    6: {"near": "2001:db8::{:x}", "far": "2001:db8:0:2::{:x}"},
}
BITS = {4: 24, 6: 64}


def at(family: int, place: str, kind: str) -> str:
    """The address of such a host there."""
    return PLACES[family][place].format(KINDS[kind])


def targets(family: int) -> list[str]:
    """Every kind of host in both places."""
    return [at(family, place, kind) for place in PLACES[family] for kind in KINDS]


def rules(place: str) -> str:
    """The firewall of a target: by the address that is asked."""
    icmp, everything = (
        {4: at(4, place, kind), 6: at(6, place, kind)} for kind in ("drops-icmp", "drops-everything")
    )
    return conditions.table(
        "kinds",
        "input",
        [
            *(f"ip daddr {each[4]} meta l4proto icmp drop" for each in (icmp, everything)),
            *(f"ip6 daddr {each[6]} icmpv6 type echo-request drop" for each in (icmp, everything)),
            f"ip daddr {everything[4]} drop",
            f"ip6 daddr {everything[6]} meta l4proto != ipv6-icmp drop",
        ],
    )


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The network with all kinds of hosts."""
    with furnished(tmp_path_factory.mktemp("peopled")) as net:
        for node, place in ((net.near, "near"), (net.far, "far")):
            for kind in ("drops-icmp", "drops-everything"):
                for family in (4, 6):
                    address = f"{at(family, place, kind)}/{BITS[family]}"
                    node.ip("address", "add", address, "dev", node.links[0], *["nodad"] * (family == 6))
            node.firewall(rules(place))
            servers.tell_masks(node, at(4, place, "answers"))
        yield net


def ours(net: Network, *words: str, before: tuple[str, ...] = ()) -> Scan:
    """What we say."""
    return periplus(net.scanner, "-sn", "-oJ", "-", *words, before=before).scan()


# What is asked, and the reasons that a host which answers may be up for; one: it must be the same that Nmap has.
ONE = {
    "-PE": {4: "echo-reply", 6: "echo-reply"},
    "-PP": {4: "timestamp-reply"},
    "-PM": {4: "addressmask-reply"},
    "-PS22": {4: "syn-ack", 6: "syn-ack"},
    "-PS81": {4: "reset", 6: "reset"},
    "-PA80": {4: "reset", 6: "reset"},
    "-PU": {4: "port-unreach", 6: "port-unreach"},
    "-PU53": {4: "port-unreach", 6: "port-unreach"},
    "-PY9": {4: "proto-unreach"},
    "-PO132": {4: "proto-unreach"},
}
FLAGS = [(flag, family) for flag, reasons in ONE.items() for family in reasons]


USUAL = [(), ("-PR",), ("--disable-arp-ping",)]
NO_RESETS = ("-PS81", "--discovery-ignore-rst")
COMPARED = [
    *((family, (flag, *more)) for flag, family in FLAGS for more in ((), ("--disable-arp-ping",))),
    *((family, words) for family in (4, 6) for words in (*USUAL, NO_RESETS)),
]
AT_ONCE = 8
Asked = Callable[..., tuple[Scan, Scan]]


@pytest.fixture(scope="module")
def asked(peopled: Network) -> Iterator[Asked]:
    """What we and Nmap say: nearly all of it is waiting for hosts that are not there, so several at once."""

    def both(family: int, words: tuple[str, ...]) -> tuple[Scan, Scan]:
        said = ("-T4", *words, *targets(family))
        return ours(peopled, *said), nmap_finds(peopled.scanner, *said)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = {(family, words): pool.submit(both, family, words) for family, words in COMPARED}
        yield lambda family, *words: jobs[family, words].result()


def compare(asked: Asked, family: int, *words: str) -> tuple[Scan, Scan]:
    """Ours and theirs: the same hosts up and down."""
    mine, theirs = asked(family, *words)
    assert mine.up == theirs.up
    assert set(mine.up) == set(targets(family))
    return mine, theirs


def whys(scan: Scan) -> dict[str, str]:
    """The reasons of the hosts that are up."""
    return {addr: why for addr, why in scan.why.items() if scan.up[addr]}


@pytest.mark.parametrize(("flag", "family"), FLAGS)
def test_one_ping_finds_whom_nmap_finds_and_for_the_same_reason(asked: Asked, flag: str, family: int) -> None:
    mine, theirs = compare(asked, family, flag)
    assert whys(mine) == whys(theirs)


@pytest.mark.parametrize(("flag", "family"), FLAGS)
def test_by_ip_alone_it_is_the_same_on_the_link(asked: Asked, flag: str, family: int) -> None:
    mine, theirs = compare(asked, family, flag, "--disable-arp-ping")
    assert whys(mine) == whys(theirs)
    near = at(family, "near", "answers")
    assert mine.why[near] == ONE[flag][family]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("more", USUAL, ids=["", "-PR", "ip"])
def test_the_pings_that_nobody_named(asked: Asked, family: int, more: tuple[str, ...]) -> None:
    """Four questions at once: which answer comes first is chance."""
    mine, theirs = compare(asked, family, *more)
    assert set(whys(mine)) == set(whys(theirs))
    reasons = {"echo-reply", "timestamp-reply", "reset", "syn-ack"}
    for kind in ("answers", "drops-icmp"):
        assert mine.why[at(family, "far", kind)] in (reasons if kind == "answers" else {"reset"})


def test_a_host_that_does_not_know_the_protocol_is_there(peopled: Network) -> None:
    """By IPv6 it says so as a parameter problem (RFC 8200 section 4.4), which Nmap 7.93 does not read."""
    mine = ours(peopled, "-PY9", *targets(6))
    far = {kind: (mine.up[at(6, "far", kind)], mine.why[at(6, "far", kind)]) for kind in KINDS}
    assert far["answers"] == far["drops-icmp"] == (True, "param-problem")
    assert not far["drops-everything"][0]
    assert not far["absent"][0]


@pytest.mark.parametrize("family", [4, 6])
def test_a_reset_that_does_not_count(asked: Asked, family: int) -> None:
    mine, _ = compare(asked, family, *NO_RESETS)
    assert not mine.up[at(family, "far", "answers")]
    assert not mine.up[at(family, "far", "drops-icmp")]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("flag", ["-PS22", "-PS81", "-PA80"])
def test_without_the_right_it_connects_as_nmap_does(peopled: Network, flag: str, family: int) -> None:
    who = [at(family, place, kind) for place in ("near", "far") for kind in KINDS if kind != "absent"]
    theirs = nmap_finds(peopled.scanner, "--unprivileged", flag, *who)
    mine = ours(peopled, flag, *who, before=NOBODY)
    assert mine.up == theirs.up
    assert whys(mine) == whys(theirs)


@pytest.mark.parametrize("before", [TAMED_ROOT, NOBODY], ids=["tamed-root", "nobody"])
def test_without_the_right_and_any_ping_named(peopled: Network, before: tuple[str, ...]) -> None:
    mine = ours(peopled, *targets(4), before=before)
    assert {addr for addr, up in mine.up.items() if up} == {
        at(4, place, kind) for place in ("near", "far") for kind in ("answers", "drops-icmp")
    }
    assert set(whys(mine).values()) <= {"syn-ack", "conn-refused"}


def test_without_the_right_an_echo_is_an_error_that_helps(peopled: Network) -> None:
    ran = periplus(peopled.scanner, "-sn", "-PE", at(4, "near", "answers"), before=NOBODY)
    assert ran.status == 1
    assert "CAP_NET_RAW" in ran.err
    assert "Traceback" not in ran.err


def test_only_hosts_that_are_there_are_scanned(peopled: Network, tmp_path: Path) -> None:
    """Both techniques, both families, by default pings."""
    words = ["-sS", "-sU", "-p", "T:22,81,U:9", "--all-states", "-oJ", "-", *targets(4), *targets(6)]
    scan = periplus(peopled.scanner, *words).scan()
    up = {
        at(family, place, kind)
        for family in (4, 6)
        for place, kind in [("near", "drops-everything")]
        + [(place, kind) for place in ("near", "far") for kind in ("answers", "drops-icmp")]
    }
    assert {addr for addr, is_up in scan.up.items() if is_up} == up
    assert {addr for addr, _ in scan.ports} == up
    assert {addr for addr, port in scan.ports if scan.ports[addr, port].state == "open"} == {
        addr for addr in up if addr not in {at(family, "near", "drops-everything") for family in (4, 6)}
    }
    assert scan.summary["hosts_up"] == len(up)
    assert not any(scan.summary["discarded"].values())

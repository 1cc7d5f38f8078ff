"""Options of identification: what they mean, and what does not go together."""

import numpy as np
import pytest

from periplus.cli.identifying import check_explained, explained, fingerprinting, identification, widen
from periplus.cli.options import read
from periplus.engine.timing import Timing
from periplus.errors import CannotScan, UsageError
from periplus.scan.config import Identify, ScanConfig, Work
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.catalogue import by_name

SYN, FIN = by_name("syn"), by_name("fin")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ([], None),
        (["-sV"], Identify(7)),
        (["-sV", "--version-light"], Identify(2)),
        (["-sV", "--version-all", "--ics"], Identify(9, ics=True)),
        (["-sV", "--version-intensity", "0"], Identify(0)),
        (["-sV", "--tls-audit"], Identify(7, tls_audit=True)),
        (["--explain", "198.18.0.2:22"], Identify(7)),
        (["--version-trace"], Identify(7)),
    ],
)
def test_what_options_mean(words: list[str], meant: Identify | None) -> None:
    assert identification(read([*words, "198.18.0.2"]), [SYN]) == meant


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--version-light"], "add -sV"),
        (["--ics"], "--ics says how"),
        (["--tls-audit"], "--tls-audit says how"),
        (["-sV", "-sn"], "-sn scans no ports"),
        (["--explain", "a.example:22", "-sL"], "--explain asks open ones"),
        (["--version-trace", "-sn"], "--version-trace asks open ones"),
        (["-sV", "--version-intensity", "10"], "no number from 0 to 9"),
        (["-sV", "--version-light", "--version-all"], "not allowed together"),
        (["--explain", "a.example"], "HOST:PORT is wanted"),
        (["--explain", "a.example:65536"], "HOST:PORT is wanted"),
    ],
)
def test_what_does_not_go_together(words: list[str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        identification(read([*words, "198.18.0.2"]), [SYN])


def test_ports_that_are_named_one_by_one() -> None:
    given = read(["-sV", "-p", "22,502,1000-1010", "198.18.0.2:2222", "[2001:db8::1]:102", "2001:db8::9"])
    meant = identification(given, [SYN])
    assert meant is not None
    assert meant.named == {22, 502, 2222, 102}


def test_a_technique_that_finds_no_open_port_leaves_nobody_to_ask() -> None:
    with pytest.raises(UsageError, match="-sF finds none"):
        identification(read(["-sV", "198.18.0.2"]), [FIN])
    assert identification(read(["-sV", "198.18.0.2"]), [FIN, by_name("udp")]) is not None


def test_endpoints_get_the_form_that_results_have() -> None:
    words = ["--explain", "[2001:DB8:0::1]:443", "--explain", "Web.Example:80", "198.18.0.2"]
    assert explained(read(words)) == {("2001:db8::1", 443), ("web.example", 80)}


NET = Space.of(
    [
        (AddressSpace.of([(parse_ip("198.18.0.0"), parse_ip("198.18.0.7"))]), np.array([22, 80], np.uint16)),
        (AddressSpace.of([(parse_ip("2001:db8::1"),) * 2]), np.array([443], np.uint16)),
    ]
)
UNFOUND = Space.of([(AddressSpace.of([(parse_ip("198.18.0.9"),) * 2]), np.array([22], np.uint16))])
NAMES = (("Web.Example", parse_ip("198.18.0.7")), ("web.example", parse_ip("2001:db8::1")))


def asking(*endpoints: str) -> None:
    config = ScanConfig((Work(SYN, NET), Work(FIN, UNFOUND)), Timing(), 1, names=NAMES)
    check_explained(read([word for each in endpoints for word in ("--explain", each)]), config)


def test_what_is_asked_can_be_explained() -> None:
    asking("198.18.0.0:22", "198.18.0.7:80", "[2001:db8:0::1]:443", "WEB.example:22", "web.example:443")


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        ("198.18.0.8:22", "--explain 198.18.0.8:22: that host is not among the targets"),
        ("[2001:DB8::2]:443", "--explain [2001:db8::2]:443: that host is not among the targets"),
        ("198.18.0.9:22", "--explain 198.18.0.9:22: that host is not among the targets"),
        ("other.example:22", "--explain other.example:22: no target was given by that name"),
        (
            "198.18.0.7:443",
            "--explain 198.18.0.7:443: that port is not among those to be asked; choose it with -p",
        ),
        ("web.example:81", "--explain web.example:81: that port is not among those"),
    ],
)
def test_what_is_not_asked_cannot_be_explained(endpoint: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        asking("198.18.0.0:22", endpoint)
    assert str(caught.value).startswith(problem)


def test_operating_systems_are_asked_for_when_that_is_wanted() -> None:
    assert fingerprinting(read(["198.18.0.2"]), [SYN], frozenset(), raw=True) is None
    meant = fingerprinting(read(["-O", "198.18.0.2"]), [SYN], frozenset({7}), raw=True)
    assert meant is not None
    assert meant.barred == {7}


@pytest.mark.parametrize(
    ("words", "problem"),
    [(["-sn"], "which -sn does not give"), (["-sL"], "which -sL"), (["--stateless"], "which --stateless")],
)
def test_an_open_port_is_wanted(words: list[str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        fingerprinting(read(["-O", *words, "198.18.0.2"]), [SYN], frozenset(), raw=True)
    with pytest.raises(UsageError, match="nothing here finds one"):
        fingerprinting(read(["-O", "198.18.0.2"]), [FIN, by_name("udp")], frozenset(), raw=True)
    with pytest.raises(UsageError, match="-O needs raw packets, which -sT does not send"):
        fingerprinting(read(["-O", "198.18.0.2"]), [by_name("connect")], frozenset(), raw=True)
    with pytest.raises(CannotScan, match="-O sends raw packets"):
        fingerprinting(read(["-O", "198.18.0.2"]), [SYN], frozenset(), raw=False)


@pytest.mark.parametrize(
    ("words", "raw", "meant"),
    [
        (["-A"], True, (True, True, True)),
        (["-A"], False, (True, False, False)),
        (["-A", "-O"], False, (True, True, False)),
        (["-A", "-sT"], True, (True, False, False)),
        ([], True, (False, False, False)),
    ],
)
def test_everything_at_once(words: list[str], raw: bool, meant: tuple[bool, bool, bool]) -> None:
    given = read([*words, "198.18.0.2"])
    widen(given, raw)
    assert (given.identify, given.detect_os, given.traceroute) == meant

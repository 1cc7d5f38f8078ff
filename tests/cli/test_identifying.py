"""Options of identification: what they mean, and what does not go together."""

import pytest

from periplus.cli.identifying import explained, fingerprinting, identification, widen
from periplus.cli.options import read
from periplus.errors import CannotScan, UsageError
from periplus.scan.config import Identify
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

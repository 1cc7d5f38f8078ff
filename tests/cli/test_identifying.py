"""Options of identification: what they mean, and what does not go together."""

from pathlib import Path

import pytest

from periplus.cli.identifying import explained, identification
from periplus.cli.options import read
from periplus.errors import UsageError
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


def test_signatures_of_the_user_are_read_before_anything_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    words = ["-sV", "--signatures", str(file), "198.18.0.2"]
    with pytest.raises(UsageError, match="there is no such file"):
        identification(read(words), [SYN])
    file.write_text("[[signature]]\nfield = 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"own\.toml: signature 1: "):
        identification(read(words), [SYN])
    file.write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"own\.toml"):
        identification(read(words), [SYN])
    file.write_text("", encoding="utf-8")
    found = identification(read(words), [SYN])
    assert found is not None
    assert found.signatures == str(file)


def test_a_technique_that_finds_no_open_port_leaves_nobody_to_ask() -> None:
    with pytest.raises(UsageError, match="-sF finds none"):
        identification(read(["-sV", "198.18.0.2"]), [FIN])
    assert identification(read(["-sV", "198.18.0.2"]), [FIN, by_name("udp")]) is not None


def test_endpoints_get_the_form_that_results_have() -> None:
    words = ["--explain", "[2001:DB8:0::1]:443", "--explain", "Web.Example:80", "198.18.0.2"]
    assert explained(read(words)) == {("2001:db8::1", 443), ("web.example", 80)}

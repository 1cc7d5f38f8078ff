"""Forward names, with a small name server on the loopback; nobody else is ever asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scan.name_server import NameServer

from periplus.errors import UsageError
from periplus.scan import forward
from periplus.scan.forward import ForwardNames, resolver
from periplus.scan.names import resolve
from periplus.space.ip import parse_ip

ZONE = {
    ("both.example.", "A"): ["198.18.0.2"],
    ("two.example.", "A"): ["198.18.0.1", "198.18.0.4"],
    ("both.example.", "AAAA"): ["2001:db8::1"],
    ("six.example.", "AAAA"): ["2001:db8::6"],
    ("xn--bcher-kva.example.", "A"): ["198.18.0.3"],
    ("bare.example.", "TXT"): ["nothing"],
}
SILENT = ["silent.example."]
GARBAGE = ["garbage.example."]


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer(ZONE, SILENT, GARBAGE) as made:
        yield made


@pytest.fixture
def ask(server: NameServer, tmp_path: Path) -> ForwardNames:
    """Names of that server, with a hosts file of its own."""
    hosts = tmp_path / "hosts"
    hosts.write_text(
        "198.18.0.9 Listed.example alias\n2001:db8::9 listed.example\n198.18.0.10 listed.example\n"
    )
    return ForwardNames([server.address], lifetime_s=0.2, hosts=hosts)


@pytest.mark.parametrize(
    ("name", "want", "everything", "expected"),
    [
        ("both.example", None, False, ["198.18.0.2"]),
        ("both.example", 6, False, ["2001:db8::1"]),
        ("both.example", 4, True, ["198.18.0.2"]),
        ("both.example.", None, True, ["198.18.0.2", "2001:db8::1"]),
        ("two.example", None, True, ["198.18.0.1", "198.18.0.4"]),
        ("six.example", None, False, ["2001:db8::6"]),
        ("bücher.example", None, False, ["198.18.0.3"]),
        ("listed.example", None, True, ["198.18.0.9", "198.18.0.10", "2001:db8::9"]),
        ("LISTED.example.", 6, False, ["2001:db8::9"]),
        ("alias", None, False, ["198.18.0.9"]),
    ],
)
def test_a_name_gives_one_address_or_all(
    ask: ForwardNames, name: str, want: int | None, everything: bool, expected: list[str]
) -> None:
    assert sorted(ask(name, want, everything)) == sorted(map(parse_ip, expected))
    assert ask(name, want, False)[0] in map(parse_ip, expected)


def test_what_is_asked_twice_is_asked_once(ask: ForwardNames, server: NameServer) -> None:
    for _ in range(2):
        ask("both.example", None, False)
    assert server.asked == [("both.example.", "A")]
    ask("both.example", None, True)
    assert server.asked == [("both.example.", "A"), ("both.example.", "AAAA")]


def test_the_hosts_file_spares_the_question(ask: ForwardNames, server: NameServer) -> None:
    ask("listed.example", None, True)
    assert server.asked == []


@pytest.mark.parametrize(
    ("name", "want", "why"),
    [
        ("none.example", None, "does not resolve: no such name"),
        ("bare.example", None, "does not resolve: it has no IPv4 or IPv6 address"),
        ("six.example", 4, "does not resolve: it has no IPv4 address"),
        ("a..example", None, "is no host name: "),
        ("a" * 64 + ".example", None, "is no host name: "),
    ],
)
def test_a_name_without_an_address_is_told_in_one_line(
    ask: ForwardNames, name: str, want: int | None, why: str
) -> None:
    with pytest.raises(UsageError) as caught:
        ask(name, want, True)
    assert str(caught.value).startswith(f'target "{name}": {why}') or len(name) > 64
    assert why in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["silent.example", "garbage.example"])
def test_who_gave_no_answer_is_named(ask: ForwardNames, server: NameServer, name: str) -> None:
    host, port = server.address
    with pytest.raises(UsageError, match=rf"does not resolve: no answer from {host}:{port}$"):
        ask(name, None, False)


def test_dead_servers_are_given_up_and_an_answer_counts_anew(
    monkeypatch: pytest.MonkeyPatch, ask: ForwardNames, server: NameServer
) -> None:
    monkeypatch.setattr(forward, "DEAD_AFTER", 2)
    for name in ("silent.example", "both.example", "silent.example", "silent.example"):
        if name == "both.example":
            ask(name, 4, False)
            continue
        with pytest.raises(UsageError):
            ask(name, 4, False)
    before = len(server.asked)
    with pytest.raises(UsageError, match="no answer"):
        ask("six.example", 6, False)
    assert len(server.asked) == before


def test_servers_with_ipv6_addresses_are_named_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "DEAD_AFTER", 0)
    with pytest.raises(UsageError, match=r"no answer from \[2001:db8::53\]:53, 198\.18\.0\.53:5353$"):
        ForwardNames([("2001:db8::53", 53), ("198.18.0.53", 5353)])("some.example", None, False)


def test_without_servers_the_system_resolves() -> None:
    assert resolver(None) is resolve
    assert isinstance(resolver([("127.0.0.1", 53)]), ForwardNames)

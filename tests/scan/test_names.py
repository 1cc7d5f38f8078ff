"""Names, with a small name server on the loopback; nobody else is ever asked."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dns.exception import DNSException
from tests.scan.name_server import NameServer

from periplus.errors import UsageError
from periplus.scan import names
from periplus.scan.names import ReverseNames, hosts_names, resolve
from periplus.space.ip import parse_ip

ZONE = {
    ("1.0.18.198.in-addr.arpa.", "PTR"): ["one.example."],
    ("2.0.18.198.in-addr.arpa.", "PTR"): ["two.example.", "also-two.example."],
    ("5.0.18.198.in-addr.arpa.", "PTR"): ["a\\000\\027[31m.example."],
    (f"{'1' + '.0' * 23}.8.b.d.0.1.0.0.2.ip6.arpa.", "PTR"): ["six.example."],
}
SILENT = [f"{last}.0.18.198.in-addr.arpa." for last in range(9, 14)]
GARBAGE = "8.0.18.198.in-addr.arpa."


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer(ZONE, SILENT, [GARBAGE]) as made:
        yield made


@pytest.fixture
def asking(server: NameServer, tmp_path: Path) -> Iterator[ReverseNames]:
    """A `ReverseNames` of that server, with a hosts file of its own."""
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n198.18.0.7 seven alias\n")
    made = ReverseNames([server.address], lifetime_s=1.0, workers=4, hosts=tmp_path / "hosts")
    yield made
    made.close()


def test_names_come_back_for_both_families(asking: ReverseNames) -> None:
    asking.ask(["198.18.0.1", "198.18.0.2", "198.18.0.3", "2001:db8::1"])
    assert dict(asking.wait()) == {
        "198.18.0.1": ("one.example",),
        "198.18.0.2": ("also-two.example", "two.example"),
        "198.18.0.3": (),
        "2001:db8::1": ("six.example",),
    }


def test_what_is_not_printable_comes_escaped(asking: ReverseNames) -> None:
    asking.ask(["198.18.0.5"])
    [(_, (name,))] = asking.wait()
    assert name.isprintable()


def test_the_hosts_file_is_asked_first_and_loopback_never_goes_out(
    asking: ReverseNames, server: NameServer
) -> None:
    asking.ask(["198.18.0.7", "127.0.0.1", "127.0.0.2", "::1"])
    assert asking.poll() == [
        ("198.18.0.7", ("seven",)),
        ("127.0.0.1", ("localhost",)),
        ("127.0.0.2", ()),
        ("::1", ()),
    ]
    assert server.asked == []


def test_every_question_is_answered_once_and_asked_once(asking: ReverseNames, server: NameServer) -> None:
    asking.ask(["198.18.0.1", "198.18.0.1"])
    assert asking.wait() == [("198.18.0.1", ("one.example",))] * 2
    asking.ask(["198.18.0.1"])
    assert asking.poll() == [("198.18.0.1", ("one.example",))]
    assert asking.poll() == []
    assert len(server.asked) == 1


def test_many_are_asked_by_few_threads(asking: ReverseNames) -> None:
    addresses = [f"198.18.1.{last}" for last in range(200)]
    before = threading.active_count()
    asking.ask(addresses)
    assert threading.active_count() <= before + 4
    assert sorted(asking.wait()) == sorted((address, ()) for address in addresses)


@pytest.mark.parametrize("address", ["198.18.0.8", "198.18.0.9"])
def test_a_server_that_answers_nonsense_or_nothing_gives_no_name(server: NameServer, address: str) -> None:
    asking = ReverseNames([server.address], lifetime_s=0.1, hosts=Path("/nonexistent"))
    asking.ask([address])
    assert asking.wait() == [(address, ())]
    asking.close()


def test_dead_servers_are_given_up(monkeypatch: pytest.MonkeyPatch, server: NameServer) -> None:
    monkeypatch.setattr(names, "DEAD_AFTER", 3)
    asking = ReverseNames([server.address], lifetime_s=0.05, workers=1, hosts=Path("/nonexistent"))
    wanted = [f"198.18.0.{last}" for last in (9, 10, 11, 12, 13, 1)]
    asking.ask(wanted)
    assert asking.wait() == [(address, ()) for address in wanted]
    assert {name for name, _ in server.asked} == set(SILENT[:3])
    asking.close()


def test_a_dead_server_leaves_time_for_the_next(server: NameServer) -> None:
    with NameServer({}, silent=["1.0.18.198.in-addr.arpa."]) as dead:
        asking = ReverseNames([dead.address, server.address], lifetime_s=1.0, hosts=Path("/nonexistent"))
        asking.ask(["198.18.0.1"])
        assert asking.wait() == [("198.18.0.1", ("one.example",))]
        assert len(dead.asked) == 1
        asking.close()


def test_a_machine_without_servers_has_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def unconfigured(configure: bool) -> None:
        raise DNSException

    monkeypatch.setattr("dns.resolver.Resolver", unconfigured)
    asking = ReverseNames(hosts=Path("/nonexistent"))
    asking.ask(["198.18.0.1"])
    assert asking.wait() == [("198.18.0.1", ())]
    asking.close()


def test_close_waits_for_nobody(server: NameServer) -> None:
    asking = ReverseNames([server.address], lifetime_s=30.0, hosts=Path("/nonexistent"))
    asking.ask(["198.18.0.9"] * 3)
    asking.close()
    asking.close()
    assert all(thread.daemon for thread in asking._threads)  # so the process's end waits for none either
    assert asking.poll() == []
    assert asking.wait() == []


def test_waiting_for_nothing_ends_at_once() -> None:
    assert ReverseNames([]).wait() == []


def test_hosts_file_is_read_as_the_system_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(
        b"# comment\n\n198.18.0.1\tone  alias # more\n198.18.0.1 later\n2001:DB8::1 six\n"
        b"nonsense name\n198.18.0.2\n198.18.0.3 caf\xe9\r\n"
    )
    assert hosts_names(path) == {
        parse_ip("198.18.0.1"): "one",
        parse_ip("2001:db8::1"): "six",
        parse_ip("198.18.0.3"): "caf\ufffd",
    }
    assert hosts_names(tmp_path / "absent") == {}


def addresses(*texts: str) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    """An answer of getaddrinfo."""
    return [
        (socket.AF_INET6 if ":" in text else socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, 0))
        for text in texts
    ]


@pytest.mark.parametrize(
    ("found", "all_addresses", "expected"),
    [
        (["2001:db8::1", "198.18.0.2", "198.18.0.1"], False, ["198.18.0.2"]),
        (["2001:db8::1", "198.18.0.2", "198.18.0.1"], True, ["198.18.0.2", "198.18.0.1", "2001:db8::1"]),
        (["2001:db8::2", "2001:db8::1"], False, ["2001:db8::2"]),
        (["198.18.0.1", "198.18.0.1"], True, ["198.18.0.1"]),
        (["fe80::1%lo", "2001:db8::1"], True, ["2001:db8::1"]),
    ],
)
def test_a_name_gives_one_address_or_all(
    monkeypatch: pytest.MonkeyPatch, found: list[str], all_addresses: bool, expected: list[str]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: addresses(*found))
    assert resolve("name.example", None, all_addresses) == list(map(parse_ip, expected))


@pytest.mark.parametrize(
    ("want", "family"), [(4, socket.AF_INET), (6, socket.AF_INET6), (None, socket.AF_UNSPEC)]
)
def test_the_family_wanted_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, want: int | None, family: socket.AddressFamily
) -> None:
    asked = []

    def getaddrinfo(*arguments: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        asked.append(arguments[2])
        return addresses("198.18.0.1")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    resolve("name.example", want, False)
    assert asked == [family]


def test_localhost_is_this_machine() -> None:
    assert resolve("localhost", 4, False) == [parse_ip("127.0.0.1")]


def test_a_name_that_does_not_resolve_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(
        UsageError, match=r'^target "no\.example": does not resolve: Name or service not known$'
    ):
        resolve("no.example", None, False)


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "a..example"])
def test_what_cannot_be_a_name_is_told_in_one_line(name: str) -> None:
    with pytest.raises(UsageError, match=r"^target .*is no host name: .*$"):
        resolve(name, None, False)


def test_a_name_with_nothing_but_link_local_addresses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: addresses("fe80::1%lo"))
    with pytest.raises(UsageError, match=r'^target "name\.example": has no address'):
        resolve("name.example", 6, True)

import argparse
import io
import os
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from periplus.cli.aim import Aim, aim, chosen_ports, excluded_ports, named_ports
from periplus.cli.options import read
from periplus.data import protocols_text, services_text
from periplus.errors import UsageError
from periplus.space.ip import TOP, parse_ip
from periplus.space.services import Services

NAMES = {
    "one.example": ["198.18.0.1"],
    "both.example": ["198.18.0.2", "198.18.0.3", "2001:db8::2"],
    "wide.example": ["240.0.0.7"],
}


class Resolver:
    """Knows `NAMES`, as `scan.names.resolve` would, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int | None, bool]] = []

    def __call__(self, name: str, family: int | None, everything: bool) -> list[int]:
        self.asked.append((name, family, everything))
        texts = [text for text in NAMES.get(name, []) if family is None or (":" in text) == (family == 6)]
        if not texts:
            raise UsageError(f'target "{name}": does not resolve: no such name')
        return [parse_ip(text) for text in texts][: None if everything else 1]


@pytest.fixture(scope="module")
def services() -> Services:
    return Services(services_text() + protocols_text())


class Desk:
    """Everything that `aim` needs, and what it told."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.resolve = Resolver()
        self.told: list[str] = []
        self.gathered: list[tuple[str, str | None, tuple[int, int] | None]] = []
        self.there = ["fe80::7", "2001:db8::7", "2001:db8::8"]

    def aim(self, *arguments: str, proto: str = "tcp") -> Aim:
        return aim(read(arguments), self.services, self.resolve, self.told.append, (proto,), self.gather)

    def gather(self, text: str, interface: str | None, inside: tuple[int, int] | None) -> list[int]:
        """Finds those who are `there`."""
        self.gathered.append((text, interface, inside))
        first, last = inside or (0, TOP)
        return [each for each in map(parse_ip, self.there) if first <= each <= last]

    def hosts(self, *arguments: str) -> list[str]:
        """The addresses that the arguments mean, with one port each."""
        space = self.aim("-p1", *arguments).spaces["tcp"]
        return space.host_at(np.arange(space.n_hosts)).text()

    def refusal(self, *arguments: str, proto: str = "tcp") -> str:
        with pytest.raises(UsageError) as caught:
            self.aim(*arguments, proto=proto)
        assert str(caught.value).isprintable()
        return str(caught.value)


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


def standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="ascii"))


def probes(made: Aim) -> set[tuple[str, int]]:
    space = made.spaces["tcp"]
    addresses, ports = space.at(np.arange(space.size))
    return set(zip(addresses.text(), ports.tolist(), strict=True))


def test_every_kind_of_target_in_one_run(desk: Desk) -> None:
    found = desk.hosts(
        "198.18.0.1", "198.18.1.0/31", "198.18.2,3.9", "198.18.4.1-198.18.4.2", "2001:db8::/127", "one.example"
    )  # fmt: skip
    assert found == [
        "198.18.0.1", "198.18.1.0", "198.18.1.1", "198.18.2.9", "198.18.3.9", "198.18.4.1", "198.18.4.2",
        "2001:db8::", "2001:db8::1",
    ]  # fmt: skip


def test_overlaps_merge_and_nothing_is_probed_twice(desk: Desk) -> None:
    made = desk.aim("198.18.0.0/30", "198.18.0.1-198.18.0.5", "198.18.0.2:80", "one.example:443", "-p22,80")
    expected = {(f"198.18.0.{last}", port) for last in range(6) for port in (22, 80)}
    assert probes(made) == expected | {("198.18.0.1", 443)}
    assert made.spaces["tcp"].size == len(expected) + 1


def test_a_pair_of_host_and_port_is_asked_for_that_port_alone(desk: Desk) -> None:
    assert probes(desk.aim("198.18.0.9:8443", "[2001:db8::7]:22", "-F")) == {
        ("198.18.0.9", 8443),
        ("2001:db8::7", 22),
    }


def test_names_give_their_first_address_or_all(desk: Desk) -> None:
    assert desk.hosts("both.example") == ["198.18.0.2"]
    assert desk.hosts("both.example", "--resolve-all") == ["198.18.0.2", "198.18.0.3", "2001:db8::2"]
    assert desk.hosts("both.example", "-6") == ["2001:db8::2"]
    assert desk.resolve.asked == [
        ("both.example", None, False),
        ("both.example", None, True),
        ("both.example", 6, False),
    ]


def test_names_are_kept_with_their_addresses(desk: Desk) -> None:
    made = desk.aim("both.example", "one.example", "198.18.0.9", "--exclude", "198.18.0.1")
    assert made.names == (("both.example", parse_ip("198.18.0.2")),)


def test_a_name_with_a_prefix_is_the_network_around_it(desk: Desk) -> None:
    assert desk.hosts("both.example/30") == [f"198.18.0.{last}" for last in range(4)]


def test_a_dead_name_is_told_and_left_out(desk: Desk) -> None:
    assert desk.hosts("dead.example", "one.example") == ["198.18.0.1"]
    assert desk.told == ['target "dead.example": does not resolve: no such name; it is left out']
    assert desk.refusal("dead.example").startswith("nothing is left to probe")


def test_a_typo_is_told_before_any_name_is_asked_for(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "excludes").write_text("198.18.0.300\n")
    assert desk.refusal("one.example", "10.0.0.300") == 'target "10.0.0.300": octet 300 is over 255'
    assert desk.refusal("one.example", "-p", "70000") == '-p: port "70000": 70000 is over 65535'
    file = str(tmp_path / "excludes")
    assert desk.refusal("one.example", "--exclude", "one.example", "--exclude-file", file) == (
        f'--exclude-file {file}: target "198.18.0.300": octet 300 is over 255'
    )
    assert desk.resolve.asked == []


def test_lists_with_comments_and_any_line_ends(desk: Desk, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(
        b"\xef\xbb\xbf# all of ours\r\n198.18.0.7 # the router\r\n\r\n\t198.18.0.8 198.18.0.9\r\n"
    )
    second.write_text("2001:db8::9")
    found = desk.hosts("-iL", str(first), "198.18.0.1", "-iL", str(second))
    assert found == ["198.18.0.1", "198.18.0.7", "198.18.0.8", "198.18.0.9", "2001:db8::9"]


def test_a_list_on_standard_input(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, b"198.18.0.7 # \xc3\xbc\n")
    assert desk.hosts("-iL", "-") == ["198.18.0.7"]


def test_an_empty_list_on_standard_input(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, b"# nothing\n")
    assert desk.refusal("-iL", "-").startswith("no targets given")


def test_standard_input_is_read_once(desk: Desk) -> None:
    refusal = "standard input (-) can be read only once, for -iL or for --exclude-file"
    assert desk.refusal("-iL", "-", "--exclude-file", "-") == refusal
    assert desk.refusal("-iL", "-", "-iL", "-") == refusal


def test_lists_that_cannot_be_read(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.refusal("-iL", "/nowhere/list") == "-iL /nowhere/list: No such file or directory"
    assert desk.refusal("-iL", str(tmp_path)) == f"-iL {tmp_path}: Is a directory"
    (tmp_path / "binary").write_bytes(b"198.18.0.1\n\xff")
    assert desk.refusal("-iL", str(tmp_path / "binary")) == (
        f"-iL {tmp_path}/binary: this is not text (invalid start byte at byte 11)"
    )
    standard_input(monkeypatch, b"\xff")
    assert "this is not text" in desk.refusal("-iL", "-")
    (tmp_path / "typo").write_text("198.18.0.1\n198.18.0.0/40\n")
    assert desk.refusal("-iL", str(tmp_path / "typo")) == (
        f'-iL {tmp_path}/typo: target "198.18.0.0/40": prefix length /40 is over 32'
    )


def test_a_device_without_end_is_no_list(desk: Desk) -> None:
    for flag in ("-iL", "--exclude-file"):
        refusal = (
            f"{flag} /dev/zero: a word in it is longer than 4,096 characters, so it is no list of targets"
        )
        assert desk.refusal("198.18.0.1", flag, "/dev/zero") == refusal


def test_a_list_in_a_pipe(desk: Desk, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(b"198.18.0.7\n" * 20_000 + b"198.18.0.8",))
    writer.start()
    assert desk.hosts("-iL", str(pipe)) == ["198.18.0.7", "198.18.0.8"]
    writer.join()


def test_excludes_of_every_kind(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("both.example  # printers\n198.18.0.8/31\n")
    found = desk.hosts(
        "198.18.0.0/28", "2001:db8::/126",
        "--exclude", "198.18.0.0,198.18.0.4-198.18.0.5,2001:db8::1",
        "--exclude", "198.18.0.12,13,15",
        "--exclude-file", str(tmp_path / "file"),
    )  # fmt: skip
    left = [1, 6, 7, 10, 11, 14]
    assert found == [f"198.18.0.{last}" for last in left] + ["2001:db8::", "2001:db8::3"]
    assert desk.resolve.asked == [("both.example", None, True)]


def test_excluded_names_hold_with_all_their_addresses_whatever_the_family(desk: Desk) -> None:
    assert desk.hosts("198.18.0.0/30", "2001:db8::2", "-4", "--exclude", "both.example") == [
        "198.18.0.0",
        "198.18.0.1",
    ]


def test_an_excluded_name_that_does_not_resolve_stops_the_run(desk: Desk) -> None:
    assert desk.refusal("198.18.0.1", "--exclude", "dead.example") == (
        'exclude: target "dead.example": does not resolve: no such name; nothing is scanned while that is unknown'
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--exclude", ""], "--exclude: it is empty; leave it away if nothing is to be excluded"),
        (["--exclude", " ,"], "--exclude: it is empty; leave it away if nothing is to be excluded"),
        (["--exclude", "198.18.0.300"], '--exclude: target "198.18.0.300": octet 300 is over 255'),
        (
            ["--exclude", "198.18.0.1:80"],
            'exclude "198.18.0.1:80": an address is excluded whole; for ports use --exclude-ports',
        ),
        (
            ["--exclude", "198.18.0.0/24"],
            "nothing is left to probe: all targets are excluded, reserved or not found",
        ),
    ],
)
def test_wrong_excludes(desk: Desk, arguments: list[str], line: str) -> None:
    assert desk.refusal("198.18.0.1", *arguments) == line


def test_reserved_space_is_left_out_unless_named_exactly(desk: Desk) -> None:
    assert desk.refusal("240.0.0.0/28").startswith("nothing is left to probe")
    assert desk.hosts("240.0.0.1", "223.255.255.254-224.0.0.3") == [
        "223.255.255.254",
        "223.255.255.255",
        "240.0.0.1",
    ]
    assert desk.hosts("wide.example") == ["240.0.0.7"]
    assert desk.refusal("wide.example/30").startswith("nothing is left to probe")


def test_no_targets(desk: Desk) -> None:
    assert desk.refusal("-F") == (
        'no targets given; an address, range or name is needed, see "periplus scan --help"'
    )


def ports(desk: Desk, *arguments: str, proto: str = "tcp") -> tuple[int, ...]:
    return chosen_ports(given(*arguments), desk.services, desk.told.append, (proto,))[proto]


def given(*arguments: str) -> argparse.Namespace:
    return read(arguments)


def test_the_usual_ports(desk: Desk) -> None:
    usual, few, some = ports(desk), ports(desk, "-F"), ports(desk, "--top-ports", "20")
    assert (len(usual), len(few), len(some)) == (1000, 100, 20)
    assert set(some) < set(few) < set(usual)
    assert {22, 80, 443} < set(some)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-p", "22,80,20-23"], (20, 21, 22, 23, 80)),
        (["-p-"], tuple(range(1, 65536))),
        (["-p", "-"], tuple(range(1, 65536))),
        (["-p", "-3"], (1, 2, 3)),
        (["-p", "65534-"], (65534, 65535)),
        (["-p", "ssh,domain"], (22, 53)),
        (["-p", "T:22"], (22,)),
        (["-p", "1-6", "--exclude-ports", "2,3", "--exclude-ports", "-1,6"], (4, 5)),
    ],
)
def test_ports_as_users_write_them(desk: Desk, arguments: list[str], expected: tuple[int, ...]) -> None:
    assert ports(desk, *arguments) == expected
    assert desk.told == []


def test_port_0_is_asked_by_name_alone_and_that_is_said(desk: Desk) -> None:
    assert ports(desk, "-p", "0,22") == (0, 22)
    [line] = desk.told
    assert line.startswith("port 0 is asked since you named it")


def test_ports_of_other_protocols_are_told_and_left_out(desk: Desk) -> None:
    assert ports(desk, "-p", "U:53,T:22") == (22,)
    assert desk.told == ["the UDP ports in -p are left out: -sU scans them"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-p", "1,,2"], '-p: port "": an entry is empty'),
        (["-p", "nosuch"], '-p: port "nosuch": no service with such a name is known'),
        (["-p", "22", "-p", "80"], "-p is given twice; join the ports with a comma, as in -p 22,80"),
        (["-p", "U:53"], "-p U:53: no TCP ports in it, and TCP is to be scanned"),
        (["-p", "22", "--exclude-ports", "x y"], None),
        (
            ["-p", "22", "--exclude-ports", "22"],
            "no TCP ports are left to probe: --exclude-ports takes them all",
        ),
    ],
)
def test_wrong_ports(desk: Desk, arguments: list[str], line: str | None) -> None:
    refusal = desk.refusal("198.18.0.1", *arguments)
    assert refusal == line if line else refusal.startswith('--exclude-ports: port "x y"')


def test_more_common_ports_than_are_ranked(desk: Desk) -> None:
    assert desk.refusal("198.18.0.1", "--top-ports", "65535").startswith(
        "top ports 65535: the ranking holds "
    )


@pytest.mark.parametrize(
    ("texts", "ports"),
    [(None, set()), (["53"], {53}), (["U:53,T:80,1-99,http*,-5,[1-9],161"], {53, 80, 161})],
)
def test_ports_that_are_named_one_by_one(texts: list[str] | None, ports: set[int]) -> None:
    assert named_ports(texts) == ports


def test_excluded_ports_are_those_of_tcp(services: Services) -> None:
    given = read(["--exclude-ports", "22,http", "--exclude-ports", "U:53,T:8000-8001", "198.18.0.1"])
    assert excluded_ports(given, services) == {22, 80, 8000, 8001}
    assert excluded_ports(read(["198.18.0.1"]), services) == frozenset()


def test_every_protocol_has_ports_of_its_own(desk: Desk) -> None:
    made = aim(
        read(["198.18.0.1", "198.18.0.2:7", "-p", "9,T:80,U:53"]),
        desk.services,
        desk.resolve,
        desk.told.append,
        ("tcp", "udp", "sctp"),
        desk.gather,
    )
    assert made.ports == {"tcp": (9, 80), "udp": (9, 53), "sctp": (9,)}
    sizes = {proto: space.size for proto, space in made.spaces.items()}
    assert sizes == {"tcp": 3, "udp": 3, "sctp": 2}
    assert made.hosts.size == 2


def test_the_usual_ports_of_other_protocols(desk: Desk) -> None:
    protos = ("udp", "sctp")
    usual = chosen_ports(given(), desk.services, desk.told.append, protos)
    assert len(usual["udp"]) == 1000
    assert {53, 161, 123} < set(usual["udp"])
    assert usual["sctp"] == desk.services.known("sctp")
    few = chosen_ports(given("--top-ports", "3"), desk.services, desk.told.append, protos)
    assert len(few["udp"]) == 3
    with pytest.raises(UsageError, match="of UDP ports"):
        chosen_ports(given("--top-ports", "65535"), desk.services, desk.told.append, protos)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], tuple(range(256))),
        (["-p", "tcp,1-3"], (1, 2, 3, 6)),
        (["-p", "-", "--exclude-ports", "3-"], (0, 1, 2)),
    ],
)
def test_ports_of_the_protocol_scan_are_protocols(
    desk: Desk, arguments: list[str], expected: tuple[int, ...]
) -> None:
    assert ports(desk, "-sO", *arguments, proto="ip") == expected


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-F"], "-F and --top-ports rank ports; protocols have no ranking, so choose them with -p"),
        (["-p", "300"], '-p: protocol "300": 300 is over 255'),
        (
            ["-p", "6", "--exclude-ports", "tcp"],
            "no protocols are left to probe: --exclude-ports takes them all",
        ),
        (["-p", "6", "-p", "17"], "-p is given twice; join the ports with a comma, as in -p 6,17"),
        (["198.18.0.2:80"], 'target "198.18.0.2:80": protocols have no ports; name the host alone'),
    ],
)
def test_wrong_protocols(desk: Desk, arguments: list[str], line: str) -> None:
    assert desk.refusal("198.18.0.1", "-sO", *arguments, proto="ip") == line


def span(first: str, last: str) -> tuple[int, int]:
    return parse_ip(first), parse_ip(last)


def test_all_nodes_of_a_link_are_those_who_answer_there(desk: Desk) -> None:
    made = desk.aim("[ff02::1%eth0]:22", "198.18.0.1:80", "--exclude", "2001:db8::8%eth1")
    assert probes(made) == {("fe80::7", 22), ("2001:db8::7", 22), ("198.18.0.1", 80)}
    assert made.interface == "eth0"
    assert desk.gathered == [("[ff02::1%eth0]:22", "eth0", None)]


@pytest.mark.parametrize(
    "word", ["2001:db8::/64", "2001:db8::-2001:db8::ffff:ffff:ffff:ffff", "six.example/64"]
)
def test_a_wide_network_is_those_who_answer_in_it(
    desk: Desk, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NAMES, "six.example", ["2001:db8::99"])
    assert desk.hosts(word, "-e", "eth0") == ["2001:db8::7", "2001:db8::8"]
    assert desk.gathered == [(word, "eth0", span("2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"))]


def test_a_network_that_can_be_asked_one_by_one_is(desk: Desk) -> None:
    assert desk.aim("-p1", "2001:db8::/67").spaces["tcp"].n_hosts == 1 << 61
    assert desk.gathered == []


def test_what_is_found_is_asked_like_any_network(desk: Desk) -> None:
    """Reserved addresses stay out although nobody named a range."""
    desk.there += ["ff02::2", "::"]
    assert desk.hosts("ff02::1", "-e", "eth0") == ["2001:db8::7", "2001:db8::8", "fe80::7"]
    desk.there = []
    assert desk.refusal("ff02::1%eth0").startswith("nothing is left to probe")


def test_a_zone_is_the_interface_of_the_run(desk: Desk) -> None:
    assert desk.aim("fe80::1%eth0", "[fe80::2%eth0]:22", "198.18.0.1").interface == "eth0"
    assert desk.aim("fe80::1%eth0", "-e", "eth0").interface == "eth0"
    assert desk.aim("fe80::1", "-e", "eth0").interface == "eth0"
    assert desk.aim("198.18.0.1").interface is None
    assert desk.refusal("fe80::1%eth0", "-e", "eth1") == (
        'target "fe80::1%eth0": a run has one interface, and -e says eth1; scan them apart'
    )
    assert desk.refusal("fe80::1%eth0", "fe80::2%eth1") == (
        'target "fe80::2%eth1": a run has one interface, and "fe80::1%eth0" says eth0; scan them apart'
    )


@pytest.mark.parametrize("word", ["fe80::1", "[fe80::1]:22", "ff02::1", "fe80::/120", "fe80::/10"])
def test_what_every_link_has_needs_an_interface(desk: Desk, word: str) -> None:
    line = desk.refusal("one.example", word)
    assert line.startswith(f'target "{word}": every link has it; say which, as in ')
    assert ("%eth0" in line) == ("/" not in word)
    assert not desk.resolve.asked
    assert not desk.gathered


def test_listing_asks_no_link(desk: Desk) -> None:
    for word in ("ff02::1%eth0", "ff02::1", "2001:db8::/64"):
        assert desk.refusal("-sL", word) == (
            f'target "{word}": its hosts are found by asking them, and -sL sends nothing'
        )
    assert desk.hosts("-sL", "fe80::1") == ["fe80::1"]
    assert not desk.gathered


def test_whoever_wants_ipv4_alone_asks_no_link(desk: Desk) -> None:
    assert desk.hosts("-4", "ff02::1%eth0", "2001:db8::/64", "198.18.0.1") == ["198.18.0.1"]
    assert [line.partition(":")[0] for line in desk.told] == ['target "ff02', 'target "2001']
    assert desk.told[0].endswith("-4 wants none; it is left out")
    assert not desk.gathered

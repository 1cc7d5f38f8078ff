"""A scope before a run: what is refused and by which rule, what is left out, and what is sent then."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.test_aim import Resolver
from tests.wire.twins import number

from periplus.cli.aim import Aim, aim
from periplus.cli.commands.scan import main
from periplus.cli.options import read, timing
from periplus.cli.scoping import capped, gathered_within, over, read_scope, scope_for, within
from periplus.data import protocols_text, services_text
from periplus.engine.engine import Step
from periplus.errors import CannotScan, UsageError
from periplus.scan.config import ScanConfig
from periplus.scan.loop import Loop
from periplus.scan.open import Links, open_links
from periplus.space.scope import Scope
from periplus.space.services import Services

SERVICES = Services(services_text() + protocols_text())
NOW = datetime(2026, 11, 22, 12, 5, tzinfo=UTC).timestamp()
NETWORKS = 'networks = ["198.18.0.0/28", "2001:db8::/126", "127.0.0.1"]\n'
Write = Callable[[str], str]
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is five past noon."""
    monkeypatch.setattr("time.time", lambda: NOW)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the file that scans are given, and gives its name."""
    monkeypatch.chdir(tmp_path)

    def made(text: str) -> str:
        Path("lab.toml").write_text(text, encoding="utf-8")
        return "lab.toml"

    return made


class Desk:
    """From words to what may be asked, and what was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.gathered: list[str] = []

    def gather(self, text: str, interface: str | None, asked: tuple[int, int] | None) -> list[int]:
        """Three hosts of the link, of which two have addresses in the networks."""
        self.gathered.append(text)
        return [number(each) for each in ("fe80::1", "2001:db8::1", "2001:db8::2")]

    def within(self, scope: Scope, *words: str, protos: tuple[str, ...] = ("tcp",)) -> Aim:
        given = read(words)
        gather = gathered_within(self.gather, scope, self.told.append)
        aimed = aim(given, SERVICES, Resolver(), self.told.append, protos, gather)
        return within(aimed, given, scope, self.told.append)


def rules(write: Write, text: str = "") -> Scope:
    return read_scope(write(NETWORKS + text), SERVICES)


# hosts of a link that nobody listed


def test_a_link_is_asked_only_where_all_of_it_may_be(write: Write) -> None:
    desk = Desk()
    for word, told in (("ff02::1%eth0", "ff02::1"), ("2001:db8::/64", "the network")):
        with pytest.raises(UsageError, match=f"asks all hosts of a link, and {told} lies outside networks"):
            desk.within(rules(write), word)
    assert desk.gathered == []


def test_of_the_hosts_of_a_link_those_stay_that_may_be_asked(write: Write) -> None:
    desk = Desk()
    scope = read_scope(
        write('networks = ["2001:db8::/64", "ff02::1"]\nexcluded = ["2001:db8::2"]\n'), SERVICES
    )
    target = desk.within(scope, "ff02::1%eth0", "2001:db8::/64")
    assert target.hosts.ranges() == [(number("2001:db8::1"), number("2001:db8::1"))]
    assert desk.gathered == ["ff02::1%eth0", "2001:db8::/64"]
    assert "scope lab.toml: 2 addresses of ff02::1%eth0 may not be asked: left out" in desk.told


# what is refused


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["198.19.0.1"], '198.19.0.1 (target "198.19.0.1") lies outside networks'),
        (["198.18.0.0/27"], '198.18.0.16 (target "198.18.0.0/27") lies outside networks'),
        (
            ["198.18.0.1", "198.18.1.2-198.18.1.4"],
            '198.18.1.2 (target "198.18.1.2-198.18.1.4") lies outside networks',
        ),
        (["2001:db8::4"], '2001:db8::4 (target "2001:db8::4") lies outside networks'),
        (["wide.example"], '240.0.0.7 (target "wide.example") lies outside networks'),
        (["one.example/27"], '198.18.0.16 (target "one.example/27") lies outside networks'),
        (["198.18.0.13"], '198.18.0.13 (target "198.18.0.13") is in excluded'),
        (["198.18.0.13/32", "198.18.0.0/28"], '198.18.0.13 (target "198.18.0.13/32") is in excluded'),
        (["both.example"], '198.18.0.2 (target "both.example") is in excluded'),
        (["198.18.0.7:9100"], 'port 9100/tcp (target "198.18.0.7:9100") is not in ports'),
        (["198.18.0.7", "-p", "1024-1030"], "port 1025/tcp (-p) is not in ports"),
    ],
)
def test_what_the_user_named_and_may_not_have(words: list[str], line: str, write: Write) -> None:
    scope = rules(write, 'excluded = ["198.18.0.13", "198.18.0.2"]\nports = "1-1024"')
    with pytest.raises(UsageError, match=f"^{re.escape(f'scope lab.toml: {line}; nothing is sent')}$"):
        Desk().within(scope, *words)


def test_a_target_of_a_list_is_named(write: Write) -> None:
    scope = rules(write)
    Path("hosts.txt").write_text("198.18.0.1\n198.19.0.0/30\n", encoding="utf-8")
    with pytest.raises(
        UsageError, match=r'198\.19\.0\.0 \(target "198\.19\.0\.0/30"\) lies outside networks'
    ):
        Desk().within(scope, "-iL", "hosts.txt")


def test_each_protocol_has_its_ports(write: Write) -> None:
    scope = rules(write, 'ports = "T:80,U:53"')
    with pytest.raises(UsageError, match=r"port 80/udp \(-p\) is not in ports"):
        Desk().within(scope, "198.18.0.7", "-p80", protos=("tcp", "udp"))
    with pytest.raises(UsageError, match=r'port 53/tcp \(target "198\.18\.0\.7:53"\) is not in ports'):
        Desk().within(scope, "198.18.0.7:53", protos=("tcp", "udp"))
    with pytest.raises(UsageError, match="of the usual SCTP ports none is in ports; name ports with -p"):
        Desk().within(scope, "198.18.0.7", protos=("sctp",))


def test_of_protocols_only_icmp_where_ports_are_listed(write: Write) -> None:
    scope = rules(write, 'ports = "80"')
    for words in (["-sO"], ["-sO", "-p", "icmp,tcp"]):
        with pytest.raises(
            UsageError, match=r"IP protocol \d is not in ports, under which of protocols only ICMP"
        ):
            Desk().within(scope, "198.18.0.7", *words, protos=("ip",))
    left = Desk().within(scope, "198.18.0.7", "-sO", "-p", "icmp,ipv6-icmp", protos=("ip",))
    assert left.ports == {"ip": (1, 58)}
    assert len(Desk().within(rules(write), "198.18.0.7", "-sO", protos=("ip",)).ports["ip"]) == 256


def test_nothing_left(write: Write) -> None:
    scope = rules(write, 'excluded = ["198.18.0.0-198.18.0.7"]')
    with pytest.raises(UsageError, match="nothing is left to probe: all targets are in excluded"):
        Desk().within(scope, "198.18.0.4/30")


# what is left out


def test_the_excluded_part_of_a_network_is_left_out(write: Write) -> None:
    desk, scope = Desk(), rules(write, 'excluded = ["198.18.0.13", "198.18.0.2"]')
    left = desk.within(scope, "198.18.0.0/28", "2001:db8::1", "one.example/30", "-p22,80")
    assert desk.told == ["scope lab.toml: 2 addresses in excluded: left out"]
    assert left.hosts.size == left.spaces["tcp"].n_hosts == 15
    assert number("198.18.0.13") not in left.hosts
    assert left.names == (("one.example", number("198.18.0.1")),)
    assert left.ports == {"tcp": (22, 80)}


def test_usual_ports_that_are_not_listed_are_left_out(write: Write) -> None:
    desk, scope = Desk(), rules(write, 'ports = "1-80,443"')
    left = desk.within(scope, "198.18.0.7", "198.18.0.8:79", "-F")
    [line] = desk.told
    count = re.fullmatch(r"scope lab\.toml: (\d+) of the usual TCP ports are not in ports: left out", line)
    assert count
    assert int(count[1]) + len(left.ports["tcp"]) == 100
    assert set(left.ports["tcp"]) < {*range(1, 81), 443}
    assert [block.ports.tolist() for block in left.spaces["tcp"].blocks] == [list(left.ports["tcp"]), [79]]


def test_usual_ports_that_nobody_asks_for_are_not_told(write: Write) -> None:
    desk = Desk()
    left = desk.within(rules(write, 'ports = "79"'), "198.18.0.7:79")
    assert (desk.told, left.spaces["tcp"].size) == ([], 1)


def test_a_user_s_exclude_goes_before_the_scope_s(write: Write) -> None:
    desk, scope = Desk(), rules(write, 'excluded = ["198.18.0.13"]')
    left = desk.within(scope, "198.18.0.8/29", "--exclude", "198.18.0.13")
    assert (left.hosts.size, desk.told) == (7, [])


def test_what_is_left_lies_inside_by_columns_too(write: Write) -> None:
    scope = rules(write, 'excluded = ["198.18.0.5"]\nports = "T:1-100,U:53"')
    left = Desk().within(scope, "198.18.0.0/28", "2001:db8::/126", "-p", "T:7,9,U:53", protos=("tcp", "udp"))
    for proto, protocol in (("tcp", 6), ("udp", 17)):
        them, ports = left.spaces[proto].at(np.arange(left.spaces[proto].size))
        assert scope.allows(them, ports, np.full(len(ports), protocol, np.uint8)).all()


# rate and time


@pytest.mark.parametrize(
    ("words", "rate", "told"),
    [
        ([], 500.0, []),
        (["-T5"], 500.0, []),
        (["--max-rate", "100"], 100.0, []),
        (["--max-rate", "500"], 500.0, []),
        (["--max-rate", "800"], 500.0, ["scope lab.toml: --max-rate 800 is lowered to max_rate, 500"]),
        (["--min-rate", "500"], 500.0, []),
        (["--rate", "500"], 500.0, []),
    ],
)
def test_the_rate_is_a_ceiling(words: list[str], rate: float, told: list[str], write: Write) -> None:
    lines: list[str] = []
    given = read(words)
    assert capped(timing(given), given, rules(write, "max_rate = 500"), lines.append).max_rate == rate
    assert lines == told


def test_a_floor_over_the_ceiling_is_refused(write: Write) -> None:
    for option in ("--min-rate", "--rate"):
        given = read([option, "501"])
        with pytest.raises(UsageError, match=rf"^scope lab\.toml: {option} 501 is over max_rate, 500$"):
            capped(timing(given), given, rules(write, "max_rate = 500"), print)
    assert capped(timing(given), given, rules(write), print) == timing(given)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('hours = "22:00-06:00"', "outside hours 22:00-06:00 (UTC): it is 12:05 there; nothing is sent"),
        ("expires = 2026-11-21", "expired: expires is 2026-11-21; nothing is sent"),
    ],
)
def test_at_the_wrong_time_nothing_is_resolved_or_sent(text: str, line: str, write: Write) -> None:
    file = write(NETWORKS + text)
    with pytest.raises(CannotScan, match=f"^{re.escape(f'scope lab.toml: {line}')}$"):
        main(["-sT", "no-such-name.invalid", "--scope", file])
    assert scope_for(read(["--scope", file, "-sL"]), SERVICES) is not None


def test_when_it_is_over(write: Write) -> None:
    assert over(None) is None
    assert over(rules(write, 'hours = "12:00-12:06"')) is None
    assert over(rules(write, 'hours = "12:00-12:05"')) == "scope: the hours 12:00-12:05 (UTC) are over"


# files


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"networks = [", "no TOML: "),
        (b"networks = 1\nnetworks = 2", "no TOML: "),
        (b"max_rate = " + b"9" * 5_000, "no TOML: "),
        (b"networks = " + b"[" * 9_999, "no TOML: "),
        (b"\xff", "this is not text (invalid start byte at byte 0)"),
        (
            b'networks = ["198.18.0.7"]\ntimezone = "Mars/Olympus"',
            'timezone: this machine knows no time zone "Mars',
        ),
        (
            b'networks = ["198.18.0.7"]\ntimezone = "../etc/passwd"',
            "timezone: this machine knows no time zone",
        ),
    ],
)
def test_files_that_are_wrong(text: bytes, line: str, tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    file.write_bytes(text)
    with pytest.raises(UsageError) as caught:
        read_scope(str(file), SERVICES)
    assert str(caught.value).startswith(f"scope {file}: {line}")


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"^scope /nowhere/lab\.toml: No such file or directory$"):
        read_scope("/nowhere/lab.toml", SERVICES)


def test_a_file_that_never_ends() -> None:
    with pytest.raises(UsageError, match=r"^scope /dev/zero: it is larger than 64 MiB"):
        read_scope("/dev/zero", SERVICES)


def test_a_zone_that_the_machine_knows(write: Write) -> None:
    scope = rules(write, 'timezone = "Europe/Berlin"\nhours = "13:00-14:00"')
    assert scope.closed(NOW) is None


# the whole command, on the loopback


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listens on a port of the loopback."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        made.setblocking(False)
        yield made


def scan(*words: str) -> int:
    return main(["-sT", "-n", "-Pn", "127.0.0.1", *words])


def test_no_connect_reaches_a_port_outside(listener: socket.socket, write: Write) -> None:
    port = listener.getsockname()[1]
    file = write(f'{NETWORKS}ports = "{port + 1 if port < 65535 else 1}"')
    with pytest.raises(UsageError, match=rf"port {port}/tcp \(-p\) is not in ports"):
        scan("-p", str(port), "--scope", file)
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_nor_when_what_is_above_forgets_to_ask(
    listener: socket.socket, write: Write, monkeypatch: pytest.MonkeyPatch, capfd: Output
) -> None:
    monkeypatch.setattr("periplus.cli.scanning.within", lambda target, *_: target)
    port = listener.getsockname()[1]
    file = write(f'{NETWORKS}ports = "{port + 1 if port < 65535 else 1}"')
    assert scan("-p", str(port), "--scope", file) == 1
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert f"(the first: 127.0.0.1 port {port}/tcp)" in capfd.readouterr().err


def test_a_scan_inside_goes_as_usual(listener: socket.socket, write: Write, capfd: Output) -> None:
    port = listener.getsockname()[1]
    file = write(f'{NETWORKS}ports = "{port}"\ncontact = "soc@host.example"')
    assert scan("-p", str(port), "--scope", file, "-v", "-oJ", "run.json") == 0
    shown = capfd.readouterr()
    assert f"{port}/tcp open" in shown.out
    assert "Contact: soc@host.example\n" in shown.out
    first = json.loads(Path("run.json").read_text(encoding="utf-8").splitlines()[0])
    assert first["contact"] == "soc@host.example"
    listener.accept()[0].close()


def test_when_the_hours_end_the_run_ends_with_what_was_found(
    listener: socket.socket, write: Write, monkeypatch: pytest.MonkeyPatch, capfd: Output
) -> None:
    """The hour is over as soon as a port is found open; most of the others have not been asked then."""
    port = listener.getsockname()[1]
    file = write(f'{NETWORKS}hours = "12:00-12:06"')
    finding = Loop._hand_over
    found: list[int] = []  # this machine may have other servers among these ports

    def late(loop: Loop, each: Any, step: Step, now_us: int) -> None:
        finding(loop, each, step, now_us)
        if step.findings:
            found.append(sum(len(each.host) for each in step.findings))
            monkeypatch.setattr("time.time", lambda: NOW + 60)

    monkeypatch.setattr(Loop, "_hand_over", late)
    assert (
        scan("-p", f"{port},1-200", "--max-rate", "200", "--seed", "7", "--scope", file, "-oJ", "run.json")
        == 1
    )
    shown = capfd.readouterr()
    assert "periplus: scope: the hours 12:00-12:06 (UTC) are over" in shown.err
    rows = [json.loads(line) for line in Path("run.json").read_text(encoding="utf-8").splitlines()]
    assert (rows[-1]["exit"], rows[-1]["message"]) == (
        "interrupted",
        "scope: the hours 12:00-12:06 (UTC) are over",
    )
    assert len([row for row in rows if row["type"] == "port" and row["state"] == "open"]) == sum(found) > 0


def test_the_guard_knows_the_scope(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Scope | None] = []

    def opened(config: ScanConfig, *rest: Any, **others: Any) -> Links:
        given.append(config.scope)
        return open_links(config, *rest, **others)

    monkeypatch.setattr("periplus.cli.scanning.open_links", opened)
    assert scan("-p", "1", "--scope", write(NETWORKS)) == 0
    assert [scope.file if scope else None for scope in given] == ["lab.toml"]

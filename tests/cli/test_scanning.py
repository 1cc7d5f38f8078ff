"""``periplus scan`` as its users meet it, on the loopback and with ordinary sockets: no privilege is needed here."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.result.examples import Memory
from tests.scan.name_server import NameServer

from periplus.cli.commands.scan import main
from periplus.cli.options import read
from periplus.cli.progress import Progress
from periplus.cli.scanning import _Show, _stopping, _tarpits
from periplus.cli.scanning import scan as command_scan
from periplus.cli.shaping import Manner
from periplus.data import services_text
from periplus.errors import CannotScan, UsageError
from periplus.result.formats import formats
from periplus.result.row import PortRow
from periplus.result.writer import Options, Writers
from periplus.scan.names import ReverseNames, Servers
from periplus.scan.naming import Naming
from periplus.scan.recess import OpenHours, PausingClock, Recess
from periplus.scan.vendor import Vendors
from periplus.space.services import Services
from periplus.technique.catalogue import by_name
from periplus.technique.verdict import Reason, State
from periplus.transport.routes import UNCHOSEN
from periplus.wire.shape import PLAIN

SOURCE = Path(__file__).parents[2] / "src"
ENVIRONMENT = {"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"]}
HOST = "127.0.0.1"
Output = pytest.CaptureFixture[str]


@pytest.fixture
def open_port() -> Iterator[int]:
    """A port of the loopback on which somebody listens."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen(64)
        port: int = listener.getsockname()[1]
        yield port


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of the loopback that is taken, so that nobody else comes to listen on it."""
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        port: int = holder.getsockname()[1]
        yield port


def scan(*arguments: str) -> int:
    return main(["-sT", "-n", *arguments])


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "periplus", "scan", "-n", *arguments]


@contextmanager
def started(arguments: list[str], stdout: int) -> Iterator["subprocess.Popen[str]"]:
    """A process that does not outlive the test, whatever goes wrong."""
    with subprocess.Popen(
        arguments, stdout=stdout, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_table_on_the_terminal(open_port: int, closed_port: int, capfd: Output) -> None:
    assert scan(HOST, "-p", f"{open_port},{closed_port}") == 0
    shown = capfd.readouterr()
    lines = [line.split() for line in shown.out.splitlines()]
    assert lines[0][:2] == ["Starting", "Periplus"]
    assert [f"{open_port}/tcp", "open"] in [line[:2] for line in lines]
    assert [f"{closed_port}/tcp", "closed"] in [line[:2] for line in lines]
    assert "Periplus done: 1 IP address (1 host up) scanned in" in shown.out
    assert shown.err == ""


def test_reasons_and_only_open_ports(open_port: int, closed_port: int, capfd: Output) -> None:
    assert scan(HOST, "-p", f"{open_port},{closed_port}", "--reason", "--open") == 0
    shown = capfd.readouterr().out
    assert "Host is up, received " in shown
    assert f"{closed_port}/tcp" not in shown
    [row] = [line for line in shown.splitlines() if line.startswith(f"{open_port}/tcp")]
    assert row.endswith("syn-ack")


def test_v_names_ports_as_they_are_found(open_port: int, capfd: Output) -> None:
    assert scan("-vv", HOST, "-p", str(open_port)) == 0
    shown = capfd.readouterr()
    assert shown.err == f"Discovered open port {open_port}/tcp on {HOST}\n"
    assert " REASON" in shown.out


def test_every_format_at_once(open_port: int, tmp_path: Path, capfd: Output) -> None:
    base, table, lines = tmp_path / "base", tmp_path / "rows.csv", tmp_path / "rows.json"
    assert scan(HOST, "-p", str(open_port), "-oA", str(base), "--csv", str(table), "-oJ", str(lines)) == 0
    assert "PORT" in capfd.readouterr().out
    assert f"{open_port}/tcp open" in (tmp_path / "base.nmap").read_text()
    assert f"Ports: {open_port}/open/tcp//" in (tmp_path / "base.gnmap").read_text()
    assert f'portid="{open_port}"><state state="open" reason="syn-ack"' in (tmp_path / "base.xml").read_text()
    assert f"{HOST},,tcp,{open_port},open,syn-ack" in table.read_text()
    assert [row["type"] for row in rows(lines)] == ["run", "port", "host", "summary"]


@pytest.mark.parametrize(
    ("flag", "first"),
    [
        ("-oN", "# Periplus "),
        ("-oX", "<?xml "),
        ("-oG", "# Periplus "),
        ("-oJ", '{"type":"run"'),
        ("--csv", "addr,"),
    ],
)
def test_a_format_on_standard_output_takes_the_table_s_place(
    flag: str, first: str, closed_port: int, capfd: Output
) -> None:
    assert scan(HOST, "-p", str(closed_port), flag, "-") == 0
    shown = capfd.readouterr()
    assert shown.out.startswith(first)
    assert "Starting Periplus" not in shown.out
    assert shown.err == ""


def test_names_come_from_the_servers_that_are_named(
    closed_port: int, capfd: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    reverse: list[Servers | None] = []

    def names(servers: Servers | None) -> ReverseNames:
        reverse.append(servers)
        return ReverseNames(servers)

    monkeypatch.setattr("periplus.cli.scanning.ReverseNames", names)
    with NameServer({("here.example.", "A"): [HOST]}) as server:
        host, port = server.address
        assert main(["-sT", "here.example", "-p", str(closed_port), "--dns-servers", f"{host}:{port}"]) == 0
        assert reverse == [(server.address,)]
        assert server.asked == [("here.example.", "A")]
    assert f"Periplus scan report for here.example ({HOST})\n" in capfd.readouterr().out


def test_reports_get_their_vendors(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Vendors | None] = []

    def naming(reverse: bool | None, names: ReverseNames | None, vendors: Vendors | None) -> Naming:
        given.append(vendors)
        return Naming(reverse, names, vendors)

    monkeypatch.setattr("periplus.cli.scanning.Naming", naming)
    assert scan(HOST, "-p", str(closed_port)) == 0
    assert [type(each) for each in given] == [Vendors]


def test_a_wrong_name_server_is_a_mistake_in_one_line() -> None:
    with pytest.raises(
        UsageError, match=r'^--dns-servers: "dns\.example" is no address of a name server; write '
    ):
        scan(HOST, "--dns-servers", "198.18.0.53,dns.example")


def test_the_run_can_be_repeated_from_its_row(closed_port: int, tmp_path: Path, capfd: Output) -> None:
    file = tmp_path / "rows.json"
    assert scan(HOST, "-p", str(closed_port), "--seed", "7", "-oJ", str(file)) == 0
    begin = rows(file)[0]
    assert begin["arguments"] == [
        "scan",
        "-sT",
        "-n",
        HOST,
        "-p",
        str(closed_port),
        "--seed",
        "7",
        "-oJ",
        str(file),
    ]
    assert begin["seed"] == 7
    assert begin["scans"] == [{"technique": "connect", "proto": "tcp", "ports": str(closed_port)}]
    assert scan(HOST, "-p", str(closed_port), "-oG", "-") == 0
    assert f"as: periplus scan -sT -n {HOST} -p {closed_port} -oG -" in capfd.readouterr().out


def test_all_states_row_by_row(tmp_path: Path, capfd: Output) -> None:
    file = tmp_path / "rows.json"
    assert scan(HOST, "-F", "--all-states", "-oJ", str(file)) == 0
    ports = [row for row in rows(file) if row["type"] == "port"]
    assert len({row["port"] for row in ports}) == 100
    assert "Not shown: " in capfd.readouterr().out


def test_both_families_in_one_run(capfd: Output) -> None:
    assert scan("::1", HOST, "-p", "1", "-oG", "-") == 0
    shown = capfd.readouterr().out
    assert f"Host: {HOST} ()" in shown
    assert "Host: ::1 ()" in shown


def test_a_list_on_standard_input() -> None:
    done = subprocess.run(
        command("-sT", "-p1", "-iL", "-", "-oG", "-"),
        input=f"# the loopback\n{HOST}\n",
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        timeout=60,
        check=True,
    )
    assert f"Host: {HOST} ()\tStatus: Up" in done.stdout


def test_pn_is_accepted(closed_port: int, capfd: Output) -> None:
    assert scan("-Pn", "-T4", HOST, "-p", str(closed_port)) == 0
    assert "1 host up" in capfd.readouterr().out


@pytest.mark.parametrize("flag", ["-sn", "-sL"])
@pytest.mark.parametrize("technique", ["-sS", "-sT", "-sU"])
def test_what_scans_no_ports_takes_no_technique(flag: str, technique: str) -> None:
    with pytest.raises(UsageError, match=f"^{flag} scans no ports, and {technique} does: only one of them$"):
        main(["-n", flag, technique, HOST])


def test_a_list_names_all_targets_and_sends_nothing(tmp_path: Path, capfd: Output) -> None:
    """Nobody could send anything to these."""
    file = tmp_path / "rows.json"
    assert main(["-n", "-sL", "198.18.0.0/30", "2001:db8::7", "-oJ", str(file)]) == 0
    told = rows(file)
    assert [row["type"] for row in told] == ["run", *["host"] * 5, "summary"]
    assert [row["addr"] for row in told[1:-1]] == [*(f"198.18.0.{last}" for last in range(4)), "2001:db8::7"]
    assert all(row["listed"] and not row["up"] for row in told[1:-1])
    assert (told[-1]["probes"], told[-1]["hosts"], told[0]["scans"]) == (0, 5, [])
    assert capfd.readouterr().out.count("Periplus scan report for ") == 5


def test_the_default_technique_is_told_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, closed_port: int, capfd: Output
) -> None:
    monkeypatch.setattr("periplus.cli.commands.scan.can_send_raw", lambda: False)
    assert main(["-n", HOST, "-p", str(closed_port)]) == 0
    line = "Connect scan: no privilege for raw packets (CAP_NET_RAW), which -sS needs\n"
    assert capfd.readouterr().err == line


def test_traceroute_without_the_privilege(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("periplus.cli.commands.scan.can_send_raw", lambda: False)
    with pytest.raises(CannotScan, match="--traceroute sends raw packets, and this process may not"):
        main(["-n", "--traceroute", HOST, "-oX", str(tmp_path / "out.xml")])
    assert list(tmp_path.iterdir()) == []


def test_traceroute_with_ordinary_sockets_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="--traceroute needs raw packets, which -sT does not send"):
        scan("--traceroute", HOST)


def test_raw_packets_without_the_privilege(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("periplus.cli.commands.scan.can_send_raw", lambda: False)
    with pytest.raises(CannotScan, match="run it as root, give it CAP_NET_RAW, or use -sT"):
        main(["-n", "-sS", HOST, "-oX", str(tmp_path / "out.xml")])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["-T9"],
        ["--min-rate", "9", "--max-rate", "1"],
        ["-oX", "/nowhere/x"],
        ["-oX", "/"],
        ["-p", "0-x"],
        ["--defeat-icmp-ratelimit"],
    ],
)
def test_wrong_usage_is_told_before_anything_else(arguments: list[str], capfd: Output) -> None:
    with pytest.raises(UsageError) as caught:
        main(["-n", HOST, *arguments])
    assert str(caught.value).isprintable()
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "")


@pytest.mark.parametrize(
    ("names", "hunted"),
    [(["syn"], True), (["connect"], True), (["ack", "udp"], False), (["udp", "syn"], True)],
)
def test_only_what_opens_by_handshakes_looks_for_tarpits(names: list[str], hunted: bool) -> None:
    how = Manner(tuple(map(by_name, names)), PLAIN, UNCHOSEN, None, None)
    given = read(["--exclude-ports", "22,80", "--show-tarpits", HOST])
    found = _tarpits(given, how, Services(services_text()))
    assert (found is not None) is hunted
    if found is not None:
        assert (found.shown, set(found.barred)) == (True, {22, 80})
        assert found.likely[0] == 80
        assert not _tarpits_shown([HOST])


def _tarpits_shown(arguments: list[str]) -> bool:
    how = Manner((by_name("syn"),), PLAIN, UNCHOSEN, None, None)
    found = _tarpits(read(arguments), how, Services(services_text()))
    assert found is not None
    return found.shown


def test_a_full_disk_costs_that_file_alone(open_port: int, tmp_path: Path, capfd: Output) -> None:
    good = tmp_path / "rows.json"
    assert scan(HOST, "-p", str(open_port), "--csv", "/dev/full", "-oJ", str(good)) == 1
    assert capfd.readouterr().err == "cannot write /dev/full: No space left on device; it ends here\n"
    assert rows(good)[-1]["exit"] == "success"


def test_nobody_reads_any_more_so_the_scan_ends() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with started(
        command("-sT", "-p-", "--max-rate", "10", HOST),  # would take nearly two hours
        stdout=writer,
    ) as process:
        os.close(writer)
        said = process.communicate(timeout=60)[1]
    assert (process.returncode, said) == (1, "cannot write standard output: Broken pipe; it ends here\n")


# hours


class Calendar:
    """Tells noon for `open_first` looks, then midnight for ten, then noon."""

    def __init__(self, open_first: int) -> None:
        self.looks = 0
        self.open_first = open_first

    def recess(self, hours: OpenHours, clock: PausingClock, *, tell: Callable[[str], None]) -> Recess:
        return Recess(hours, clock, self.epoch_s, lambda seconds: None, tell)

    def epoch_s(self) -> float:
        self.looks += 1
        shut = self.open_first < self.looks <= self.open_first + 10
        return 0.0 if shut else 43_200.0


@pytest.mark.parametrize("open_first", [0, 1, 3, 5])
def test_a_scan_rests_and_goes_on(
    open_first: int, open_port: int, tmp_path: Path, capfd: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar, file = Calendar(open_first), tmp_path / "rows.json"
    monkeypatch.setattr("periplus.scan.recess.Recess", calendar.recess)
    ports = f"{open_port},1-900"
    assert scan(HOST, "-Pn", "-p", ports, "--hours", "06:00-18:00@UTC", "--all-states", "-oJ", str(file)) == 0
    told = [line.rpartition("UTC): ")[2] for line in capfd.readouterr().err.splitlines()]
    assert told == ["paused until 06:00", "going on"]
    found = {row["port"]: row["state"] for row in rows(file) if row["type"] == "port"}
    assert set(found) == {open_port, *range(1, 901)}
    assert set(found.values()) <= {"open", "closed"}
    assert found[open_port] == "open"


def test_who_waits_for_the_hours_can_be_interrupted(tmp_path: Path) -> None:
    file, now = tmp_path / "rows.json", datetime.now(UTC)
    later = now + timedelta(hours=2)
    hours = f"{later:%H}:00-{later:%H}:01@UTC"
    with started(command("-sT", HOST, "--hours", hours, "-oJ", str(file)), subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert said == f"--hours {hours.partition('@')[0]} (UTC): paused until {later:%H}:00\n"
    assert process.returncode == 130
    [begin, end] = rows(file)
    assert (begin["type"], end["exit"], end["probes"]) == ("run", "interrupted", 0)


def test_hosts_of_a_link_are_asked_for_within_the_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    calendar = Calendar(0)

    class Calls:
        """Nobody is there."""

        def __init__(self, *_: object) -> None:
            order.append(f"asked after {calendar.looks} looks")

        def __call__(self, text: str, interface: str | None, inside: object) -> list[int]:
            return []

    monkeypatch.setattr("periplus.scan.recess.Recess", calendar.recess)
    monkeypatch.setattr("periplus.scan.rollcall.RollCalls", Calls)
    with pytest.raises(UsageError, match="nothing is left to probe"):
        command_scan(["ff02::1%lo", "--hours", "06:00-18:00@UTC"], True, None)
    assert order == ["asked after 11 looks"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_keeps_what_was_found(number: int, open_port: int, tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    slow = command(
        "-sT", "-v", f"{HOST}:{open_port}", "::1", "-p", "1-20000", "--scan-delay", "500ms", "-oJ", str(file)
    )  # fmt: skip
    with started(
        slow,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        process.send_signal(number)
        out = process.communicate(timeout=60)[0]
    assert said == f"Discovered open port {open_port}/tcp on {HOST}\n"
    assert process.returncode == 130
    assert f"{open_port}/tcp open" in out
    assert "Periplus stopped: 2 IP addresses (" in out
    told = rows(file)
    assert [row["port"] for row in told if row["type"] == "port" and row["state"] == "open"] == [open_port]
    assert [row["type"] for row in told][-2:] == ["host", "summary"]
    assert told[-1]["exit"] == "interrupted"


def test_who_shall_outlive_the_terminal_does() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with _stopping() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert not stop.asked
    finally:
        signal.signal(signal.SIGHUP, before)


HEAVY = (
    "rich", "dns", "pyroute2", "asyncio", "ssl", "xml", "scapy", "cryptography", "periplus.scan.rollcall",
    "periplus.wire.rollcall", "periplus.result.csv", "periplus.result.grepable", "periplus.result.xml",
    "periplus.result.joined", "periplus.result.explain", "periplus.result.os", "periplus.result.tls",
    "periplus.scan.doubts", "periplus.scan.firsthop", "periplus.transport.ask",
)  # fmt: skip


def test_a_small_scan_imports_nothing_that_it_does_not_use() -> None:
    script = (
        "import sys; from periplus.cli.main import main; "
        "main(['scan', '-sT', '-n', '-p1', '127.0.0.1', '-oJ', '/dev/null']); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        timeout=60,
        check=True,
    )
    assert done.stderr == "[]\n"


def test_without_raw_packets_no_link_is_asked() -> None:
    for word in ("ff02::1%lo", "2001:db8::/64"):
        with pytest.raises(CannotScan) as caught:
            command_scan(["-n", word], raw=False, scout=None)
        assert str(caught.value).startswith(f'target "{word}": its hosts are found by raw packets')
        assert "CAP_NET_RAW" in str(caught.value)


@pytest.mark.parametrize(("flag", "verbose", "heard"), [("-oG", 0, 0), ("-oG", 1, 1), ("-oJ", 0, 1)])
def test_a_finding_is_made_only_when_somebody_hears_it(flag: str, verbose: int, heard: int) -> None:
    made = []

    def rows() -> Iterator[PortRow]:
        made.append(1)
        yield PortRow(HOST, "tcp", 22, State.OPEN, Reason.SYN_ACK, 1, 0.0)

    [format_] = [each for each in formats() if each.flag == flag]
    sink, log = Memory(), StringIO()
    options = Options(Services(services_text()), verbose=verbose)
    show = _Show(Writers([("file", format_.factory(sink, options))], print), Progress(log, verbose))
    show.findings(rows())
    assert len(made) == heard
    assert ("Discovered open port 22/tcp" in log.getvalue()) == bool(verbose)
    assert ('"port":22' in sink.text) == (flag == "-oJ")

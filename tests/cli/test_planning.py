"""Dry runs: what is said, and that nothing whatever is sent."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Any, NoReturn, Self

import jsonschema
import pytest
from tests.cli.sealed import refused, seal
from tests.scan.runs import PATHS

from periplus.cli.commands.scan import main
from periplus.cli.scanning import scan as command_scan
from periplus.data import HERE
from periplus.errors import CannotScan, UsageError
from periplus.space.ip import V4_BASE
from periplus.transport.routes import Path, Via

NOW = datetime(2026, 11, 22, 12, 5, tzinfo=UTC).timestamp()
MANY = "9.0.0.0/16"  # public, and times a thousand ports more than 2^24
Output = pytest.CaptureFixture[str]


class Table:
    """Routes: those of the tests, and for the rest a router."""

    known = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to give back."""

    def use(self, via: Via, families: tuple[int, ...]) -> None:
        """Any way will do."""

    def paths(self, ranges: list[tuple[int, int]]) -> list[Path]:
        rest = Path(V4_BASE, V4_BASE + (1 << 30), PATHS[3].lane, PATHS[3].gateway)
        return [
            path
            for path in [rest, *PATHS]
            if any(first <= path.last and path.first <= last for first, last in ranges)
        ]

    def neighbours(self, ifindex: int) -> dict[int, bytes]:
        return {PATHS[3].gateway or 0: bytes(6), PATHS[5].gateway or 0: bytes(6)} if self.known else {}


@pytest.fixture(autouse=True)
def sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever could send ends the test, and it is five past noon."""
    seal(monkeypatch)
    monkeypatch.setattr("periplus.scan.rollcall.RollCalls", refused)
    monkeypatch.setattr("periplus.transport.packet.PacketTransport", refused)
    monkeypatch.setattr("periplus.transport.routes.Routes", Table)
    monkeypatch.setattr("time.time", lambda: NOW)


def scan(*arguments: str, raw: bool = True) -> int:
    return command_scan(list(arguments), raw, None)


def plan(capfd: Output, *arguments: str, raw: bool = True) -> dict[str, Any]:
    assert scan("--dry-run", "-oJ", "-", *arguments, raw=raw) == 0
    row: dict[str, Any] = json.loads(capfd.readouterr().out)
    schema = json.loads((HERE / "ndjson.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(row, schema)
    return row


def figures(plan: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {each["stage"]: (each["targets"], each["first"]["packets"]) for each in plan["stages"]}


def test_the_plan_as_text(capfd: Output) -> None:
    assert scan("--dry-run", "198.18.0.0/24", "198.19.5.0/24", "-p1-100", "--max-rate", "1000") == 0
    shown = capfd.readouterr()
    assert shown.err == ""
    assert shown.out == (
        "Plan of a scan of 512 addresses. Nothing was sent.\n\n"
        "STAGE                  TARGETS  EACH  PROBES  PACKETS      BYTES\n"
        "Addresses on the link      257     1     257      257     10,794\n"
        "Host discovery             256     4   1,024    1,024     55,296\n"
        "SYN scan                   512   100  51,200   51,200  2,969,600\n"
        "Every question once                   52,481   52,481  3,035,690\n\n"
        "SO MUCH IS SENT                                     PROBES  PACKETS       BYTES\n"
        "if every host is up and every port answers          52,481   52,481   3,035,690\n"
        "if every host is up and no port answers (2 tries)  105,219  105,219   6,082,174\n"
        "if no host is up: no ports are asked                 2,819    2,819     142,974\n"
        "at most (11 tries of everything)                   575,235  575,235  33,306,238\n\n"
        "Time: 53 s at 1,000 probes a second (--max-rate 1000) if every port answers, 1 min 46 s at 1,000 if no "
        "port does\n"
        "Busiest network: 198.19.5.0/24 gets 26,624 packets, at most 292,864; 507 a second at the higher rate, as "
        "hosts are asked in random order\n"
        "Privileges: CAP_NET_RAW, which this process has\n"
        "Note: while probes leave 1 gateway is asked in between, at most 5 times a second each: 527 questions more "
        "at most, if no port answers\n"
    )


def test_the_plan_as_json(capfd: Output) -> None:
    row = plan(capfd, "198.19.0.7", "-Pn", "-sS", "-sU", "-p", "T:80,443,U:53")
    assert (row["type"], row["targets"], row["left_out"], row["notes"]) == ("plan", 1, 0, [])
    assert row["arguments"][:4] == ["scan", "--dry-run", "-oJ", "-"]
    assert [(each["technique"], each["ports"]) for each in row["scans"]] == [("syn", "80,443"), ("udp", "53")]
    assert figures(row)["syn"] == (1, 2)
    assert row["privileges"] == {"needed": ["CAP_NET_RAW"], "raw_allowed": True}
    assert row["busiest"]["network"] == "198.19.0.0/24"
    assert (row["time"]["ceiling"], "none_up" in row) == ("assumed", False)


def test_a_router_that_the_system_knows_is_not_asked_for(
    capfd: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "link" in figures(plan(capfd, "198.19.0.7", "-p1"))
    monkeypatch.setattr(Table, "known", True)
    assert "link" not in figures(plan(capfd, "198.19.0.7", "-p1"))


def test_what_is_sent_besides_is_told(capfd: Output) -> None:
    """Gateways are not asked in short scans, nor without the privilege; how many ports are open is not known."""
    assert plan(capfd, "198.19.0.7", "-p1-900")["notes"] == []
    [gateways] = plan(capfd, "198.19.0.7", "-p1-1000")["notes"]
    assert "5 questions more" in gateways
    assert plan(capfd, "198.19.0.7", "-p1-1000", raw=False)["notes"] == []
    assert plan(capfd, "198.19.0.7", "-p1", "-sV")["notes"] == [
        "ports that are found open are asked who answers there, by connections that are not counted above"
    ]


def test_a_lower_rate_makes_it_longer_and_ballast_larger(capfd: Output) -> None:
    quick = plan(capfd, "198.19.0.0/24", "--max-rate", "100")
    slow = plan(capfd, "198.19.0.0/24", "--max-rate", "10", "--data-length", "50", "-f")
    assert quick["time"]["quick_s"] == pytest.approx(quick["first"]["packets"] / 100)
    assert slow["time"]["quick_s"] == pytest.approx(slow["first"]["packets"] / 10)
    assert slow["first"]["probes"] == quick["first"]["probes"]
    assert slow["first"]["packets"] > 5 * quick["first"]["packets"]
    assert slow["first"]["bytes"] > quick["first"]["bytes"] + 50 * 256_000


def test_without_the_privilege_the_plan_is_of_connects(capfd: Output) -> None:
    row = plan(capfd, "198.19.0.7", "-p1", raw=False)
    assert [each["technique"] for each in row["scans"]] == ["connect"]
    assert row["privileges"] == {"needed": [], "raw_allowed": False}
    assert scan("--dry-run", "198.19.0.7", raw=False) == 0
    assert "Privileges: none\n" in capfd.readouterr().out


@pytest.mark.parametrize("asked", [["-sS"], ["-sU"], ["-sO"], ["--traceroute"], ["-O"], ["-PE"]])
def test_what_needs_the_privilege_is_planned_all_the_same(asked: list[str], capfd: Output) -> None:
    assert scan("--dry-run", "198.19.0.7", *asked, raw=False) == 0
    assert "Privileges: CAP_NET_RAW, which this process does not have\n" in capfd.readouterr().out


def test_names_are_resolved_and_nobody_is_asked_for_reverse_names(capfd: Output) -> None:
    assert plan(capfd, "localhost", "-R", "-p1")["targets"] == 1


def test_hosts_that_answer_for_themselves_cannot_be_planned() -> None:
    with pytest.raises(UsageError, match="its hosts are found by asking them, and --dry-run sends nothing"):
        scan("--dry-run", "ff02::1%eth0")
    with pytest.raises(UsageError, match="only one of them"):
        scan("--dry-run", "-sL", "198.18.0.7")


def test_no_way_at_all_is_told() -> None:
    with pytest.raises(CannotScan, match="no way to the targets"):
        scan("--dry-run", "2001:db8:2::7", raw=True)


def test_files_stay_as_they_are(tmp_path: File, capfd: Output) -> None:
    old = tmp_path / "old.json"
    old.write_text("old", encoding="utf-8")
    base = str(tmp_path / "base")
    assert scan("--dry-run", "198.18.0.7", "-p1", "-oJ", str(old), "-oA", base) == 0
    shown = capfd.readouterr()
    assert shown.out.startswith("Plan of a scan of 1 address.")
    assert shown.err.startswith(f"--dry-run writes standard output alone: {old}, ")
    assert [each.name for each in tmp_path.iterdir()] == ["old.json"]
    assert old.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("flag", ["-oN", "-oX", "-oG", "--csv"])
def test_a_form_that_holds_no_plan_is_refused_on_standard_output(flag: str) -> None:
    with pytest.raises(
        UsageError, match=f"^{flag} -: --dry-run has no such form; use -oJ -, or leave it out$"
    ):
        scan("--dry-run", "198.18.0.7", flag, "-")


@pytest.mark.parametrize("words", [["0.0.0.0/0", "-p-"], ["10.0.0.0/8"], ["10.0.0.0/8", "-sU", "-p-"]])
def test_what_nobody_could_enumerate_is_counted(
    words: list[str], capfd: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def at(self: object, ranks: Any) -> NoReturn:
        sizes.append(len(ranks))
        raise AssertionError("addresses are enumerated")

    monkeypatch.setattr("periplus.space.ranges.AddressSpace.at", at)
    row = plan(capfd, *words)
    assert row["first"]["packets"] >= 1000 << 24
    assert sizes == []


# scope and hours


@pytest.fixture
def scope(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.chdir(tmp_path)

    def made(text: str) -> None:
        File("lab.toml").write_text(f'networks = ["198.19.0.0/24", "{MANY}"]\n{text}', encoding="utf-8")

    return made


def test_the_scope_s_rules_hold_for_the_plan(scope: Callable[[str], None], capfd: Output) -> None:
    scope('excluded = ["198.19.0.13"]\nports = "80,443"\nmax_rate = 10\n')
    row = plan(capfd, "--scope", "lab.toml", "198.19.0.0/28", "-Pn")
    assert (figures(row)["syn"], row["time"]["ceiling"]) == ((15, 30), "scope")
    with pytest.raises(UsageError, match="lies outside networks; nothing is sent"):
        scan("--dry-run", "--scope", "lab.toml", "198.19.1.7")


def test_a_plan_for_the_night_is_made_by_day(scope: Callable[[str], None], capfd: Output) -> None:
    scope('hours = "22:00-06:00"\n')
    row = plan(capfd, "--scope", "lab.toml", "--hours", "23:00-05:00@UTC", "198.19.0.7", "-p1")
    assert row["notes"] == [
        "scope lab.toml: outside hours 22:00-06:00 (UTC): it is 12:05 there; a run would not begin now",
        "--hours 23:00-05:00 (UTC): a run would wait until 23:00",
    ]
    assert plan(capfd, "--hours", "12:00-13:00@UTC", "198.19.0.7", "-p1")["notes"] == []


def test_the_command_plans_too(capfd: Output) -> None:
    assert main(["--dry-run", "-sT", "-Pn", "198.18.0.7", "-p1"]) == 0
    assert "Connect scan" in capfd.readouterr().out


def test_a_dry_run_says_that_the_run_would_want_it(capfd: Output) -> None:
    note, gateways = plan(capfd, MANY)["notes"]
    assert note.startswith(
        "a scan sends 65,798,144 probes to 65,536 public addresses, more than 16,777,216: if "
    )
    assert plan(capfd, MANY, "--yes")["notes"] == [gateways]

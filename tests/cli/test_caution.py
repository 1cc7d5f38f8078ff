"""The word that large scans to public addresses want, and what a dry run plans with. Nothing is sent here."""

from pathlib import Path

import pytest
from tests.cli.sealed import seal

from periplus.cli.caution import planned_raw
from periplus.cli.main import main as program
from periplus.cli.options import read
from periplus.cli.scanning import scan as command_scan
from periplus.errors import UsageError

MANY = "9.0.0.0/16"  # public, and times a thousand ports more than 2^24
WANTED = (
    "a scan sends {:,} probes to {:,} public addresses, more than 16,777,216: if you may, say --yes, or say "
)
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes before anything could be sent ends the test."""
    seal(monkeypatch)


def scan(*arguments: str) -> int:
    return command_scan(list(arguments), True, None)


@pytest.mark.parametrize("asked", [["-sS"], ["-sU"], ["-sO"], ["--traceroute"], ["-O"], ["-PE"]])
def test_only_dry_runs_plan_with_what_this_process_may_not(asked: list[str]) -> None:
    assert not planned_raw(read(["198.18.0.7", *asked]), raw=False)
    assert planned_raw(read(["198.18.0.7", *asked]), raw=True)
    assert planned_raw(read(["--dry-run", "198.18.0.7", *asked]), raw=False)


@pytest.mark.parametrize("asked", [[], ["-sT"], ["-PS22"]])
def test_where_nothing_needs_it_a_dry_run_does_without(asked: list[str]) -> None:
    assert not planned_raw(read(["--dry-run", "198.18.0.7", *asked]), raw=False)


def test_many_probes_to_public_addresses_want_a_word() -> None:
    wanted = WANTED.format((1000 + 4) << 16, 1 << 16)
    with pytest.raises(UsageError) as caught:
        scan(MANY)
    assert str(caught.value) == wanted + "what you may with --scope FILE; nothing is sent"
    with pytest.raises(UsageError, match="a scan sends 65,536,000 probes"):
        scan(MANY, "-Pn", "-sT")


@pytest.mark.parametrize(
    "words",
    [
        [MANY, "--yes"],
        [MANY, "-p1-250"],
        ["10.0.0.0/8"],
        ["198.18.0.0/15", "-p-"],
        [MANY, "--scope", "lab.toml"],
    ],
)
def test_who_says_it_and_who_asks_little_may_go_on(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lab.toml").write_text(f'networks = ["{MANY}"]', encoding="utf-8")
    with pytest.raises(AssertionError, match="this would send"):  # it goes on to open what it writes
        scan(*words)


@pytest.mark.parametrize(("words", "says"), [([], True), (["--yes"], False), (["-p", "U:53"], False)])
def test_a_list_says_so_too(words: list[str], says: bool, capfd: Output) -> None:
    with pytest.raises(AssertionError, match="this would send"):
        scan("-sL", MANY, *words)
    assert ("more than 16,777,216" in capfd.readouterr().err) == says


def test_the_status_of_a_missing_word_is_that_of_wrong_usage(capfd: Output) -> None:
    assert program(["scan", MANY, "-sT"]) == 2
    assert capfd.readouterr().err.startswith("periplus: a scan sends ")

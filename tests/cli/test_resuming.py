"""A scan that is killed goes on: in virtual time at every turn, and once with a real ``kill -9`` on the loopback."""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cli.lives import (
    HOSTS,
    NEVER,
    PORTS,
    Listening,
    blocks,
    check_files,
    config,
    hosts_of,
    in_pieces,
    process,
    rows,
    verdicts,
)
from tests.scan.campaigns import syn, udp
from tests.scan.runs import space_of

from periplus.cli.aim import Aim
from periplus.cli.commands.scan import main
from periplus.cli.resuming import begun, check_aim, keeper_for, requests_of, without_resume
from periplus.errors import CannotScan, UsageError
from periplus.result.formats import formats
from periplus.result.row import SummaryRow
from periplus.result.writer import Writers
from periplus.scan.state import Past, read_state
from periplus.space.course import Shard
from periplus.space.ranges import AddressSpace

if TYPE_CHECKING:
    from periplus.scan.snapshot import Snapshot

SOURCE = Path(__file__).parents[2] / "src"
ENVIRONMENT = {"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"]}


@pytest.fixture(scope="session")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Uninterrupted runs."""
    made = {}
    for kind in ("alone", "found", "udp", "found+udp"):
        made[kind] = tmp_path_factory.mktemp("whole")
        run, _ = process(made[kind], config(kind), lambda turn: False)
        assert run is not None
    return made


@settings(max_examples=10)
@given(
    st.sampled_from(["alone", "found", "udp", "found+udp"]),
    st.lists(st.integers(0, 250), min_size=1, max_size=3),
)
def test_killed_at_any_turn_the_union_is_an_uninterrupted_run(
    wholes: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, kind: str, kills: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("killed")
    in_pieces(folder, config(kind), kills)
    check_files(folder, wholes[kind])
    past = read_state(folder / "state")
    assert past is not None
    os.close(past.held)
    assert past.standing.finished


@pytest.mark.parametrize("kind", ["alone", "udp"])
def test_only_what_was_on_its_way_or_came_after_the_last_state_is_asked_again(
    wholes: dict[str, Path], tmp_path: Path, kind: str
) -> None:
    run, sent = in_pieces(tmp_path, config(kind), [100])
    whole = rows(wholes[kind] / "ndjson")[-1]["probes"]
    window = 40 * len(config(kind).works)
    since_state = 1_500 * 0.02 * len(config(kind).works)
    assert whole < sent <= whole + window + since_state + 8
    check_files(tmp_path, wholes[kind])
    assert run.summary.exit == "success"


def test_what_one_technique_knows_is_not_asked_again_while_another_goes_on(tmp_path: Path) -> None:
    long = udp(space_of(HOSTS, list(range(1, 40))))
    asked = replace(config("udp"), works=(syn(space_of(HOSTS, PORTS)), long))
    whole_folder, folder = tmp_path / "whole", tmp_path / "killed"
    whole_folder.mkdir()
    folder.mkdir()
    _, whole = process(whole_folder, asked, lambda turn: False)
    for kill in (1000, 150, NEVER):
        run, wire = process(folder, asked, kill.__eq__)
        if kill == 1000:
            assert wire.probes == whole.probes  # SYNs are done with, datagrams are not
            assert sum(wire.datagrams.values()) < sum(whole.datagrams.values()) * 0.9
        else:
            assert not wire.probes
    assert run is not None
    check_files(folder, whole_folder)


def test_shards_with_states_add_up_to_the_whole(wholes: dict[str, Path], tmp_path: Path) -> None:
    told: dict[str, Any] = {}
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        run, _ = in_pieces(folder, config("found", Shard(number, 2)), [30])
        part = hosts_of(rows(folder / "ndjson"))
        assert not part.keys() & told.keys()
        assert run.summary.hosts == (5, 4)[number - 1]
        told |= part
    assert told == hosts_of(rows(wholes["found"] / "ndjson"))


def test_progress_counts_what_was_done_before(tmp_path: Path) -> None:
    seen: list[Snapshot] = []
    with patch.object(Listening, "snapshot", lambda self, snapshot: seen.append(snapshot)):
        in_pieces(tmp_path, config("alone"), [200])
    assert {each.hosts for each in seen} == {len(HOSTS)}
    assert all(0 <= each.settled <= each.total for each in seen)
    assert seen[-1].hosts_done >= seen[0].hosts_done


# as users meet it

FORMATS = ["-oA", "out", "--csv", "out.csv", "-oJ", "out.json"]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "periplus", "scan", *arguments]


def run_in(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(*arguments), cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


def probes_so_far(state: Path) -> int:
    """What the state says was sent; 0 without one."""
    try:
        probes: int = json.loads(state.read_bytes().split(b"\n")[2])["summary"]["probes"]
    except FileNotFoundError:
        return 0
    return probes


@contextmanager
def killed_after(probes: int, folder: Path, number: int, *arguments: str) -> Iterator[None]:
    """A scan gets a signal as soon as its state tells of so many probes."""
    with subprocess.Popen(
        command(*arguments), cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while probes_so_far(folder / "state") < probes:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.01)
                assert process.returncode is None
            process.send_signal(number)
        finally:
            if number != signal.SIGKILL:
                process.wait(60)
            process.kill()
    yield


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "kill"])
def test_a_killed_scan_goes_on_in_all_its_files(tmp_path: Path, number: int) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    folder.mkdir()
    asked = ["-sT", "-Pn", "-n", "--seed", "7", "127.0.0.1-24", "-p", "1-30", *FORMATS]
    assert run_in(whole, *asked).returncode == 0
    with killed_after(150, folder, number, *asked, "--max-rate", "300", "--resume", "state"):
        before = probes_so_far(folder / "state")
        again = run_in(tmp_path, "--resume", str(folder / "state"), "--max-rate", "300")
        assert again.returncode == 2
        assert "another scan is in it (periplus scan -sT -Pn" in again.stderr
        done = run_in(tmp_path, "--resume", str(folder / "state"))
    assert (done.returncode, before >= 150) == (0, True)
    lines, twin = rows(folder / "out.json"), rows(whole / "out.json")
    assert [each["type"] for each in (lines[0], lines[-1])] == ["run", "summary"]
    assert Counter(each["type"] for each in lines) == Counter(each["type"] for each in twin)
    assert verdicts(lines) == verdicts(twin)
    assert hosts_of(lines) == hosts_of(twin)
    assert lines[-1]["exit"] == "success"
    for name in ("out.nmap", "out.gnmap"):
        assert blocks(folder / name) == blocks(whole / name)
    assert len(ET.parse(folder / "out.xml").getroot().findall("host")) == 24
    finished = run_in(folder, "--resume", "state")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert (
        finished.stderr == "periplus: --resume state: the scan in it is finished; to scan again remove it\n"
    )


QUICKLY = ["-sT", "-Pn", "-n", "127.0.0.1", "-p", "1-3"]


def test_an_output_that_is_not_what_was_written_is_left_alone(tmp_path: Path) -> None:
    asked = ["-sT", "-Pn", "-n", "127.0.0.1-24", "-p", "1-30", "-oJ", "out.json", "--max-rate", "300"]
    with killed_after(30, tmp_path, signal.SIGKILL, *asked, "--resume", "state"):
        out = tmp_path / "out.json"
        text = out.read_text()
        for wrong, why in (
            (text[:20], "it has 20 bytes, and "),
            ("x" + text[1:], "it was changed by somebody else"),
            (None, "it is gone"),
        ):
            out.unlink() if wrong is None else out.write_text(wrong)
            done = run_in(tmp_path, "--resume", "state")
            assert done.returncode == 2
            assert done.stderr.startswith(f"periplus: -oJ {out}: the run cannot go on in this file: {why}")
            assert len(done.stderr.splitlines()) == 1
            assert out.exists() == (wrong is not None)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (
            ["--resume", "none"],
            "--resume none: there is no such file; to begin a scan that keeps it, name targets",
        ),
        (
            ["--resume", "s", "-sL", "127.0.0.1"],
            "--resume s: -sL sends nothing, so there is nothing to go on with",
        ),
        (
            ["--shard", "1/2", *QUICKLY],
            "--shard 1/2: all shards need the same --seed N, or they would overlap",
        ),
        (
            ["--shard", "3/2", "--seed", "1", *QUICKLY],
            '--shard: "3/2": the first number is from 1 to the second, which is at most a million',
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    arguments: list[str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as error:
        main(arguments)
    assert str(error.value) == why
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_cannot_be_written_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    done = run_in(tmp_path, *QUICKLY, "--resume", str(tmp_path / "no" / "state"))
    assert (done.returncode, done.stdout.count("done")) == (1, 0)
    assert "the state cannot be written: No such file or directory" in done.stderr


def test_the_same_words_may_be_given_again() -> None:
    assert without_resume(["-p", "1", "--resume", "x", "a"]) == ["-p", "1", "a"]
    assert without_resume(["--resume=x"]) == without_resume(["--resume", "x"]) == []
    assert without_resume(["--resume"]) == []


def past_of(folder: Path) -> Past:
    process(folder, config("alone"), (20).__eq__)
    past = read_state(folder / "state")
    assert past is not None
    os.close(past.held)
    return past


def test_who_may_not_do_what_the_scan_did_does_not_go_on(tmp_path: Path) -> None:
    past_of(tmp_path)
    with pytest.raises(CannotScan, match="could send raw packets, and this process may not"):
        begun(["--resume", str(tmp_path / "state")], raw=False)


def test_a_scope_that_allows_less_makes_another_scan(tmp_path: Path) -> None:
    past = past_of(tmp_path)
    asked = past.asked
    aimed = Aim(asked.hosts, dict(asked.spaces), (), {})
    check_aim(aimed, past, None)
    check_aim(aimed, None, None)
    fewer = AddressSpace.of([asked.hosts.ranges()[0]]) - AddressSpace.of([(asked.hosts.ranges()[0][0],) * 2])
    with pytest.raises(UsageError, match=r"scope s\.toml: it allows less than when this scan began"):
        check_aim(replace(aimed, hosts=fewer), past, "s.toml")


def test_a_file_that_could_not_be_written_before_stays_as_it_is(tmp_path: Path) -> None:
    past = past_of(tmp_path)
    lost = replace(past, standing=replace(past.standing, outputs={str(tmp_path / "a"): None}))
    options = argparse.Namespace(resume="state", directory=str(tmp_path), bases=[])
    for each in formats():
        setattr(options, f"out_{each.name}", [])
    options.out_csv, options.out_ndjson = ["a"], ["b"]
    told: list[str] = []
    requests, kept = requests_of(options, lost, told.append)
    assert [target for _, target in requests] == [str(tmp_path / "b")]
    assert kept == {}
    assert told == [f"{tmp_path / 'a'} could not be written before; it stays as it is"]


def test_a_full_disk_is_told_once_and_the_scan_goes_on(tmp_path: Path) -> None:
    past, told = past_of(tmp_path), list[str]()
    (tmp_path / "other").mkdir()
    writers = Writers([], told.append)
    options = argparse.Namespace(resume=str(tmp_path / "other" / "state"), directory=str(tmp_path))
    aimed = Aim(past.asked.hosts, dict(past.asked.spaces), (), {})
    keeper = keeper_for(options, config("alone"), aimed, True, 0.0, writers, None, told.append)
    keeper.begin(0.0)
    (tmp_path / "other" / "state").unlink()
    (tmp_path / "other").rmdir()
    summary = SummaryRow(0, 1, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
    keeper.end(summary)
    keeper.end(summary)
    assert told == ["--resume: the state cannot be written: No such file or directory"]


def test_shards_are_listed_and_may_be_empty(tmp_path: Path) -> None:
    listed = run_in(tmp_path, "-sL", "-n", "--seed", "1", "198.18.0.1-9", "--shard", "2/3", "-oJ", "-")
    rows_of = [json.loads(line) for line in listed.stdout.splitlines()]
    assert rows_of[0]["shard"] == "2/3"
    assert [row["addr"] for row in rows_of if row["type"] == "host"] == [
        "198.18.0.3",
        "198.18.0.6",
        "198.18.0.9",
    ]
    assert rows_of[-1]["hosts"] == 3
    empty = run_in(tmp_path, *QUICKLY, "--seed", "1", "--shard", "2/2", "-oJ", "-")
    rows_of = [json.loads(line) for line in empty.stdout.splitlines()]
    assert (empty.returncode, [row["type"] for row in rows_of], empty.stderr) == (0, ["run", "summary"], "")
    assert (rows_of[0]["targets"], rows_of[1]["hosts"]) == (1, 0)


def test_a_scope_holds_for_what_goes_on(tmp_path: Path) -> None:
    scope = tmp_path / "scope.toml"
    scope.write_text('networks = ["127.0.0.0/24"]\nexcluded = ["127.0.0.3"]\n')
    asked = ["-sT", "-Pn", "-n", "127.0.0.1-24", "-p", "1-30", "-oJ", "out.json", "--max-rate", "300"]
    with killed_after(30, tmp_path, signal.SIGKILL, *asked, "--scope", "scope.toml", "--resume", "state"):
        pass
    wide = scope.read_text()
    scope.write_text(wide.replace("0.3", "0.4"))
    refused = run_in(Path("/"), "--resume", str(tmp_path / "state"))
    assert refused.returncode == 2
    assert f"scope {scope}: it allows less than when this scan began; begin anew" in refused.stderr
    scope.write_text(wide)
    done = run_in(Path("/"), "--resume", str(tmp_path / "state"))
    assert done.returncode == 0
    assert "127.0.0.3" not in hosts_of(rows(tmp_path / "out.json"))
    assert len(hosts_of(rows(tmp_path / "out.json"))) == 23

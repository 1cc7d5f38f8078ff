import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from tests.result.examples import OPTIONS, run, summary, usual_host

from periplus.errors import UsageError
from periplus.result.csv import COLUMNS
from periplus.result.formats import formats
from periplus.result.outputs import open_writers
from periplus.result.sink import Mark
from periplus.result.writer import Format, Kept

ROOT = Path(__file__).parents[2]

BY_FLAG = {each.flag: each for each in formats()}


def sentinel(message: str) -> None:
    """What a run without failures never calls."""
    raise AssertionError(message)


def requests_in(folder: Path) -> list[tuple[Format, str]]:
    """One file for every format."""
    return [(each, str(folder / each.name)) for each in formats()]


def assert_valid(folder: Path) -> None:
    """Every file of `requests_in` parses; text files end with a whole line."""
    etree.fromstring((folder / "xml").read_bytes())
    for name in ("csv", "grepable", "ndjson", "normal"):
        text = (folder / name).read_text()
        assert text.endswith("\n"), name
    for line in (folder / "ndjson").read_text().splitlines():
        json.loads(line)
    with (folder / "csv").open(newline="") as file:
        assert {len(row) for row in csv.reader(file, strict=True)} == {len(COLUMNS)}


def test_all_formats_at_once_and_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    writers = open_writers(requests_in(tmp_path), OPTIONS, sentinel)
    writers.begin(run())
    assert_valid(tmp_path)
    report = usual_host()
    writers.finding(next(report.rows(report.columns[0], report.columns[0].ports[21:22], {})))
    writers.hosts([report])
    writers.refresh()
    assert_valid(tmp_path)
    writers.end(summary())
    writers.close()
    writers.close()
    assert_valid(tmp_path)
    assert not writers.failed
    assert capfd.readouterr().out.startswith("Starting Periplus 0.1.0")


@pytest.mark.parametrize(
    ("flag", "start"), [("-oX", "<?xml"), ("-oJ", '{"type":"run"'), ("-oN", "# Periplus")]
)
def test_a_format_on_standard_output_replaces_the_table(
    flag: str, start: str, capfd: pytest.CaptureFixture[str]
) -> None:
    writers = open_writers([(BY_FLAG[flag], "-")], OPTIONS, sentinel)
    writers.begin(run())
    writers.hosts([usual_host()])
    writers.end(summary())
    writers.close()
    text = capfd.readouterr().out
    assert text.startswith(start)
    assert "Starting Periplus" not in text
    if flag == "-oX":
        etree.fromstring(text.encode())


def test_a_run_that_only_closes_leaves_valid_files(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    writers = open_writers(requests_in(tmp_path), OPTIONS, sentinel)
    writers.begin(run())
    writers.hosts([usual_host()])
    writers.close()
    assert_valid(tmp_path)
    assert len(etree.parse(tmp_path / "xml").findall("host")) == 1


@pytest.mark.parametrize("flag", BY_FLAG)
def test_a_full_disk_costs_that_file_and_one_line(
    flag: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    requests = [(BY_FLAG[flag], "/dev/full"), *requests_in(tmp_path)]
    writers = open_writers(requests, OPTIONS, told.append)
    writers.begin(run())
    writers.hosts([usual_host()])
    writers.end(summary())
    writers.close()
    assert told == ["cannot write /dev/full: No space left on device; it ends here"]
    assert writers.failed
    assert_valid(tmp_path)
    assert '"type":"summary"' in (tmp_path / "ndjson").read_text()


def test_a_reader_that_goes_away_costs_standard_output_only(tmp_path: Path) -> None:
    told: list[str] = []
    reader, writer = os.pipe()
    os.close(reader)
    writers = open_writers(requests_in(tmp_path), OPTIONS, told.append, stdout_fd=writer)
    writers.begin(run())
    writers.end(summary())
    assert not writers.exhausted
    writers.close()
    os.close(writer)
    assert told == ["cannot write standard output: Broken pipe; it ends here"]
    assert_valid(tmp_path)
    assert writers.failed


def test_writers_are_exhausted_when_the_last_has_failed() -> None:
    seen = []
    writers = open_writers([(BY_FLAG["-oJ"], "/dev/full")], OPTIONS, lambda line: None, stdout_fd=-1)
    seen.append(writers.exhausted)
    writers.begin(run())
    seen.append(writers.exhausted)
    writers.close()
    closed = open_writers([(BY_FLAG["-oJ"], "/dev/null")], OPTIONS, sentinel)
    closed.close()
    assert [*seen, closed.exhausted] == [False, True, False]


@pytest.mark.parametrize("flag", BY_FLAG)
@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("nowhere/out", "there is no directory nowhere"),
        (".", "Is a directory"),
        ("file/out", "Not a directory"),
        ("", "No such file or directory"),
        ("a\0b", "embedded null byte"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_file_that_cannot_be_opened_is_a_usage_error(
    flag: str, target: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as caught:
        open_writers([(BY_FLAG[flag], target)], OPTIONS, sentinel)
    text = str(caught.value)
    assert text.startswith(f"{flag} ")
    assert text.endswith(why)
    assert text.isprintable()


def test_no_permission_is_a_usage_error(tmp_path: Path) -> None:
    """A directory of proc refuses new files to root as well."""
    with pytest.raises(UsageError, match=r"-oX /proc/self/out: "):
        open_writers([(BY_FLAG["-oX"], "/proc/self/out")], OPTIONS, sentinel)


def test_an_error_in_the_second_file_leaves_the_first_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("an older result\n")
    requests = [(BY_FLAG["-oN"], str(tmp_path / "old")), (BY_FLAG["-oX"], str(tmp_path / "no/out"))]
    with pytest.raises(UsageError):
        open_writers(requests, OPTIONS, sentinel)
    assert (tmp_path / "old").read_text() == "an older result\n"


@pytest.mark.parametrize(
    ("targets", "why"),
    [
        (("-", "-"), "-oG -: -oX writes to standard output already"),
        (("out", "./out"), "-oG ./out: -oX writes to ./out already"),
    ],
)
def test_two_formats_in_one_place_are_refused(targets: tuple[str, str], why: str) -> None:
    requests = list(zip((BY_FLAG["-oX"], BY_FLAG["-oG"]), targets, strict=True))
    with pytest.raises(UsageError) as caught:
        open_writers(requests, OPTIONS, sentinel)
    assert str(caught.value) == why


ENDLESS = """
import sys
import time
from pathlib import Path
from tests.result.examples import OPTIONS, run, small_host, usual_host
from tests.result.test_outputs import requests_in
from periplus.result import sink
from periplus.result.outputs import open_writers
null = open("/dev/null", "w")
writers = open_writers(requests_in(Path(sys.argv[1])), OPTIONS, print, stdout_fd=null.fileno())
sink.PUBLISH_EVERY_S, sink.PUBLISH_SHARE = 0.0, 1e9
writers.begin(run())
while True:
    writers.hosts([usual_host()])
    writers.hosts([small_host()])
    print("host", flush=True)
"""


@pytest.mark.parametrize("turns", [1, 7, 50, 120])
def test_kill_9_leaves_every_file_valid(turns: int, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    command = [sys.executable, "-c", ENDLESS, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as child:
        assert child.stdout is not None
        for _ in range(turns):
            assert child.stdout.readline() == "host\n"
        child.kill()
        child.stdout.close()
        assert child.wait(10) == -signal.SIGKILL
    assert_valid(tmp_path)
    assert len(etree.parse(tmp_path / "xml").findall("host")) >= 2 * turns
    assert etree.parse(tmp_path / "xml").find("runstats/finished").get("exit") == "error"


@pytest.mark.lab
def test_a_disk_that_really_fills_up(tmp_path: Path) -> None:
    script = """
import sys
import time
from pathlib import Path
from tests.result.examples import OPTIONS, run, small_host
from tests.result.test_outputs import assert_valid, requests_in
from periplus.result import sink
from periplus.result.outputs import open_writers
folder = Path(sys.argv[1])
sink.PUBLISH_EVERY_S = 0.0
told = []
null = open("/dev/null", "w")
writers = open_writers(requests_in(folder), OPTIONS, told.append, stdout_fd=null.fileno())
writers.begin(run())
for _ in range(2000):
    writers.hosts([small_host()])
writers.close()
assert_valid(folder)
assert 1 <= len(told) <= 5, told
assert all("No space left on device" in line for line in told)
print("valid", len(told))
"""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    mounted = f'mount -t tmpfs -o size=256k tmpfs "{tmp_path}" && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", mounted, "sh", sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("valid")


def test_65535_ports_one_by_one_take_little_memory(tmp_path: Path) -> None:
    script = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from tests.result.test_outputs import requests_in
from tests.result.examples import OPTIONS, run, summary, usual_host
from periplus.result.outputs import open_writers
report = usual_host(65535)
null = open("/dev/null", "w")
options = replace(OPTIONS, all_states=True)
writers = open_writers(requests_in(Path(sys.argv[1])), options, print, stdout_fd=null.fileno())
writers.begin(run())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
writers.hosts([report])
writers.end(summary())
writers.close()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=True)
    assert int(done.stdout) < 8_000, f"{done.stdout} kB more"
    assert len((tmp_path / "ndjson").read_text().splitlines()) == 65_538


def test_a_run_goes_on_in_its_files(tmp_path: Path) -> None:
    quiet = os.open(os.devnull, os.O_WRONLY)
    report, later = usual_host(), replace(usual_host(), addr="198.18.0.3")
    early = next(later.rows(later.columns[0], later.columns[0].ports[21:22], {}))
    first = open_writers(requests_in(tmp_path), OPTIONS, sentinel, quiet)
    first.begin(run())
    first.hosts([report])
    first.finding(early)
    kept = json.loads(json.dumps({name: each.memory for name, each in first.kept().items()}))
    marks = {name: Kept(each.mark, kept[name]) for name, each in first.kept().items()}
    assert marks.keys() == {target for _, target in requests_in(tmp_path)}
    first.hosts([later])  # which the second process does not know of
    first.end(summary())
    first.close()
    second = open_writers(requests_in(tmp_path), OPTIONS, sentinel, quiet, marks)
    second.begin(run())
    second.finding(early)
    second.hosts([later])
    second.end(summary())
    second.close()
    os.close(quiet)
    (tmp_path / "twin").mkdir()
    twin = open_writers(requests_in(tmp_path / "twin"), OPTIONS, sentinel, 2)
    twin.begin(run())
    twin.hosts([report])
    twin.finding(early)
    twin.hosts([later])
    twin.end(summary())
    twin.close()
    for each in formats():
        if each.flag:
            assert (tmp_path / each.name).read_bytes() == (tmp_path / "twin" / each.name).read_bytes()


def test_a_file_that_is_another_is_neither_opened_nor_cut(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("mine\n")
    with pytest.raises(UsageError, match=f"-oJ {path}: the run cannot go on in this file: it has 5 bytes"):
        open_writers([(BY_FLAG["-oJ"], str(path))], OPTIONS, sentinel, -1, {str(path): Kept(Mark(9, 1), {})})
    assert path.read_text() == "mine\n"

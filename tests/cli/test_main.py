"""What holds for every command: exit statuses, single lines, and streams that are closed or full."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from periplus import __version__
from periplus.cli.main import internal_error, main, say
from periplus.errors import CannotScan
from periplus.technique.catalogue import techniques

SOURCE = Path(__file__).parents[2] / "src"
ENVIRONMENT = {"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"]}
HEAVY = ("numpy", "rich", "dns", "pyroute2", "asyncio", "argparse", "json", "ssl")

NAMES = ", ".join(technique.name for technique in techniques())


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "periplus", *arguments]


def run(arguments: Sequence[str], shell: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the program; `shell` is what a shell would append, such as a redirection."""
    return subprocess.run(
        ["sh", "-c", f'"$@" {shell}', "sh", *arguments],
        capture_output=True,
        text=True,
        env=ENVIRONMENT | environment,
        timeout=60,
        check=False,
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--version", "-V"):
        assert main([flag]) == 0
        assert capsys.readouterr().out == f"periplus {__version__}\n"


def test_version_imports_nothing_heavy() -> None:
    script = (
        "import sys; from periplus.cli.main import main; main(['--version']); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert run([sys.executable, "-c", script]).stdout == f"periplus {__version__}\n[]\n"


def test_help_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, status in (([], 2), (["--help"], 0), (["-h"], 0), (["help"], 0)):
        assert main(arguments) == status
        assert "find the open ports of hosts" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["scan", "--help"], ["scan", "-n", "-h"], ["help", "scan"]])
def test_help_of_a_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("usage: periplus scan [OPTIONS] TARGET ...\n")
    assert shown.err == ""


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["scna"], 'there is no command "scna"; see "periplus --help"'),
        (["198.18.0.1"], '"198.18.0.1" is no command; begin with one, as in "periplus scan TARGET"'),
        (["-p", "22"], '"-p" is no command; begin with one, as in "periplus scan TARGET"'),
        (["--init--"], '"--init--" is no command; begin with one, as in "periplus scan TARGET"'),
        (["a\x1b[31m\n"], '"a\\x1b[31m\\n" is no command; begin with one, as in "periplus scan TARGET"'),
        (["scan"], 'no targets given; an address, range or name is needed, see "periplus scan --help"'),
        (["scan", "10.0.0.300"], 'target "10.0.0.300": octet 300 is over 255'),
        (["scan", "-iL", "/a\n\x1b[2J"], "-iL /a\\n\\x1b[2J: No such file or directory"),
        (
            ["techniques", "idle"],
            f'there is no technique "idle"; there are {NAMES}',
        ),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", f"periplus: {line}\n")


def test_what_the_machine_cannot_do_is_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("periplus.cli.commands.scan.can_send_raw", lambda: False)
    assert main(["scan", "-sS", "-n", "127.0.0.1"]) == 1
    assert capsys.readouterr().err.startswith("periplus: -sS sends raw packets, and this process may not: ")


def test_an_interrupt_anywhere_is_status_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(arguments: Sequence[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("periplus.cli.commands.scan.main", interrupted)
    assert main(["scan", "127.0.0.1"]) == 130
    assert capsys.readouterr().err == ""


def test_a_full_disk_is_told() -> None:
    for arguments in (["--version"], ["--help"], ["techniques"], ["scan", "--help"]):
        done = run(command(*arguments), ">/dev/full")
        line = "periplus: cannot write standard output: No space left on device\n"
        assert (done.returncode, done.stderr) == (1, line)


def test_a_reader_who_has_gone_is_not_told() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    for arguments in (["--version"], ["techniques"], ["scan", "--help"]):
        with subprocess.Popen(
            command(*arguments), stdout=writer, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
        ) as process:
            assert process.communicate(timeout=60)[1] == ""
        assert process.returncode == 1
    os.close(writer)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_get_a_stand_in(closed: str, tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    scan = command("scan", "-sT", "-n", "-p1", "127.0.0.1", "-oJ", str(file))
    done = run(scan, closed)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Starting Periplus") is (">&-" not in closed.replace("2>&-", ""))
    kinds = re.findall(r'^\{"type":"(\w+)"', file.read_text(), re.MULTILINE)
    assert kinds[0] == "run"
    assert kinds[-1] == "summary"


def test_a_list_from_a_closed_standard_input_is_empty() -> None:
    done = run(command("scan", "-n", "-iL", "-"), "<&-")
    assert done.returncode == 2
    assert done.stderr.startswith("periplus: no targets given")


BROKEN = """
import sys, threading
import periplus.cli.commands.techniques as broken
def main(arguments):
    def burst(): {"a\\n\\x1b[31m": 0}["b\\n\\x1b[31m"]
    if arguments:
        thread = threading.Thread(target=burst)
        thread.start()
        thread.join()
        return 0
    burst()
broken.main = main
sys.argv = ["periplus", "techniques", *sys.argv[1:]]
from periplus.cli.main import run
run()
"""


def test_a_bug_of_ours_is_one_line() -> None:
    done = run([sys.executable, "-c", BROKEN])
    assert done.returncode == 1
    assert done.stderr == (
        "periplus: internal error: KeyError: 'b\\n\\x1b[31m' (<string>:5); "
        "set PERIPLUS_DEBUG=1 to see the traceback\n"
    )


def test_a_bug_in_a_thread_is_one_line() -> None:
    done = run([sys.executable, "-c", BROKEN, "thread"])
    assert (done.returncode, len(done.stderr.splitlines())) == (0, 1)
    assert done.stderr.startswith("periplus: internal error: KeyError: ")


def test_the_traceback_is_there_for_those_who_ask() -> None:
    done = run([sys.executable, "-c", BROKEN], PERIPLUS_DEBUG="1")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback (most recent call last):\n")


def test_an_error_without_text_has_its_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PERIPLUS_DEBUG", raising=False)
    internal_error(MemoryError, MemoryError(), None)
    internal_error(KeyboardInterrupt, KeyboardInterrupt(), None)
    line = "periplus: internal error: MemoryError; set PERIPLUS_DEBUG=1 to see the traceback\n"
    assert capsys.readouterr().err == line


def test_an_interrupted_import_shows_no_traceback() -> None:
    script = """
import sys, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored here, as in the background
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "numpy": signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Slow())
sys.argv = ["periplus", "scan", "127.0.0.1"]
from periplus.cli.main import run
run()
"""
    done = run([sys.executable, "-c", script])
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_say_raises_what_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stdout", full)
        with pytest.raises(CannotScan, match="cannot write standard output: No space left on device"):
            say("hello")


def test_the_process_leaves_signals_as_they_were() -> None:
    before = signal.getsignal(signal.SIGINT)
    assert main(["scan", "-sT", "-n", "-p1", "127.0.0.1", "-oJ", "/dev/null"]) == 0
    assert signal.getsignal(signal.SIGINT) is before

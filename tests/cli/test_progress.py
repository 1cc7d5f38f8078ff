import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.cli.progress import ASCII_CELLS, BAR_WIDTH, Progress, bar, duration, live_line, plain_line
from periplus.result.row import PortRow
from periplus.scan.snapshot import Snapshot
from periplus.technique.verdict import Reason, State

SOURCE = Path(__file__).parents[2] / "src"

MOMENT = Snapshot(
    elapsed_s=6.0,
    sent=1000,
    settled=452,
    total=1000,
    hosts_done=3,
    hosts=256,
    open_found=12,
    rate_pps=34567.8,
    loss=0.018,
    eta_s=7.2,
    phase="SYN scan",
)

FOUND = PortRow("198.18.0.2", "tcp", 22, State.OPEN, Reason.SYN_ACK, tries=1, time=0.0)

CURSOR = re.compile(r"\x1b\[[0-9?;]*[A-Za-z]")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """It does."""
        return True


class Log(io.StringIO):
    """A stream that says it is a file."""

    encoding = "utf-8"


@pytest.fixture(autouse=True)
def _usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def at(elapsed_s: float) -> Snapshot:
    """The same moment at another time."""
    return replace(MOMENT, elapsed_s=elapsed_s)


def test_a_plain_line_every_five_seconds_with_v() -> None:
    log = Log()
    progress = Progress(log, verbose=1)
    for tenths in range(121):
        progress.show(at(tenths / 10))
    progress.close()
    assert log.getvalue().splitlines() == [
        "SYN scan, 5 s: 45.2 % done, 12 open ports, 3/256 hosts, 34568 probes/s, loss 1.8%, 8 s left",
        "SYN scan, 10 s: 45.2 % done, 12 open ports, 3/256 hosts, 34568 probes/s, loss 1.8%, 8 s left",
    ]


def test_without_v_a_log_stays_empty() -> None:
    log = Log()
    progress = Progress(log, verbose=0)
    progress.show(at(100.0))
    progress.found(FOUND)
    progress.close()
    assert log.getvalue() == ""


@pytest.mark.parametrize(("verbose", "shown"), [(0, ""), (1, "a\\x1b\n"), (2, "a\\x1b\n")])
def test_details_are_shown_with_v(verbose: int, shown: str) -> None:
    log = Log()
    Progress(log, verbose=verbose).detail("a\x1b")
    assert log.getvalue() == shown


@pytest.mark.parametrize("stream", [Log, Terminal])
def test_findings_are_named_as_they_are_found(stream: type[io.StringIO]) -> None:
    out = stream()
    progress = Progress(out, verbose=1)
    progress.found(FOUND)
    assert out.getvalue() == "Discovered open port 22/tcp on 198.18.0.2\n"


def test_a_terminal_gets_a_live_line_that_leaves_nothing() -> None:
    out = Terminal()
    progress = Progress(out, verbose=0)
    progress.show(at(0.4))
    assert out.getvalue() == ""
    progress.show(at(0.6))
    assert "45.2 %" in out.getvalue()
    progress.close()
    drawn = out.getvalue()
    progress.show(at(5.0))
    assert out.getvalue() == drawn
    assert out.getvalue().rstrip().endswith("\x1b[2K")


def test_the_live_line_is_drawn_ten_times_a_second_at_most() -> None:
    out = Terminal()
    progress = Progress(out, verbose=0)
    for thousandths in range(500, 1001):
        progress.show(at(thousandths / 1000))
    progress.close()
    assert 4 <= out.getvalue().count("SYN scan") <= 7  # rich draws once more before it erases


def paused(elapsed_s: float) -> Snapshot:
    """The same moment in a rest."""
    return replace(at(elapsed_s), paused_until="22:00")


def test_a_rest_is_shown_once_and_again_when_it_was_erased() -> None:
    out = Terminal()
    progress = Progress(out, verbose=0)
    for _ in range(3):
        progress.show(paused(0.1))  # however little time has passed on the clock of the run
    assert out.getvalue().count("paused until 22:00") == 1
    progress.message("a line")
    progress.show(paused(0.1))
    assert out.getvalue().count("paused until 22:00") >= 2
    progress.show(at(0.7))
    assert CURSOR.sub("", out.getvalue()).rpartition("SYN scan")[2].count("paused") == 0
    progress.close()


def test_in_a_rest_there_is_no_time_left() -> None:
    line = live_line(paused(6.0))
    assert "paused until 22:00" in line
    assert " left" not in line


def test_a_rest_writes_nothing_into_a_log() -> None:
    log = Log()
    Progress(log, verbose=1).show(paused(6.0))
    assert log.getvalue() == ""


def test_the_live_line_makes_room_for_others() -> None:
    out = Terminal()
    progress = Progress(out, verbose=1)
    progress.show(at(1.0))
    progress.found(FOUND)
    with progress.aside():
        out.write("a table\n")
    progress.show(at(2.0))
    progress.close()
    text = CURSOR.sub("", out.getvalue())
    assert "Discovered open port 22/tcp on 198.18.0.2\na table\n" in text
    assert "SYN scan" in text.split("a table\n")[1]
    before = out.getvalue().split("Discovered")[0]
    assert before.rstrip().endswith("\x1b[2K")


def test_a_dumb_terminal_gets_plain_lines() -> None:
    out = Terminal()
    progress = Progress(out, verbose=1, dumb=True)
    progress.show(at(6.0))
    progress.close()
    assert out.getvalue() == plain_line(MOMENT) + "\n"


def test_a_stream_that_has_gone_does_not_stop_the_run() -> None:
    out = Terminal()
    progress = Progress(out, verbose=1)
    progress.show(at(1.0))
    out.close()
    progress.show(at(2.0))
    progress.found(FOUND)
    progress.close()


@given(st.text())
def test_messages_never_hold_control_characters(text: str) -> None:
    log = Log()
    Progress(log, verbose=0).message(text)
    assert log.getvalue().endswith("\n")
    assert log.getvalue()[:-1].isprintable()


@given(
    st.integers(0, 2**62),
    st.integers(0, 2**62),
    st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)),
)
def test_lines_are_honest(settled: int, total: int, eta_s: float | None) -> None:
    moment = replace(MOMENT, settled=settled, total=total, eta_s=eta_s)
    for line in (plain_line(moment), live_line(moment)):
        assert " left" not in line or eta_s is not None
        assert not re.search(r"-\d", line)
        assert ("100.0 %" in line) == (0 < total <= settled)


def test_an_unknown_eta_is_not_shown_and_a_small_one_is_called_small() -> None:
    assert "left" not in live_line(replace(MOMENT, eta_s=None))
    assert "left" not in live_line(replace(MOMENT, eta_s=float("inf")))
    assert "  less than 1 s left  " in live_line(replace(MOMENT, eta_s=-3.0))
    assert plain_line(replace(MOMENT, eta_s=61.0)).endswith("1 min 01 s left")


def test_the_live_line_in_full_and_for_one_host() -> None:
    assert live_line(MOMENT, ASCII_CELLS) == (
        "SYN scan =======---------  45.2 %  8 s left  12 open  34,568 probes/s  3/256 hosts  loss 1.8%"
    )
    lean = replace(MOMENT, hosts=1, loss=0.0, eta_s=None, total=0)
    assert live_line(lean) == "SYN scan 12 open  34,568 probes/s"


def test_a_terminal_without_unicode_gets_an_ascii_bar() -> None:
    class Old(Terminal):
        encoding = "ascii"

    out = Old()
    progress = Progress(out, verbose=0)
    progress.show(at(1.0))
    progress.close()
    assert out.getvalue().isascii()


@pytest.mark.parametrize(("share", "full"), [(0.0, 0), (0.5, 8), (0.999, 15), (1.0, 16)])
def test_the_bar_is_full_only_at_the_end(share: float, full: int) -> None:
    assert bar(share, ASCII_CELLS) == "=" * full + "-" * (BAR_WIDTH - full)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1.0, "0 s"),
        (0.2, "1 s"),
        (59.0, "59 s"),
        (59.5, "1 min 00 s"),
        (3600.0, "1 h 00 min"),
        (7625.0, "2 h 07 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_rich_is_imported_only_for_a_run_that_lasts() -> None:
    script = """
import io, sys
from periplus.cli.progress import Progress
from periplus.scan.snapshot import Snapshot
class Terminal(io.StringIO):
    def isatty(self): return True
for stream, seconds in ((Terminal(), 0.4), (io.StringIO(), 60.0)):
    progress = Progress(stream, verbose=1)
    progress.show(Snapshot(seconds, 1, 1, 2, 0, 1, 0, 1.0, 0.0, None, "SYN scan"))
    progress.message("hello")
    progress.close()
print("rich" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SOURCE), "TERM": "xterm"},
        timeout=30,
        check=True,
    )
    assert done.stdout == "False\n"

"""A scan of the loopback that is steered by keys from a pseudo-terminal; each waits for what the last one brought."""

import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path
from typing import IO

from periplus.cli.controls import terminal

SRC = Path(__file__).parents[2] / "src"
SCAN = ["-sT", "-Pn", "-n", "127.0.0.1", "-p", "1-60000", "--max-rate", "100"]  # would take ten minutes


def until(stream: IO[str], wanted: str) -> str:
    """Read lines up to one that has this in it."""
    for line in stream:
        if re.search(wanted, line):
            return line
    raise AssertionError(f"it ended without {wanted}")


def test_every_key_works() -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    with subprocess.Popen(
        [sys.executable, "-m", "periplus", "scan", *SCAN],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        until(process.stdout, "Starting Periplus")
        for key, wanted in (
            (b"?", "q ends the scan"),
            (b"+", "at most 100 packets a second, the most"),
            (b"-", "at most 75 packets a second$"),
            (b"+", "at most 94 packets a second$"),
            (b" ", "Connect scan, .*probes/s"),
            (b"p", "paused until p is pressed"),
            (b" ", "paused until p is pressed"),
            (b"p", "going on"),
            (b" ", "Connect scan, .*probes/s"),
        ):
            os.write(ours, key)
            until(process.stderr, wanted)
        os.write(ours, b"q")
        until(process.stdout, "Periplus stopped")
        assert process.wait(timeout=60) == 130
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)


def test_a_list_from_standard_input_leaves_no_keyboard() -> None:
    assert terminal(sys.stdin, ["-"]) is None

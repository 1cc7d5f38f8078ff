"""Keys from a pseudo-terminal, which is afterwards as it was."""

import io
import os
import pty
import signal
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from periplus.cli.keyboard import Keyboard, keyboard_of


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    for fd in (ours, theirs):
        os.close(fd)


def test_keys_are_read_at_once_and_the_terminal_is_given_back(ends: tuple[int, int]) -> None:
    ours, theirs = ends
    before = termios.tcgetattr(theirs)
    board = Keyboard(theirs)
    assert board.read() == b""
    assert not termios.tcgetattr(theirs)[3] & (termios.ICANON | termios.ECHO)
    assert termios.tcgetattr(theirs)[3] & termios.ISIG
    os.write(ours, b"p+")
    assert board.read() == b"p+"
    board.give_back()
    assert termios.tcgetattr(theirs) == before
    assert board.read() == b""
    board.close()
    board.close()
    board.release_signals()
    assert termios.tcgetattr(theirs) == before
    os.write(ours, b"q\n")
    assert board.read() == b""


def test_only_a_terminal_is_a_keyboard(ends: tuple[int, int]) -> None:
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        assert keyboard_of(nothing) is None
    assert keyboard_of(io.StringIO()) is None
    with os.fdopen(os.dup(ends[1]), encoding="utf-8") as stream:
        made = keyboard_of(stream)
        assert made is not None
        made.close()
        made.release_signals()


def test_what_is_ignored_stays_so(ends: tuple[int, int]) -> None:
    """Under nohup a hang-up is ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        keyboard = Keyboard(ends[1])
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGTSTP) not in (signal.SIG_IGN, signal.SIG_DFL)
        keyboard.close()
        keyboard.release_signals()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGTSTP) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)

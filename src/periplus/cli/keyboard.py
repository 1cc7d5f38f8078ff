"""Single keys from a terminal while something else runs: no waiting, no echo, and the terminal as it was afterwards.

The terminal is changed (POSIX termios: no lines, no echo; signals as ever) only while this process is in its
foreground, as anybody else would be stopped for trying. It is given back when the keyboard is closed, and also before
a signal that ends or suspends the process does so.

Limits: SIGKILL leaves a terminal without echo, as it does with every such program; `stty sane` helps.
"""

import os
import select
import signal
from contextlib import suppress
from importlib.util import find_spec
from types import FrameType
from typing import Any, TextIO

__all__ = ["Keyboard", "keyboard_of"]

MOST_BYTES = 256
ENDING = (signal.SIGHUP, signal.SIGQUIT)


class Keyboard:
    """Reads what is typed on a terminal, by its file number."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._before: list[Any] | None = None  # how the terminal was; None: it is so now
        self._closed = False
        ours = dict.fromkeys(ENDING, self._end) | {signal.SIGTSTP: self._suspend}
        self._handlers = {
            number: signal.signal(number, handler)
            for number, handler in ours.items()
            if signal.getsignal(number) != signal.SIG_IGN  # as under nohup
        }

    def read(self) -> bytes:
        """Return what was typed since the last call; nothing while another process has the terminal."""
        if self._closed or not self._foreground():
            return b""
        with suppress(OSError):
            self._take()
            if select.select([self._fd], [], [], 0)[0]:
                typed = os.read(self._fd, MOST_BYTES)
                self._closed = not typed  # the terminal has gone
                return typed
        return b""

    def _foreground(self) -> bool:
        try:
            return os.tcgetpgrp(self._fd) == os.getpgrp()
        except OSError:  # not the terminal that controls us, so nobody is stopped for using it
            return True

    def _take(self) -> None:
        import termios

        if self._before is not None:
            return
        with suppress(termios.error):
            self._before = termios.tcgetattr(self._fd)
            changed = [*self._before]
            changed[3] &= ~(termios.ICANON | termios.ECHO)
            changed[6] = [*changed[6]]
            changed[6][termios.VMIN], changed[6][termios.VTIME] = 1, 0
            termios.tcsetattr(self._fd, termios.TCSANOW, changed)

    def give_back(self) -> None:
        """Let the terminal be as it was, until the next reading."""
        import termios

        before, self._before = self._before, None
        if before is not None and self._foreground():
            with suppress(termios.error):
                termios.tcsetattr(self._fd, termios.TCSANOW, before)

    def close(self) -> None:
        """Read no more, and let the terminal be as it was. May be called from a signal's handler, and again."""
        self._closed = True
        self.give_back()

    def release_signals(self) -> None:
        """Let signals do what they did before."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.close()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _suspend(self, number: int, frame: FrameType | None) -> None:
        self.give_back()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # the process stands still here
        signal.signal(number, self._suspend)


def keyboard_of(stream: TextIO) -> Keyboard | None:
    """Return the keyboard of a stream that is a terminal, where terminals can be had so; else None."""
    if find_spec("termios") is None:
        return None
    return Keyboard(stream.fileno()) if stream.isatty() else None

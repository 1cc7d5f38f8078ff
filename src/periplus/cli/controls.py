"""The keys of a running scan: what was typed goes to whoever it concerns. They are looked at in every turn."""

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TextIO

from periplus.cli.keyboard import Keyboard, keyboard_of
from periplus.cli.keys import HELP, Key, keys_of, limit_text, stepped
from periplus.scan.recess import Recess

__all__ = ["Controls", "Limited", "terminal"]

STDIN = "-"


class Limited(Protocol):
    """A run whose rate can be changed: `scan.loop.Loop`."""

    @property
    def max_rate(self) -> float:
        """Packets a second, at most; 0: as many as there are."""

    def limit(self, max_rate: float) -> None:
        """At most so many from now on."""


class Controls:
    """Does what keys ask for. `most_pps` is never exceeded; 0: there is no such bound.

    `present_pps` tells how fast the run goes, `status` shows where it is, `quit_run` ends it, `tell` gets lines.
    """

    def __init__(
        self,
        keyboard: Keyboard,
        recess: Recess,
        most_pps: float,
        *,
        present_pps: Callable[[], float],
        status: Callable[[], None],
        quit_run: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        self.run: Limited | None = None  # as soon as there is one
        self._keyboard = keyboard
        self._most_pps = most_pps
        self._present_pps = present_pps
        self._tell = tell
        self._actions: dict[Key, Callable[[], None]] = {
            Key.PAUSE: recess.pressed,
            Key.STATUS: status,
            Key.QUIT: quit_run,
            Key.HELP: self._help,
        }

    def _help(self) -> None:
        for line in HELP:
            self._tell(line)

    def look(self) -> None:
        """See to the keys typed since the last look."""
        for key in keys_of(self._keyboard.read()):
            if key in self._actions:
                self._actions[key]()
            elif self.run is not None:
                wanted = stepped(self.run.max_rate, self._present_pps(), self._most_pps, key)
                self.run.limit(wanted)
                self._tell(limit_text(wanted, self._most_pps))


def terminal(stream: TextIO, files: list[str]) -> Keyboard | None:
    """Return the keyboard of standard input, unless lists of targets were read from there (`files` has a -)."""
    if STDIN in files:
        return None
    made: Keyboard | None = None
    with suppress(OSError, ValueError):  # closed
        made = keyboard_of(stream)
    return made

"""What a link asks: one technique on the ports of a space, or a list of questions by several techniques.

Finding hosts takes a handful of questions of different kinds. They are numbered, and the numbers stand for ports
in their space. Every technique has a table of its own; joined into one, each has its part of the signals.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from periplus.columns import I32, U8, U16
from periplus.technique.model import Table, Technique
from periplus.technique.signal import SIGNALS

__all__ = ["Menu"]

PORTS = 1 << 16


@dataclass(frozen=True)
class Menu:
    """`questions`: for each number the technique's row and the port; empty: ports are those of the one technique."""

    techniques: tuple[Technique, ...]
    questions: tuple[tuple[int, int], ...] = ()

    @cached_property
    def table(self) -> Table:
        """The tables one behind the other: technique k's signals begin at k * SIGNALS."""
        tables = [technique.table for technique in self.techniques]
        if len(tables) == 1:
            return tables[0]
        names = ("state", "reason", "check", "row", "rationed")
        return Table(*(np.concatenate([getattr(table, name) for table in tables]) for name in names))

    def signal(self, which: int, signal: U16) -> U16:
        """Signals of technique `which` as the joined table numbers them."""
        return signal + np.uint16(which * SIGNALS)

    def asked(self, number: U16) -> tuple[U8, U16]:
        """By number: the technique's row and the port."""
        if not self.questions:
            return np.zeros(len(number), np.uint8), number
        which, port = np.array(self.questions, np.uint16).T
        return which[number].astype(np.uint8), port[number]

    def number(self, which: int, port: U16) -> I32:
        """The number of a technique's port; -1 where it is not asked."""
        if not self.questions:
            return port.astype(np.int32)
        numbers: I32 = self._numbers[which][port]
        return numbers

    @cached_property
    def _numbers(self) -> "np.ndarray[tuple[int, int], np.dtype[np.int32]]":
        numbers = np.full((len(self.techniques), PORTS), -1, np.int32)
        for number, (which, port) in enumerate(self.questions):
            numbers[which, port] = number
        return numbers

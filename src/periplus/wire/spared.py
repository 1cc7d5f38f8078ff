"""Frames without data for ports that are spared it, beside those of all others that have it.

Closed ports acknowledge what data came with a segment. That an answer acknowledges none is right in any case, since
an open port may take none, so who hears the answers need not know which ports were spared.
"""

from collections.abc import Collection

import numpy as np

from periplus.columns import I64, U8
from periplus.wire.question import Maker, Questions

__all__ = ["SparingMaker"]

PORTS = 1 << 16


class SparingMaker:
    """Two makers of the same probe: `bare` for the questions of spared ports, `full` for the others."""

    __slots__ = ("_bare", "_full", "_spared")

    def __init__(self, full: Maker, bare: Maker, spared: Collection[int]) -> None:
        self._full = full
        self._bare = bare
        self._spared = np.zeros(PORTS, np.bool_)
        self._spared[list(spared)] = True

    def make(self, questions: Questions) -> list[tuple[U8, I64]]:
        """Return arrays of frames, each with the rows of the questions that it asks."""
        bare = self._spared[questions.port_them]
        made: list[tuple[U8, I64]] = []
        for maker, which in ((self._full, ~bare), (self._bare, bare)):
            rows = np.flatnonzero(which)
            if len(rows):
                made += [(frames, rows[some]) for frames, some in maker.make(questions[rows])]
        return made

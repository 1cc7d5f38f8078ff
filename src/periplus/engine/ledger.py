"""How far a run has come on its course: which hosts were given out to be asked, and which of these are not finished.

Two numbers would do if hosts were finished in the order in which they are begun. As they are not, the ledger keeps
`reached`, the position up to which all were given out, and below it those that are still open, as masks over pieces
of the course: a piece in which nothing is open costs nothing. So it is as large as what is under way, whatever the
size of the space and however long one slow host holds on.

Whoever begins with an earlier ledger's `reached` and `open` goes on where that one was.
"""

import numpy as np

from periplus.columns import I64, Mask, distinct
from periplus.space.address import Addresses
from periplus.space.course import Course

__all__ = ["Ledger"]

PIECE_BITS = 14
PIECE = 1 << PIECE_BITS


class Ledger:
    """The state of one run on one course."""

    def __init__(self, course: Course, reached: int = 0, still_open: I64 | None = None) -> None:
        """`still_open` are positions below `reached`, ascending, that an earlier run left unfinished."""
        self.course = course
        self.reached = reached
        self.left_open = np.zeros(0, np.int64) if still_open is None else still_open
        self.given: list[int] = []  # by engine on this course, how many hosts it has come along
        self._pieces: dict[int, Mask] = {}
        self._open = 0
        self._note_open(self.left_open)

    @property
    def finished(self) -> int:
        """How many hosts are finished."""
        return self.reached - self._open

    def give(self, reached: int) -> None:
        """All positions below `reached` are given out."""
        for first in range(self.reached - self.reached % PIECE, reached, PIECE):
            self._note_open(np.arange(max(first, self.reached), min(first + PIECE, reached)))
        self.reached = max(self.reached, reached)

    def _note_open(self, position: I64) -> None:
        piece = position >> PIECE_BITS
        for each in distinct(piece).tolist():
            mask = self._pieces.setdefault(each, np.zeros(PIECE, np.bool_))
            mask[position[piece == each] & (PIECE - 1)] = True
        self._open += len(position)

    def finish(self, a: Addresses) -> None:
        """Nothing more will be told of these hosts; those that are not open are left alone."""
        position = self.course.position_of(a)
        piece = position >> PIECE_BITS
        for each in distinct(piece[position >= 0]).tolist():
            mask = self._pieces.get(each)
            if mask is None:
                continue
            before = np.count_nonzero(mask)
            mask[position[piece == each] & (PIECE - 1)] = False
            left = np.count_nonzero(mask)
            self._open -= int(before - left)
            if not left:
                del self._pieces[each]

    def holds(self, a: Addresses) -> Mask:
        """Which of these hosts were given out and are not finished."""
        position = self.course.position_of(a)
        open_ = np.zeros(len(position), np.bool_)
        piece = position >> PIECE_BITS
        for each in distinct(piece[position >= 0]).tolist():
            if (mask := self._pieces.get(each)) is not None:
                here = (piece == each) & (position >= 0)
                open_[here] = mask[position[here] & (PIECE - 1)]
        return open_

    def still_open(self) -> I64:
        """The positions that were given out and are not finished, ascending."""
        found = [(each << PIECE_BITS) + np.flatnonzero(mask) for each, mask in sorted(self._pieces.items())]
        return np.concatenate([np.zeros(0, np.int64), *found])

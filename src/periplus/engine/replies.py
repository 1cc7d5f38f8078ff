"""What goes into the engine and what comes out of it: columns, and nothing that belongs to a transport."""

from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from typing import TypeVar

import numpy as np

from periplus.columns import F32, I64, U8, U16, Mask
from periplus.space.address import Addresses

__all__ = ["FIRST_UNANSWERED", "Findings", "Probes", "Replies", "Tally", "Unanswered"]


class Unanswered(IntEnum):
    """In a state column: the question is not settled yet. Above every state of `verdict.State`."""

    EXPIRED = 253  # asked, waited for in vain, may be asked again
    ASKED = 254  # on its way
    FRESH = 255  # never asked


FIRST_UNANSWERED = int(Unanswered.EXPIRED)
Column = TypeVar("Column", U16, I64)


@dataclass(frozen=True, slots=True)
class Replies:
    """Answers whose cookie was right, columns of equal length, for one group of hosts.

    cell: which question; signal: what the answer is (`technique.signal`); attempt: which try it answers, from 0;
    ttl: of the answer, 0 unknown; time_us: when it arrived. `sender` is who sent it; `window` that of a TCP segment;
    `row` the packet's in its batch.
    """

    cell: I64
    signal: U16
    attempt: U8
    ttl: U8
    time_us: I64
    sender: Addresses | None = None
    window: U16 | None = None
    row: I64 | None = None

    def __len__(self) -> int:
        return len(self.cell)

    def joined(self, other: "Replies") -> "Replies":
        """These and others of the same group; both with senders."""
        if self.sender is None or other.sender is None:
            raise ValueError("replies without a sender come one batch at a time")
        return Replies(
            np.concatenate([self.cell, other.cell]),
            np.concatenate([self.signal, other.signal]),
            np.concatenate([self.attempt, other.attempt]),
            np.concatenate([self.ttl, other.ttl]),
            np.concatenate([self.time_us, other.time_us]),
            Addresses.concat([self.sender, other.sender]),
            _both(self.window, other.window),
            _both(self.row, other.row),
        )


def _both(some: Column | None, others: Column | None) -> Column | None:
    return None if some is None or others is None else np.concatenate([some, others])


@dataclass(frozen=True, slots=True)
class Probes:
    """Questions to send now: cell and host number within the group, rank of the port, try from 0."""

    group: int
    cell: I64
    host: I64
    port_rank: I64
    attempt: U8

    def __len__(self) -> int:
        return len(self.cell)

    def turned(self, by: int) -> "Probes":
        """The same in another order: it begins with the one that was `by` from the end."""
        order = np.roll(np.arange(len(self)), by)
        return Probes(
            self.group, self.cell[order], self.host[order], self.port_rank[order], self.attempt[order]
        )


@dataclass(frozen=True, slots=True)
class Findings:
    """Verdicts just reached that a user waits for (open ports)."""

    group: int
    cell: I64
    host: I64
    port_rank: I64
    state: U8
    reason: U8
    ttl: U8
    tries: U8
    rtt_ms: F32

    def __len__(self) -> int:
        return len(self.cell)

    def only(self, rows: Mask) -> "Findings":
        """Some of them."""
        return replace(self, **{each.name: getattr(self, each.name)[rows] for each in fields(self)[1:]})


@dataclass(slots=True)
class Tally:
    """What a batch of answers came to."""

    accepted: int = 0
    lost: int = 0  # probes known to be lost
    telling: int = 0  # answers that tell of loss
    # These clock the pace: their number, and of those to first and to second tries the stretches in which their cells
    # were first asked; but for the first tries only while the group has fresh cells.
    clocking: int = 0
    first: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    second: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    queue_us: float = np.inf  # the least delay above the usual
    unqueued: int = 0  # answers that surely waited in none
    trip_us: float = 0.0  # the mean round trip; 0: none is known
    # Answers of hosts whose own way is not known, so that others tell what is usual; and the same delay of these.
    unproved: int = 0
    unproved_queue_us: float = np.inf
    proofs: int = 0  # of life, by ports that had answered before
    duplicates: int = 0
    late: int = 0  # their hosts were finished without them
    unexpected: int = 0
    unsolicited: int = 0

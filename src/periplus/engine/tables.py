"""The state of a group as columns: one row a question (`Cells`), one row a host (`Hosts`).

A question costs at most 24 bytes, as there may be millions under way.
"""

from dataclasses import dataclass

import numpy as np

from periplus.columns import F64, I32, I64, U8, U16
from periplus.engine.columns import bytes_per_row, column
from periplus.engine.replies import Probes, Unanswered

__all__ = ["NO_STRETCH", "Cells", "HostState", "Hosts", "bytes_taken", "count_fair", "unwrapped"]

NO_STRETCH = (1 << 16) - 1


class HostState:
    """The values of `Hosts.status`."""

    WAITING = 0  # the way to it is not known yet
    ACTIVE = 1
    FINISHED = 2
    TOLD = 3  # finished and reported


@dataclass(slots=True)
class Cells:
    """One row a question."""

    state: U8 = column("u1", "a State once answered, else an Unanswered", Unanswered.FRESH)
    reason: U8 = column("u1", "the Reason of the state")
    tries: U8 = column("u1", "probes sent")
    ttl: U8 = column("u1", "of the deciding answer; 0: unknown")
    rtt_ms: "np.ndarray[tuple[int], np.dtype[np.float32]]" = column("f4", "of the deciding answer", np.nan)
    sent_us: I64 = column("i8", "when the last probe left")
    again: U16 = column("u2", "ports' ranks that await their next try, host by host")
    sender: U16 = column("u2", "which router answered; 0: the target itself")
    alone: U8 = column("u1", "1: last asked in a turn of its own")
    refused: U8 = column("u1", "taken back, as its host may have refused to answer; 1: in company, 2: alone")
    stretch: U16 = column(
        "u2", "the pace's stretch (mod 65,535) when first asked; NO_STRETCH: its port is urgent"
    )


@dataclass(slots=True)
class Hosts:
    """One row a host."""

    status: U8 = column("u1", "a HostState")
    timed_out: U8 = column("u1", "1: given up after the host time-out")
    first: I64 = column("i8", "its first cell")
    count: I64 = column("i8", "its cells")
    allowed: U8 = column("u1", "tries that its silence deserves so far")
    outstanding: I64 = column("i8", "probes on their way")
    started_us: I64 = column("i8", "first probe")
    ended_us: I64 = column("i8", "when its last verdict was reached")
    answered: I32 = column("i4", "cells answered")
    opened: I32 = column("i4", "cells open")
    heard: I32 = column("i4", "answers that tell of loss")
    lost: I32 = column("i4", "probes known to be lost")
    proved: U8 = column("u1", "1: the host itself has answered, so it is up")
    reason: U8 = column("u1", "the Reason of its own first answer")
    ttl: U8 = column("u1", "of its own first answer")
    window_low: U16 = column("u2", "the least TCP window of those that opened", 0xFFFF)
    window_high: U16 = column("u2", "the greatest TCP window of those that opened")
    missed: F64 = column("f8", "expected open ports among the silent, when finished")
    done_before: U8 = column("u1", "1: an earlier run was done with it, and reported it to nobody")


# Beside its columns a host has its address, its number, its lists' cursors, its order, and its way in the link.
_HOST_BYTES = bytes_per_row(Hosts) + 16 + 8 + 24 + 24 + 32
_CELL_BYTES = bytes_per_row(Cells) + 8  # and its place among those on their way


def bytes_taken(hosts: int, cells: int) -> int:
    """About how much memory so many hosts with so many questions take, before any answer."""
    return hosts * _HOST_BYTES + cells * _CELL_BYTES


def count_fair(cells: Cells, probes: Probes) -> int:
    """How many first tries the pace may be judged by: urgent ports answer more often than others."""
    first = probes.cell[probes.attempt == 0]
    return int(np.count_nonzero(cells.stretch[first] != NO_STRETCH))


def unwrapped(stretch: U16, present: int) -> I64:
    """The numbers of stretches of which a column holds remainders; none is later than the present one."""
    return present - (present - stretch.astype(np.int64)) % NO_STRETCH

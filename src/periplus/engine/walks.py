"""The tables of traceroute: hosts to trace, probes, answers, and what is known of every hop."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from periplus.columns import F32, I32, I64, U8, Mask
from periplus.engine.columns import column
from periplus.space.address import Addresses
from periplus.wire.table import Table

__all__ = [
    "MAX_HOPS",
    "NONE",
    "TRIES",
    "TTL",
    "WIDTH",
    "Asks",
    "Cell",
    "Heard",
    "PathHop",
    "Paths",
    "Step",
    "Walks",
    "distance",
]

MAX_HOPS = 30
TRIES = 3
UNGUESSED = 8  # where a walk begins when no answer says how far the host is
NONE = MAX_HOPS + 1
WIDTH = MAX_HOPS + 2  # columns by TTL: 0 is this machine, the last one is never asked
TTL = np.arange(WIDTH, dtype=np.uint8)

_INITIAL = np.array([32, 64, 128, 255])  # what systems begin with


class Cell(IntEnum):
    """What is known of one TTL of one host; from ROUTER on it is settled."""

    UNASKED = 0
    FLYING = 1
    DUE = 2  # silent so far, and to be asked again
    ROUTER = 3
    FINAL = 4  # the target, or somebody who refused in its stead, answered
    SILENT = 5


def distance(ttl: U8) -> U8:
    """How many hops away a host is whose answer arrived with that TTL; 0, unknown, gives a middling guess."""
    initial = _INITIAL[np.searchsorted(_INITIAL, ttl)]
    hops = np.where(ttl > 0, initial - ttl + 1, UNGUESSED)
    return np.clip(hops, 1, MAX_HOPS).astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Walks(Table):
    """Hosts to trace: columns of equal length.

    first_hop i8: a number for the way out, below 2^20; guess u1: the supposed distance; patience_us i8: how long a
    first try is waited for.
    """

    address: Addresses
    first_hop: I64
    guess: U8
    patience_us: I64


@dataclass(frozen=True, slots=True, eq=False)
class Asks(Table):
    """Probes to send. row i8: the host's, as `Tracer.add` gave it; ttl u1; attempt u1, from 0."""

    row: I64
    ttl: U8
    attempt: U8

    @property
    def cell(self) -> I64:
        """The place of each probe's time of departure, for `Tracer.stamp`."""
        return (self.row * WIDTH + self.ttl) * TRIES + self.attempt


@dataclass(frozen=True, slots=True, eq=False)
class Heard(Table):
    """Answers to probes. final: no router says that the TTL ran out, but the packet went no further."""

    row: I64
    ttl: U8
    attempt: U8
    sender: Addresses
    final: Mask
    time_us: I64


@dataclass(frozen=True, slots=True)
class PathHop:
    """One hop of a path, at the edge; None where it was silent or its time is not known."""

    ttl: int
    address: int | None
    rtt_us: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """What a step asks of its caller. The paths of `finished` rows may be read until the next `add`."""

    asks: Asks
    finished: I64
    wake_us: int


@dataclass(slots=True)
class Paths:
    """A row a host; hop columns are by TTL as well."""

    hi: np.ndarray = column("u8", "the host's address, upper half")
    lo: np.ndarray = column("u8", "the host's address, lower half")
    serial: I64 = column("i8", "order of arrival", -1)
    first_hop: I64 = column("i8", "the way out")
    patience_us: I64 = column("i8", "wait for a first try")
    next_us: I64 = column("i8", "no probe before")
    overdue_us: I64 = column("i8", "when the first of the probes under way is given up", 1 << 62)
    leader: I64 = column("i8", "the row whose path is ours below `shared`", -1)
    guess: U8 = column("u1", "supposed distance")
    shared: U8 = column("u1", "hops below this TTL are the leader's; 0: none")
    top: U8 = column("u1", "lowest TTL with a final answer", NONE)
    exact: Mask = column("?", "the distance is settled, or given up")
    own: Mask = column("?", "the part that is not the leader's is known")
    hungry: Mask = column("?", "may have something to ask")
    complete: Mask = column("?", "the whole path is known")
    told: Mask = column("?", "complete, and handed over")
    state: U8 = column(("u1", (WIDTH,)), "Cell")
    tries: U8 = column(("u1", (WIDTH,)), "probes sent")
    node: I32 = column(("i4", (WIDTH,)), "number of the router", -1)
    rtt_us: F32 = column(("f4", (WIDTH,)), "round trip", np.nan)
    due_us: I64 = column(("i8", (WIDTH,)), "when the last try is given up")
    sent_us: I64 = column(("i8", (WIDTH, TRIES)), "when each try left")

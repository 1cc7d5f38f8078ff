"""Traceroute for many hosts at once: which probe with which TTL goes when, and what the answers make of the paths.

A probe whose TTL runs out makes the router there tell of itself (RFC 792, RFC 4443 section 3.3). The usual way is to
count up from one for every host. Here each host is begun where its own answer's TTL says that it is, and the path is
walked back towards us, because paths join on the way: where a walk meets a router that another walk through the same
first hop has met at the same distance, the rest is taken from there. That is the local stop set of Doubletree
(B. Donnet, P. Raoult, T. Friedman, M. Crovella, "Efficient algorithms for large-scale topology discovery", 2005).
A network of hosts behind one router costs two probes a host, and the way to the router once.

Of two walks that meet, the one that has ended or else the older goes on, and the other waits for its end. So waiting
makes no circle, and nobody waits for ever. The distance is settled first, one probe at a time, since a target that
gets two at once may take the second for a mistake; then several hops are under way together.

Limits: at most 30 hops, three tries a hop. Where routers share load by address, the part that is taken over may be
another host's way. A target that answers no probe has its path as far as it was found; beyond its supposed distance
five silent hops end the search.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from periplus.columns import F32, I32, I64, U8, Mask, distinct
from periplus.engine.bucket import Bucket
from periplus.engine.columns import allocate, column
from periplus.space.address import Addresses
from periplus.space.ranges import AddressSpace, Spans
from periplus.wire.table import Table

__all__ = [
    "LEAST_PATIENCE_US",
    "MAX_HOPS",
    "TRIES",
    "Asks",
    "Heard",
    "PathHop",
    "Step",
    "Tracer",
    "Walks",
    "distance",
]

MAX_HOPS = 30
TRIES = 3
WINDOW = 3  # hops of one host under way at once
GAP = 5  # silent hops in a row that end the search for a target
ACTIVE = 1024  # hosts under way; the others wait, and find the ways that these have found
BURST_S = 0.02
UNGUESSED = 8  # where a walk begins when no answer says how far the host is
PATIENCE_TRIPS = 4  # the host answers first, and no hop on the way is much slower
LEAST_PATIENCE_US = 250_000  # routers take their time over errors
NEVER = 1 << 62
TARGET = 0  # the number of a node that is the host itself; routers count from 1
NONE = MAX_HOPS + 1

_WIDTH = MAX_HOPS + 2  # by TTL: 0 is this machine, the last column is never asked
_TTL = np.arange(_WIDTH)
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
        return (self.row * _WIDTH + self.ttl) * TRIES + self.attempt


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
class _Paths:
    """A row a host; hop columns are by TTL as well."""

    hi: np.ndarray = column("u8", "the host's address, upper half")
    lo: np.ndarray = column("u8", "the host's address, lower half")
    serial: I64 = column("i8", "order of arrival", -1)
    first_hop: I64 = column("i8", "the way out")
    patience_us: I64 = column("i8", "wait for a first try")
    next_us: I64 = column("i8", "no probe before")
    leader: I64 = column("i8", "the row whose path is ours below `shared`", -1)
    guess: U8 = column("u1", "supposed distance")
    shared: U8 = column("u1", "hops below this TTL are the leader's; 0: none")
    top: U8 = column("u1", "lowest TTL with a final answer", NONE)
    exact: Mask = column("?", "the distance is settled, or given up")
    complete: Mask = column("?", "the whole path is known")
    told: Mask = column("?", "complete, and handed over")
    state: U8 = column(("u1", (_WIDTH,)), "Cell")
    tries: U8 = column(("u1", (_WIDTH,)), "probes sent")
    node: I32 = column(("i4", (_WIDTH,)), "number of the router", -1)
    rtt_us: F32 = column(("f4", (_WIDTH,)), "round trip", np.nan)
    due_us: I64 = column(("i8", (_WIDTH,)), "when the last try is given up")
    sent_us: I64 = column(("i8", (_WIDTH, TRIES)), "when each try left")


class Tracer:
    """All walks of a run. Times are microseconds of the caller's clock."""

    def __init__(self, now_us: int, pace_pps: float, delay_us: int = 0, parallelism: int = 0) -> None:
        """`pace_pps`: probes a second to all hosts; `delay_us`: between two probes to one host.

        `parallelism`: so many probes under way at once; 0: as many as fit.
        """
        self._paths = allocate(_Paths, 0)
        self._free = np.zeros(0, np.int64)
        self._waiting = np.zeros(0, np.int64)
        self._active = np.zeros(0, np.int64)  # rows in order of arrival
        self._delay_us = delay_us
        self._window = 1 if delay_us or parallelism else WINDOW
        self._most = parallelism or ACTIVE
        self._serial = 0
        self._routers: list[int] = [0]
        self._number: dict[int, int] = {}
        self._meets = np.zeros(0, np.int64)  # first hop, TTL and router as one number, ascending
        self._owner = np.zeros(0, np.int64)  # whose path the rest is taken from
        self._known = AddressSpace.of([])
        self._row_at = np.zeros(0, np.int64)
        self.pace(now_us, pace_pps)

    def pace(self, now_us: int, pace_pps: float) -> None:
        """From now on so many probes a second may go."""
        self._bucket = Bucket(pace_pps, pace_pps * BURST_S, now_us)

    @property
    def idle(self) -> bool:
        """Whether nobody is being traced."""
        return not len(self._active) and not len(self._waiting)

    # hosts

    def add(self, walks: Walks) -> I64:
        """Take hosts in; return their rows."""
        n = len(walks)
        if len(self._free) < n:
            self._recycle(n)
        rows, self._free = self._free[:n], self._free[n:]
        blank, paths = allocate(_Paths, 1), self._paths
        for name in _Paths.__slots__:
            getattr(paths, name)[rows] = getattr(blank, name)
        paths.hi[rows], paths.lo[rows] = walks.address.hi, walks.address.lo
        paths.first_hop[rows], paths.patience_us[rows] = walks.first_hop, walks.patience_us
        paths.guess[rows] = np.clip(walks.guess, 1, MAX_HOPS)
        paths.serial[rows] = np.arange(self._serial, self._serial + n)
        paths.state[rows, 0] = Cell.SILENT
        self._serial += n
        self._waiting = np.concatenate([self._waiting, rows])
        return rows

    def _recycle(self, wanted: int) -> None:
        """Rows of told hosts are used again, unless others may still take their path over; then there are more."""
        paths, old = self._paths, len(self._paths.serial)
        needed = np.zeros(old, np.bool_)
        needed[self._owner] = True
        leaders = paths.leader[self._active]
        needed[leaders[leaders >= 0]] = True
        self._free = np.flatnonzero(((paths.serial < 0) | paths.told) & ~needed)
        missing = max(wanted - len(self._free), 0)
        if not missing:
            return
        more = allocate(_Paths, max(missing, old, 64))
        for name in _Paths.__slots__:
            setattr(paths, name, np.concatenate([getattr(paths, name), getattr(more, name)]))
        self._free = np.concatenate([self._free, np.arange(old, len(paths.serial))])

    def locate(self, them: Addresses) -> I64:
        """The rows of addresses that are being traced now; -1 for others."""
        rank = self._known.rank_of(them)
        rows = np.full(len(them), -1, np.int64)
        rows[rank >= 0] = self._row_at[rank[rank >= 0]]
        return rows

    def _admit(self) -> None:
        """Waiting hosts become active where there is room."""
        fresh = self._waiting[: max(self._most - len(self._active), 0)]
        self._waiting = self._waiting[len(fresh) :]
        self._active = np.concatenate([self._active, fresh])

    def _index(self) -> None:
        rows, paths = self._active, self._paths
        them = Addresses(paths.hi[rows], paths.lo[rows])
        self._known = (
            AddressSpace.union([AddressSpace(Spans(them, them))]) if len(rows) else AddressSpace.of([])
        )
        self._row_at = np.zeros(len(rows), np.int64)
        self._row_at[self._known.rank_of(them)] = rows

    # the step

    def step(self, now_us: int, heard: Heard | None = None) -> Step:
        """Take answers in and say what to send, who is finished and when to wake."""
        if heard is not None and len(heard):
            self._hear(heard)
        self._expire(now_us)
        before = self._active
        self._search()
        finished = self._finish()
        self._admit()
        if len(finished) or len(self._active) != len(before):
            self._index()
            self._search()
        asks, held = self._choose(now_us)
        return Step(asks, finished, self._wake_us(now_us, held))

    def give_up(self) -> I64:
        """End all walks; return the rows of those that were begun, with what is known of them."""
        state = self._paths.state[self._active]
        self._paths.state[self._active] = np.where(state < Cell.ROUTER, Cell.SILENT, state)
        self._paths.exact[self._active] = True
        self._waiting = self._waiting[:0]
        return self._finish()

    def _hear(self, heard: Heard) -> None:
        paths = self._paths
        heard = heard[(heard.row >= 0) & (heard.ttl >= 1) & (heard.ttl <= MAX_HOPS)]
        state = paths.state[heard.row, heard.ttl]
        asked = heard.attempt < paths.tries[heard.row, heard.ttl]
        heard = heard[asked & (state != Cell.ROUTER) & (state != Cell.FINAL)]
        first = np.unique(heard.row * _WIDTH + heard.ttl, return_index=True)[1]
        heard = heard[first]
        row, ttl = heard.row, heard.ttl
        own = (heard.sender.hi == paths.hi[row]) & (heard.sender.lo == paths.lo[row])
        final = heard.final | own
        paths.state[row, ttl] = np.where(final, Cell.FINAL, Cell.ROUTER)
        paths.node[row, ttl] = self._nodes(heard.sender, own)
        rtt_us = heard.time_us - paths.sent_us[row, ttl, heard.attempt]
        paths.rtt_us[row, ttl] = np.maximum(rtt_us, 1)
        enough_us = np.maximum(rtt_us * PATIENCE_TRIPS, LEAST_PATIENCE_US)
        np.minimum.at(paths.patience_us, row, enough_us)
        np.minimum.at(paths.top, row[final], ttl[final])
        self._meet(row[~final], ttl[~final], paths.node[row, ttl][~final])

    def _nodes(self, sender: Addresses, own: Mask) -> I32:
        """Numbers for senders; the loop is over different routers."""
        nodes = np.full(len(sender), TARGET, np.int32)
        others = np.flatnonzero(~own)
        if len(others):
            pairs = np.stack([sender.hi[others], sender.lo[others]], axis=1)
            routers, place = np.unique(pairs, axis=0, return_inverse=True)
            numbers = [self._numbered((int(hi) << 64) | int(lo)) for hi, lo in routers]
            nodes[others] = np.array(numbers, np.int32)[place.reshape(-1)]
        return nodes

    def _numbered(self, address: int) -> int:
        if address not in self._number:
            self._number[address] = len(self._routers)
            self._routers.append(address)
        return self._number[address]

    def _expire(self, now_us: int) -> None:
        rows, paths = self._active, self._paths
        state = paths.state[rows]
        overdue = (state == Cell.FLYING) & (paths.due_us[rows] <= now_us)
        after = np.where(paths.tries[rows] >= TRIES, Cell.SILENT, Cell.DUE)
        paths.state[rows] = np.where(overdue, after, state)

    # meeting others

    def _meet(self, row: I64, ttl: U8, node: I32) -> None:
        """Of all that have met a router at the same distance one goes on, and the others follow it."""
        paths = self._paths
        meet = (paths.first_hop[row] << 40) | (ttl.astype(np.int64) << 32) | node
        for_all = distinct(meet)
        at = np.searchsorted(self._meets, for_all)
        new = np.ones(len(for_all), np.bool_)
        inside = at < len(self._meets)
        new[inside] = self._meets[at[inside]] != for_all[inside]
        before = np.full(len(for_all), -1, np.int64)
        before[~new] = self._owner[at[~new]]
        owner = self._eldest(for_all, before, meet, row)
        self._owner[at[~new]] = owner[~new]
        self._meets = np.insert(self._meets, at[new], for_all[new])
        self._owner = np.insert(self._owner, at[new], owner[new])
        replaced = (before >= 0) & (before != owner)
        place = np.searchsorted(for_all, meet)
        self._follow(
            np.concatenate([row, before[replaced]]),
            np.concatenate([owner[place], owner[replaced]]),
            np.concatenate([ttl, ((for_all[replaced] >> 32) & 0xFF).astype(np.uint8)]),
        )

    def _eldest(self, for_all: I64, before: I64, meet: I64, row: I64) -> I64:
        """Who goes on for each meeting point: one that has ended, or else the one that came first."""
        held = np.flatnonzero(before >= 0)
        point = np.concatenate([for_all[held], meet])
        row = np.concatenate([before[held], row])
        rank = np.where(self._paths.complete[row], -1, self._paths.serial[row])
        order = np.lexsort((rank, point))
        first = order[np.searchsorted(point[order], for_all)]
        eldest: I64 = row[first]
        return eldest

    def _follow(self, row: I64, leader: I64, ttl: U8) -> None:
        """The farthest point at which a path joins another one counts."""
        paths = self._paths
        joins = (row != leader) & (ttl > paths.shared[row])
        order = np.flatnonzero(joins)[np.argsort(ttl[joins], kind="stable")]
        paths.leader[row[order]] = leader[order]  # of several the last, which is the farthest, stays
        paths.shared[row[order]] = ttl[order]

    # deciding

    def _search(self) -> None:
        """Settle distances: a final answer with nothing final below it, or silence for long enough."""
        paths = self._paths
        rows = self._active[~paths.exact[self._active]]
        state, guess, top = paths.state[rows], paths.guess[rows].astype(np.int64), paths.top[rows]
        settled = state >= Cell.ROUTER
        up = self._upwards(settled, guess)
        quiet = up - 1 - np.maximum(_reach(state), guess - 1)
        below = np.minimum(top, MAX_HOPS) - 1
        found = top <= MAX_HOPS
        bottom = settled[np.arange(len(rows)), below]
        paths.exact[rows] = np.where(found, bottom, (up > MAX_HOPS) | (quiet >= GAP))

    @staticmethod
    def _upwards(settled: Mask, guess: I64) -> I64:
        """The first TTL from the guess on that is not settled."""
        candidates = ~settled & (guess[:, None] <= _TTL)
        candidates[:, NONE] = True
        first: I64 = candidates.argmax(axis=1)
        return first

    def _wanted(self, rows: I64) -> Mask:
        """By row and TTL: what is not settled and should be, of hosts whose distance is not settled one TTL."""
        paths = self._paths
        state, guess, top = paths.state[rows], paths.guess[rows].astype(np.int64), paths.top[rows]
        settled = state >= Cell.ROUTER
        found = top <= MAX_HOPS
        search = np.where(found, top - 1, self._upwards(settled, guess))
        last = np.where(found, top - 1, np.maximum(_reach(state), guess - 1))
        first = np.maximum(paths.shared[rows], 1)
        walk = (first[:, None] <= _TTL) & (last[:, None] >= _TTL)
        wanted: Mask = np.where(paths.exact[rows][:, None], walk, search[:, None] == _TTL) & ~settled
        return wanted

    def _finish(self) -> I64:
        """Who has all of its own path, and of its leader's what is shared."""
        paths, rows = self._paths, self._active
        own = paths.exact[rows] & ~self._wanted(rows).any(axis=1)
        while True:
            leader = paths.leader[rows]
            ready = own & ~paths.complete[rows] & ((leader < 0) | paths.complete[leader])
            if not ready.any():
                break
            self._complete(rows[ready])
        done = rows[paths.complete[rows]]
        paths.told[done] = True
        self._active = rows[~paths.complete[rows]]
        return done

    def _complete(self, rows: I64) -> None:
        paths = self._paths
        paths.complete[rows] = True
        rows = rows[paths.leader[rows] >= 0]
        leader = paths.leader[rows]
        taken = paths.shared[rows][:, None] > _TTL
        known = np.where(paths.state[leader] == Cell.ROUTER, Cell.ROUTER, Cell.SILENT)
        paths.state[rows] = np.where(taken, known, paths.state[rows])
        paths.node[rows] = np.where(taken, paths.node[leader], paths.node[rows])
        paths.rtt_us[rows] = np.where(taken, paths.rtt_us[leader], paths.rtt_us[rows])

    def _choose(self, now_us: int) -> tuple[Asks, bool]:
        """What goes now, the oldest hosts first, and from the far end; and whether something was held back."""
        rows, paths = self._active, self._paths
        wanted = self._wanted(rows)
        state = paths.state[rows]
        rank = np.cumsum(wanted[:, ::-1], axis=1)[:, ::-1]
        asked = wanted & (rank <= self._window) & (state != Cell.FLYING)
        if self._delay_us:
            asked &= (paths.next_us[rows] <= now_us)[:, None]
        place, column_ = np.nonzero(asked[:, ::-1])
        allowed = self._bucket.fill(now_us)
        held = len(place) > allowed
        self._bucket.take(min(allowed, len(place)))
        row, ttl = rows[place[:allowed]], (NONE - column_[:allowed]).astype(np.uint8)
        asks = Asks(row, ttl, paths.tries[row, ttl].copy())
        self._send(asks, now_us)
        return asks, held

    def _send(self, asks: Asks, now_us: int) -> None:
        paths, row, ttl = self._paths, asks.row, asks.ttl
        paths.tries[row, ttl] += 1
        paths.state[row, ttl] = Cell.FLYING
        paths.next_us[row] = now_us + self._delay_us
        self._departed(row, ttl, asks.attempt, np.full(len(row), now_us))

    def stamp(self, cell: I64, first_us: int, last_us: int) -> None:
        """The probes of these cells (`Asks.cell`) left between two times, evenly."""
        place, attempt = np.divmod(cell, TRIES)
        row, ttl = np.divmod(place, _WIDTH)
        left_us = np.linspace(first_us, last_us, len(cell), endpoint=False, dtype=np.int64)
        self._departed(row, ttl.astype(np.uint8), attempt.astype(np.uint8), left_us)

    def _departed(self, row: I64, ttl: U8, attempt: U8, left_us: I64) -> None:
        """Each further try is waited for twice as long."""
        paths = self._paths
        paths.sent_us[row, ttl, attempt] = left_us
        paths.due_us[row, ttl] = left_us + (paths.patience_us[row] << attempt.astype(np.int64))

    def _wake_us(self, now_us: int, held: bool) -> int:
        rows, paths = self._active, self._paths
        if not len(rows):
            return NEVER
        flying = paths.state[rows] == Cell.FLYING
        wake_us = int(paths.due_us[rows][flying].min(initial=NEVER))
        if held:
            wake_us = min(wake_us, self._bucket.ready_us(1.0))
        if self._delay_us:
            later = paths.next_us[rows]
            wake_us = min(wake_us, int(later[later > now_us].min(initial=NEVER)))
        return wake_us

    def path(self, row: int) -> list[PathHop]:
        """A finished host's hops, up to the one that answered last; for the edge."""
        paths = self._paths
        state, top = paths.state[row], int(paths.top[row])
        last = top if top <= MAX_HOPS else int(_reach(state[None, :])[0])
        return [self._hop(row, ttl) for ttl in range(1, last + 1)]

    def _hop(self, row: int, ttl: int) -> PathHop:
        paths = self._paths
        if paths.state[row, ttl] == Cell.SILENT:
            return PathHop(ttl, None, None)
        node = int(paths.node[row, ttl])
        own = (int(paths.hi[row]) << 64) | int(paths.lo[row])
        return PathHop(ttl, self._routers[node] if node else own, float(paths.rtt_us[row, ttl]))


def _reach(state: U8) -> I64:
    """The farthest TTL at which a router answered, by row; 0: none."""
    reach: I64 = np.where(state == Cell.ROUTER, _TTL, 0).max(axis=1)
    return reach

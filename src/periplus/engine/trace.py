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

import numpy as np

from periplus.columns import I32, I64, U8, Mask, distinct
from periplus.engine.bucket import Bucket
from periplus.engine.columns import allocate
from periplus.engine.meets import Meets, meeting
from periplus.engine.walks import (
    MAX_HOPS,
    NONE,
    TRIES,
    TTL,
    WIDTH,
    Asks,
    Cell,
    Heard,
    PathHop,
    Paths,
    Step,
    Walks,
)
from periplus.space.address import Addresses
from periplus.space.ranges import AddressSpace, Spans

__all__ = ["LEAST_PATIENCE_US", "Tracer"]

WINDOW = 3  # hops of one host under way at once
GAP = 5  # silent hops in a row that end the search for a target
ACTIVE = 1024  # hosts under way; the others wait, and find the ways that these have found
BURST_S = 0.02
PATIENCE_TRIPS = 4  # the host answers first, and no hop on the way is much slower
LEAST_PATIENCE_US = 250_000  # routers take their time over errors
NEVER = 1 << 62
TARGET = 0  # the number of a node that is the host itself; routers count from 1


class Tracer:
    """All walks of a run. Times are microseconds of the caller's clock."""

    def __init__(self, now_us: int, pace_pps: float, delay_us: int = 0, parallelism: int = 0) -> None:
        """`pace_pps`: probes a second to all hosts; `delay_us`: between two probes to one host.

        `parallelism`: so many probes under way at once; 0: as many as fit.
        """
        self._paths = allocate(Paths, 0)
        self._free = np.zeros(0, np.int64)
        self._waiting = np.zeros(0, np.int64)
        self._active = np.zeros(0, np.int64)  # rows in order of arrival
        self._delay_us = delay_us
        self._window = 1 if delay_us or parallelism else WINDOW
        self._most = parallelism or ACTIVE
        self._serial = 0
        self._routers: list[int] = [0]
        self._number: dict[int, int] = {}
        self._meets = Meets()
        self._known = AddressSpace.of([])
        self._row_at = np.zeros(0, np.int64)
        self.pace(now_us, pace_pps)

    def pace(self, now_us: int, pace_pps: float) -> None:
        """From now on so many probes a second may go."""
        self._bucket = Bucket(pace_pps, pace_pps * BURST_S, now_us)
        self._portion = pace_pps * BURST_S / 2  # worth waking for

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
        blank, paths = allocate(Paths, 1), self._paths
        for name in Paths.__slots__:
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
        needed[self._meets.owners] = True
        leaders = paths.leader[self._active]
        needed[leaders[leaders >= 0]] = True
        self._free = np.flatnonzero(((paths.serial < 0) | paths.told) & ~needed)
        missing = max(wanted - len(self._free), 0)
        if not missing:
            return
        more = allocate(Paths, max(missing, old, 64))
        for name in Paths.__slots__:
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
        self._paths.hungry[fresh] = True

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
        """Take answers in and say what to send, who is finished and when to wake.

        What a step costs depends on what happened, not on how many hosts are under way.
        """
        news = self._hear(heard) if heard is not None and len(heard) else np.zeros(0, np.int64)
        self._decide(distinct(np.concatenate([news, self._expire(now_us)])))
        before = len(self._active)
        finished = self._finish()
        self._admit()
        if len(finished) or len(self._active) != before:
            self._index()
        asks = self._choose(now_us)
        return Step(asks, finished, self._wake_us(now_us))

    def give_up(self) -> I64:
        """End all walks; return the rows of those that were begun, with what is known of them."""
        state = self._paths.state[self._active]
        self._paths.state[self._active] = np.where(state < Cell.ROUTER, Cell.SILENT, state)
        self._paths.own[self._active] = True
        self._waiting = self._waiting[:0]
        finished = self._finish()
        self._index()
        return finished

    def _hear(self, heard: Heard) -> I64:
        """Note what was asked and not answered before; return the rows that this touches."""
        paths = self._paths
        heard = heard[(heard.row >= 0) & (heard.ttl >= 1) & (heard.ttl <= MAX_HOPS)]
        state = paths.state[heard.row, heard.ttl]
        asked = heard.attempt < paths.tries[heard.row, heard.ttl]
        heard = heard[asked & (state != Cell.ROUTER) & (state != Cell.FINAL)]
        first = np.unique(heard.row * WIDTH + heard.ttl, return_index=True)[1]
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
        return np.concatenate([row, self._meet(row[~final], ttl[~final])])

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

    def _expire(self, now_us: int) -> I64:
        """Give up what is overdue; return the rows that this touches."""
        paths = self._paths
        rows = self._active[paths.overdue_us[self._active] <= now_us]
        state = paths.state[rows]
        overdue = (state == Cell.FLYING) & (paths.due_us[rows] <= now_us)
        after = np.where(paths.tries[rows] >= TRIES, Cell.SILENT, Cell.DUE)
        paths.state[rows] = np.where(overdue, after, state)
        return rows

    # meeting others

    def _meet(self, row: I64, ttl: U8) -> I64:
        """Of all that have met a router at the same distance one goes on, and the others follow it."""
        paths = self._paths
        follows = self._meets.join(meeting(paths.first_hop[row], ttl, paths.node[row, ttl]), row, self._rank)
        follows = follows[follows.ttl > paths.shared[follows.row]]
        # The farthest point at which a path joins another one counts: of several the last stays.
        follows = follows[np.argsort(follows.ttl, kind="stable")]
        paths.leader[follows.row] = follows.leader
        paths.shared[follows.row] = follows.ttl
        return follows.row[~paths.complete[follows.row]]

    def _rank(self, row: I64) -> I64:
        """Those that have ended come first, then the older ones."""
        return np.where(self._paths.complete[row], -1, self._paths.serial[row])

    # deciding

    def _decide(self, rows: I64) -> None:
        """After news of these rows: what is settled, when they are due, and that they may have something to ask."""
        paths = self._paths
        self._search(rows[~paths.exact[rows]])
        paths.own[rows] = paths.exact[rows] & ~self._wanted(rows).any(axis=1)
        paths.hungry[rows] = ~paths.own[rows]
        self._set_overdue(rows)

    def _search(self, rows: I64) -> None:
        """Settle distances: a final answer with nothing final below it, or silence for long enough."""
        paths = self._paths
        state, guess, top = paths.state[rows], paths.guess[rows].astype(np.int64), paths.top[rows]
        settled = state >= Cell.ROUTER
        up = self._upwards(settled, guess)
        quiet = up - 1 - np.maximum(_reach(state), guess - 1)
        below = np.minimum(top, MAX_HOPS) - 1
        found = top <= MAX_HOPS
        bottom = settled[np.arange(len(rows)), below]
        paths.exact[rows] = np.where(found, bottom, (up > MAX_HOPS) | (quiet >= GAP))

    def _set_overdue(self, rows: I64) -> None:
        paths = self._paths
        due_us = np.where(paths.state[rows] == Cell.FLYING, paths.due_us[rows], NEVER)
        paths.overdue_us[rows] = due_us.min(axis=1, initial=NEVER)

    @staticmethod
    def _upwards(settled: Mask, guess: I64) -> I64:
        """The first TTL from the guess on that is not settled."""
        candidates = ~settled & (guess[:, None] <= TTL)
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
        walk = (first[:, None] <= TTL) & (last[:, None] >= TTL)
        wanted: Mask = np.where(paths.exact[rows][:, None], walk, search[:, None] == TTL) & ~settled
        return wanted

    def _finish(self) -> I64:
        """Who has all of its own path, and of its leader's what is shared."""
        paths, rows = self._paths, self._active
        while True:
            leader = paths.leader[rows]
            ready = paths.own[rows] & ~paths.complete[rows] & ((leader < 0) | paths.complete[leader])
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
        taken = paths.shared[rows][:, None] > TTL
        known = np.where(paths.state[leader] == Cell.ROUTER, Cell.ROUTER, Cell.SILENT)
        paths.state[rows] = np.where(taken, known, paths.state[rows])
        paths.node[rows] = np.where(taken, paths.node[leader], paths.node[rows])
        paths.rtt_us[rows] = np.where(taken, paths.rtt_us[leader], paths.rtt_us[rows])

    def _choose(self, now_us: int) -> Asks:
        """What goes now: the oldest hosts first, and of each what is farthest away."""
        paths = self._paths
        allowed = self._bucket.fill(now_us)
        able = self._active[paths.hungry[self._active]]
        if self._delay_us:
            able = able[paths.next_us[able] <= now_us]
        rows = able[:allowed]  # each asks for one at least, but for those that wait for an answer
        asked = self._asked(rows)
        paths.hungry[rows] = False
        place, back = np.nonzero(asked[:, ::-1])
        row, ttl = rows[place[:allowed]], (NONE - back[:allowed]).astype(np.uint8)
        paths.hungry[rows[place[allowed:]]] = True
        self._bucket.take(len(row))
        asks = Asks(row, ttl, paths.tries[row, ttl].copy())
        self._send(asks, now_us)
        return asks

    def _asked(self, rows: I64) -> Mask:
        """By row and TTL: what the windows let go."""
        wanted = self._wanted(rows)
        rank = np.cumsum(wanted[:, ::-1], axis=1, dtype=np.uint8)[:, ::-1]
        asked: Mask = wanted & (rank <= self._window) & (self._paths.state[rows] != Cell.FLYING)
        return asked

    def _send(self, asks: Asks, now_us: int) -> None:
        paths, row, ttl = self._paths, asks.row, asks.ttl
        paths.tries[row, ttl] += 1
        paths.state[row, ttl] = Cell.FLYING
        paths.next_us[row] = now_us + self._delay_us
        self._departed(row, ttl, asks.attempt, np.full(len(row), now_us))

    def stamp(self, cell: I64, first_us: int, last_us: int) -> None:
        """The probes of these cells (`Asks.cell`) left between two times, evenly."""
        place, attempt = np.divmod(cell, TRIES)
        row, ttl = np.divmod(place, WIDTH)
        left_us = np.linspace(first_us, last_us, len(cell), endpoint=False, dtype=np.int64)
        self._departed(row, ttl.astype(np.uint8), attempt.astype(np.uint8), left_us)

    def _departed(self, row: I64, ttl: U8, attempt: U8, left_us: I64) -> None:
        """Each further try is waited for twice as long."""
        paths = self._paths
        paths.sent_us[row, ttl, attempt] = left_us
        paths.due_us[row, ttl] = left_us + (paths.patience_us[row] << attempt.astype(np.int64))
        self._set_overdue(distinct(row))

    def _wake_us(self, now_us: int) -> int:
        """When something is overdue, or something may be asked that may not now."""
        rows, paths = self._active, self._paths
        wake_us = int(paths.overdue_us[rows].min(initial=NEVER))
        hungry = rows[paths.hungry[rows]]
        if len(hungry):
            soonest_us = int(paths.next_us[hungry].min()) if self._delay_us else now_us
            wake_us = min(wake_us, max(soonest_us, self._bucket.ready_us(self._portion)))
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
    reach: I64 = np.where(state == Cell.ROUTER, TTL, 0).max(axis=1)
    return reach

"""A group of hosts under scan: every (host, port) is a cell, and every host a list of cells with cursors.

Each host's ports are one list in an order of its own. Every try is a cursor along that list: the second try follows
the first one at the distance of a time-out, the third the second. A cell that expires in try `k` is appended to
the list of try `k + 1`, and because that list never grows past what try `k` has already taken, all lists share
one piece of memory. Thus a retransmission needs no queue and no search, and a host costs a few numbers.

Nothing here is a loop over hosts, ports or probes; loops are over tries (at most eleven).
"""

from typing import TYPE_CHECKING

import numpy as np

from periplus.columns import F64, I32, I64, U8, Mask, distinct
from periplus.engine.columns import allocate
from periplus.engine.flights import Flights
from periplus.engine.lists import interleaved, ragged_ranks, spread
from periplus.engine.lore import Lore
from periplus.engine.loss import lost_shares
from periplus.engine.portorder import PortOrders, plain_orders
from periplus.engine.ration import QUESTIONS
from periplus.engine.replies import FIRST_UNANSWERED, Findings, Probes, Replies, Tally, Unanswered
from periplus.engine.rtt import observe
from periplus.engine.senders import note_senders
from periplus.engine.tables import NO_STRETCH, Cells, Hosts, HostState, bytes_taken, unwrapped
from periplus.engine.timing import Timing
from periplus.space.address import Addresses
from periplus.technique.model import UNEXPECTED, Table
from periplus.technique.verdict import State

if TYPE_CHECKING:
    from periplus.engine.meter import Metered

__all__ = ["Cells", "Group", "HostState", "Hosts"]


class Group(Lore):
    """The hosts of one group; `ports` is the number of ports of each, `host_id` its number in the space."""

    def __init__(
        self,
        number: int,
        addresses: Addresses,
        ports: I64,
        host_id: I64,
        key: int,
        timing: Timing,
        most: int,
        orders: PortOrders | None = None,
    ) -> None:
        super().__init__(addresses, timing, most)
        self.number = number
        self.host_id = host_id
        self.hosts = allocate(Hosts, len(addresses))
        self.hosts.count[:] = ports
        self.hosts.first[1:] = np.cumsum(ports)[:-1]
        self.hosts.allowed[:] = timing.min_tries
        self.cells = allocate(Cells, int(ports.sum()))
        self.ready, self.taken = np.zeros((2, timing.min_tries + 1, len(addresses)), np.int32)
        self.ready[0] = ports
        self.outstanding = 0
        self.stretch = 0  # of the pace; the engine's to set
        self.overdue_us = 0  # when a host may have taken too long, likewise
        self.metered: Metered | None = None  # and so is this
        self.orders = orders or plain_orders(ports, host_id, key)
        self._uniform = int(ports[0]) if (ports == ports[0]).all() else 0
        self.flights = Flights(len(addresses))
        self.memory = bytes_taken(len(addresses), len(self.cells.state))
        self.recount()

    def recount(self) -> None:
        """Count anew what is kept beside the columns, which somebody else may have filled."""
        self.fresh = int(self.ready[0].sum() - self.taken[0].sum())  # cells that were never asked
        self.drained = False  # whether nothing may be asked now
        self.news = True  # whether hosts may be finished and not reported
        self._untold = int(np.count_nonzero(self.hosts.status != HostState.TOLD))

    def host_of(self, cell: I64) -> I64:
        """Return the host of each cell."""
        if len(self) == 1:
            return np.zeros(len(cell), np.int64)
        if self._uniform:
            return np.floor_divide(cell, self._uniform)
        return np.searchsorted(self.hosts.first, cell, "right").astype(np.int64) - 1

    def timed(self, host: I64, rtt_us: F64) -> None:
        """Round trips of these hosts were measured."""
        observe(self.trips, host, rtt_us, self.timing)
        self.flights.hasten()

    # asking

    def room(self) -> I64:
        """By host, how many more probes its window lets out."""
        return np.maximum(self.window() - self.hosts.outstanding, 0)

    def waiting(self) -> tuple[I64, I64, I64]:
        """Return, by host, how many cells could be asked now for the first, the second, and a later time."""
        left, due = self._left()
        asked = (self.hosts.status == HostState.ACTIVE) & self.awake()
        open_to = np.where(due & asked, left, 0).astype(np.int64)
        second = open_to[1] if len(open_to) > 1 else np.zeros_like(open_to[0])
        return open_to[0], second, open_to[2:].sum(axis=0)

    def _left(self) -> tuple[I32, Mask]:
        """By try and host: cells not taken yet, and whether the host's silence deserves that try."""
        tries = int(self.hosts.allowed.max())
        due = np.arange(tries)[:, None] < self.hosts.allowed[None, :]
        return self.ready[:tries] - self.taken[:tries], due

    def next_turn_us(self) -> int:
        """When the next host with something to ask may be asked."""
        if not self.has_turns:
            return 0
        fresh, second, late = self.waiting()
        return self.turn_us(fresh + second + late > 0, self.hosts.outstanding)

    def paced_left_us(self) -> float:
        """How long the slowest of the hosts with rations takes for what is still to be asked."""
        if not self.in_turns:
            return 0.0
        fresh, second, late = self.waiting()
        return self.rations.left_us(fresh + second + late)

    def work_done(self) -> float:
        """Cells' worth of work done by hosts not yet told: asked counts half, answered the other half."""
        live = self.hosts.status != HostState.TOLD
        return float(self.taken[0][live].sum() + self.hosts.answered[live].sum()) / 2

    def take(self, fresh: I64, again: I64, now_us: int) -> Probes:
        """Ask so many fresh cells and retransmissions of each host; the probes of hosts are interleaved."""
        batches = [self._take_try(0, fresh)] if fresh.any() else []
        for attempt, hosts in self._later_tries():
            if not again.any():
                break
            left = self.ready[attempt] - self.taken[attempt]
            part = np.where(hosts & (attempt < self.hosts.allowed), np.minimum(again, left), 0)
            if part.any():
                batches.append(self._take_try(attempt, part))
                again = again - part
        cell = interleaved(batches)
        # An answer may have come while a cell waited in the list of its next try.
        cell = cell[self.cells.state[cell] >= FIRST_UNANSWERED]
        host = self.host_of(cell)
        if len(self) > 1:
            mixed = np.argsort(ragged_ranks(host), kind="stable")
            cell, host = cell[mixed], host[mixed]
        return self._ask(cell, host, now_us)

    def _later_tries(self) -> list[tuple[int, Mask]]:
        """In which order later tries are made, and by which hosts: those with rations settle one port at a time."""
        tries = range(1, len(self.ready) - 1)
        paced = self.rations.paced() if self.in_turns else np.zeros(len(self), np.bool_)
        own = [(attempt, paced) for attempt in reversed(tries)] if paced.any() else []
        return own + [(attempt, ~paced) for attempt in tries]

    def _take_try(self, attempt: int, counts: I64) -> I64:
        hosts = self.hosts
        host, rank = spread(counts)
        position = self.taken[attempt][host] + rank
        self.taken[attempt] += counts.astype(np.int32)
        first = hosts.first[host]
        if attempt:
            again: I64 = first + self.cells.again[first + position]
            return again
        self.fresh -= len(host)
        cell = first + self.orders.at(host, position)
        # Urgent ports are no fair sample of all, so no stretch is judged by them.
        self.cells.stretch[cell] = np.where(
            position < self.orders.urgent[host], NO_STRETCH, self.stretch % NO_STRETCH
        )
        return cell

    def _ask(self, cell: I64, host: I64, now_us: int) -> Probes:
        cells, hosts = self.cells, self.hosts
        attempt = cells.tries[cell]
        cells.tries[cell] += 1
        cells.state[cell] = Unanswered.ASKED
        cells.sent_us[cell] = now_us
        counts = np.bincount(host, minlength=len(self))
        cells.alone[cell] = counts[host] == 1
        hosts.outstanding += counts
        asked = counts > 0
        hosts.started_us[asked & (hosts.started_us == 0)] = now_us
        if self.in_turns:
            self.rations.asked(counts, now_us, self.trips.rto_us)
        if self.watched:
            self.hush.questioned(counts, now_us)
        self.outstanding += len(cell)
        if len(cell):
            self.flights.add(cell, now_us + int(np.min(self.patience_us(host, cells.tries[cell]))))
        return Probes(self.number, cell, host, cell - hosts.first[host], attempt)

    def stamp(self, cell: I64, first_us: int, last_us: int) -> None:
        """The probes of these cells left between two times, evenly."""
        self.cells.sent_us[cell] = np.linspace(first_us, last_us, len(cell), endpoint=False, dtype=np.int64)

    def stamp_each(self, cell: I64, sent_us: I64 | int) -> None:
        """The last probe of each cell left at its own time."""
        self.cells.sent_us[cell] = sent_us

    # hearing

    def answer(self, replies: Replies, table: Table) -> tuple[Tally, Findings | None]:
        """Take answers in; what is unexpected, unasked or said before changes nothing and is counted."""
        tally = Tally()
        verdict = table.state[replies.signal]
        current = self.cells.state[replies.cell]
        expected = verdict != UNEXPECTED
        active = self.hosts.status[self.host_of(replies.cell)] == HostState.ACTIVE
        # A try that was taken back was made all the same.
        back = (current == Unanswered.EXPIRED) & (self.cells.refused[replies.cell] > 0)
        asked = replies.attempt < self.cells.tries[replies.cell] + back
        settled = current < FIRST_UNANSWERED
        late = expected & asked & ~settled & ~active
        tally.unexpected = int((~expected).sum())
        tally.unsolicited = int((expected & ~asked).sum())
        tally.late = int(late.sum())
        usable = np.flatnonzero(expected & asked & ~settled & active)
        chosen = usable[np.unique(replies.cell[usable], return_index=True)[1]]
        if self.watched:
            newest = replies.attempt + 1 == self.cells.tries[replies.cell]
            again = np.flatnonzero(expected & settled & active & newest)
            tally.proofs = self.hush.proofs(self.host_of(replies.cell[again]), replies.time_us[again])
        tally.duplicates = int((expected & asked & ~late).sum()) - len(chosen) - tally.proofs
        tally.accepted = len(chosen)
        if not len(chosen):
            return tally, None
        return tally, self._settle(replies, chosen, table, tally)

    def _settle(self, replies: Replies, chosen: I64, table: Table, tally: Tally) -> Findings | None:
        cells, hosts = self.cells, self.hosts
        cell, signal = replies.cell[chosen], replies.signal[chosen]
        host = self.host_of(cell)
        flying = cells.state[cell] == Unanswered.ASKED
        hosts.outstanding -= np.bincount(host[flying], minlength=len(self))
        self.outstanding -= int(np.count_nonzero(flying))
        state = table.state[signal]
        cells.state[cell] = state
        cells.reason[cell] = table.reason[signal]
        cells.ttl[cell] = replies.ttl[chosen]
        hosts.answered += np.bincount(host, minlength=len(self)).astype(np.int32)
        np.maximum.at(hosts.ended_us, host, replies.time_us[chosen])
        note_senders(self, replies, chosen, cell)
        rationed = table.rationed[signal] > 0
        self._ration(replies, chosen, cell, host, rationed & (state == State.CLOSED))
        own = self._prove(replies, chosen, cell, host)
        self._time(replies, chosen, cell, host, own, tally)
        self._weigh(cell, host, replies.attempt[chosen], rationed, tally)
        self.hush.heard(cells, replies, chosen, host, flying, rationed)
        found = state == State.OPEN
        if not found.any():
            return None
        hosts.opened += np.bincount(host[found], minlength=len(self)).astype(np.int32)
        if replies.window is not None:
            window = replies.window[chosen[found]]
            np.minimum.at(hosts.window_low, host[found], window)
            np.maximum.at(hosts.window_high, host[found], window)
        return self.findings(cell[found], host[found])

    def _ration(self, replies: Replies, chosen: I64, cell: I64, host: I64, rationed: Mask) -> None:
        """Learn from closed ports that their hosts told by rationed answers."""
        if not rationed.any():
            return
        rows = cell[rationed]
        self.rations.answered(
            host[rationed],
            self.cells.sent_us[rows],
            replies.time_us[chosen[rationed]],
            self.cells.alone[rows] > 0,
            self.cells.refused[rows] > 1,
            self.rations.paced()[host[rationed]]
            & ((self.cells.tries[rows] - self.timing.min_tries) % QUESTIONS == 0),
            self.trips.rto_us,
        )

    def findings(self, cell: I64, host: I64) -> Findings:
        """Return cells as rows of findings."""
        cells = self.cells
        return Findings(
            self.number,
            cell,
            host,
            cell - self.hosts.first[host],
            cells.state[cell],
            cells.reason[cell],
            cells.ttl[cell],
            cells.tries[cell],
            cells.rtt_ms[cell],
        )

    def _prove(self, replies: Replies, chosen: I64, cell: I64, host: I64) -> Mask:
        """Which answers come from the target itself, and so prove it to be up.

        An error may be a router's, or without a sender this machine's own ("no route to host" when nobody
        answers on the link).
        """
        cells, hosts = self.cells, self.hosts
        own: Mask = cells.state[cell] != State.FILTERED
        if replies.sender is not None:
            own = own | (cells.sender[cell] == 0)
        new = own & (hosts.proved[host] == 0)
        hosts.reason[host[new]] = cells.reason[cell[new]]
        hosts.ttl[host[new]] = replies.ttl[chosen[new]]
        hosts.proved[host[own]] = 1
        return own

    def _time(self, replies: Replies, chosen: I64, cell: I64, host: I64, own: Mask, tally: Tally) -> None:
        known = own if replies.sender is None else np.ones(len(cell), np.bool_)
        last = np.flatnonzero(known & (replies.attempt[chosen] + 1 == self.cells.tries[cell]))
        if not len(last):
            return
        sent_us = self.cells.sent_us[cell[last]]
        rtt_us = np.maximum(replies.time_us[chosen[last]] - sent_us, 1).astype(np.float64)
        self.cells.rtt_ms[cell[last]] = rtt_us / 1000
        target = own[last]
        if not target.any():
            return
        whose, rtt_us = host[last[target]], rtt_us[target]
        self.feel(whose, rtt_us, self.hosts.answered[whose], tally)
        self.timed(whose, rtt_us)

    def _weigh(self, cell: I64, host: I64, attempt: U8, rationed: Mask, tally: Tally) -> None:
        """Count what these answers tell of loss. ICMP errors tell nothing: their senders ration them."""
        telling = (self.cells.state[cell] != State.FILTERED) & ~rationed
        if not telling.any():
            return
        whose, lost = host[telling], attempt[telling].astype(np.float64)
        heard_by = np.bincount(whose, minlength=len(self))
        lost_by: F64 = np.bincount(whose, lost, minlength=len(self)).astype(np.float64)
        self.hosts.heard += heard_by.astype(np.int32)
        self.hosts.lost += lost_by.astype(np.int32)
        tally.telling, tally.lost = len(whose), int(lost.sum())
        # When a host has no fresh cells left, only those that were lost once can still answer: that says
        # nothing of the rate, and its windows stay as they are.
        rows = np.flatnonzero((heard_by > 0) & (self.taken[0] < self.ready[0]))
        weight = self.taken[0][rows] / np.maximum(self.hosts.answered[rows], 1)
        self.windows.heard(rows, heard_by[rows].astype(np.float64), weight)
        self.windows.lost(rows, lost_by[rows])
        fair = telling & (self.cells.stretch[cell] != NO_STRETCH)
        stretch = unwrapped(self.cells.stretch[cell], self.stretch)
        tally.first = stretch[fair & (attempt == 0)]
        if self.fresh:
            tally.clocking = tally.telling
            tally.second = stretch[fair & (attempt == 1)]

    # waiting in vain

    def expire(self, now_us: int) -> bool:
        """Give up waiting for the probes that are overdue; True when any was."""
        if now_us < self.flights.next_us:
            return False
        cell = self.flights.due(now_us)
        cell = cell[self.cells.state[cell] == Unanswered.ASKED]
        due_us = self.cells.sent_us[cell] + self.patience_us(self.host_of(cell), self.cells.tries[cell])
        overdue = due_us <= now_us
        if not overdue.all():
            self.flights.add(cell[~overdue], int(due_us[~overdue].min()))
        if not overdue.any():
            return False
        self._give_up(cell[overdue], now_us)
        return True

    def _give_up(self, cell: I64, now_us: int) -> None:
        cells, hosts = self.cells, self.hosts
        cells.state[cell] = Unanswered.EXPIRED
        host = self.host_of(cell)
        hosts.outstanding -= np.bincount(host, minlength=len(self))
        self.outstanding -= len(cell)
        final = cells.tries[cell] >= hosts.allowed[host]
        back = self.rations.expired(host, cells.sent_us[cell], final, now_us) if self.in_turns else None
        if back is not None and back.any():
            self._take_back(cell[back], host[back])
            cell, host = cell[~back], host[~back]
        cells.refused[cell] = 0
        if self.watched:
            self.hush.expired(cells, cell, host)
        for tried in distinct(cells.tries[cell]):
            some = cells.tries[cell] == tried
            self._append(int(tried), cell[some], host[some])

    def _take_back(self, cell: I64, host: I64) -> None:
        """The last try of these cells does not count: each stands next in the list that it was taken from.

        That list's last places are free: what was taken from them is in these cells, so the next list is shorter.
        """
        cells = self.cells
        self.drained = False
        self.fresh += int(np.count_nonzero(cells.tries[cell] == 1))
        cells.refused[cell] = np.maximum(cells.refused[cell], 1 + cells.alone[cell])
        cells.tries[cell] -= 1
        for attempt in distinct(cells.tries[cell]):
            some = cells.tries[cell] == attempt
            whose, which = host[some], cell[some]
            first = self.hosts.first[whose]
            self.taken[attempt] -= np.bincount(whose, minlength=len(self)).astype(np.int32)
            position = self.taken[attempt][whose] + ragged_ranks(whose)
            self.cells.again[first + position] = (which - first).astype(np.uint16)

    def _append(self, attempt: int, cell: I64, host: I64) -> None:
        self.drained = False
        position = self.ready[attempt][host] + ragged_ranks(host)
        self.cells.again[self.hosts.first[host] + position] = (cell - self.hosts.first[host]).astype(
            np.uint16
        )
        self.ready[attempt] += np.bincount(host, minlength=len(self)).astype(np.int32)

    # ending

    @property
    def told(self) -> bool:
        """Whether every host is finished and reported."""
        return not self._untold

    def tell(self) -> I64:
        """Return the hosts that are finished and were not reported yet; now they are."""
        done = np.flatnonzero(self.hosts.status == HostState.FINISHED)
        self.hosts.status[done] = HostState.TOLD
        self._untold -= len(done)
        self.news = False
        return done

    def allow(self, which: Mask, tries: int) -> None:
        """The silence of these hosts deserves so many more tries, at most as many as may be."""
        allowed = self.hosts.allowed
        allowed[which] = np.minimum(allowed[which] + tries, self.timing.max_tries)
        self.drained = False
        self.lengthen()

    def lengthen(self) -> None:
        """Make lists for as many tries as some host is allowed."""
        missing = int(self.hosts.allowed.max()) + 1 - len(self.ready)
        if missing > 0:
            more = np.zeros((missing, len(self)), np.int32)
            self.ready, self.taken = np.concatenate([self.ready, more]), np.concatenate([self.taken, more])

    def settled(self) -> Mask:
        """Which active hosts have asked all they may and wait for nothing."""
        hosts = self.hosts
        left, due = self._left()
        behind = np.logical_or.reduce((left > 0) & due)
        idle: Mask = (hosts.status == HostState.ACTIVE) & (hosts.outstanding == 0) & ~behind & self.awake()
        return idle

    def ration(self, settled: Mask, now_us: int) -> Mask:
        """Let those settled hosts whose silence may be their ration's be asked once more; return which."""
        hosts, timing = self.hosts, self.timing
        if timing.defeat_rations or not self.in_turns:
            return np.zeros(len(self), np.bool_)
        more = settled & self.rations.unsettled() & (hosts.allowed < timing.max_tries) & (self.silent() > 0)
        if more.any():
            self.rations.begin_round(more, hosts.started_us, now_us)
            self.allow(more, QUESTIONS)
        return more

    def silent(self) -> I64:
        """How many cells of each host are unanswered."""
        return self.hosts.count - self.hosts.answered

    def lost_in_eras(self, eras: list[int], asked_out: Mask) -> F64:
        """By host, how many silent cells were probably lost in an era of the pace worse than others; `eras`: the
        stretches with which they begin; `asked_out`: hosts that asked all they may, as others' may be under way."""
        counts = (self.cells.tries > 0) & (self.cells.stretch != NO_STRETCH)
        asked = np.flatnonzero(counts & np.repeat(asked_out, self.hosts.count))
        era = np.searchsorted(eras, unwrapped(self.cells.stretch[asked], self.stretch), "right")
        silent = self.cells.state[asked] >= FIRST_UNANSWERED
        share = lost_shares(era, silent)
        if not share.any():
            return np.zeros(len(self))
        return np.bincount(self.host_of(asked[silent]), share[era[silent]], len(self)).astype(np.float64)

    def release(self, which: Mask) -> None:
        """The way to these hosts is known: they may be asked."""
        self.hosts.status[which & (self.hosts.status == HostState.WAITING)] = HostState.ACTIVE
        self.drained = False

    def finish(self, which: Mask, now_us: int) -> None:
        """Nothing more is asked of these hosts."""
        if not which.any():
            return
        hosts = self.hosts
        hosts.status[which] = HostState.FINISHED
        self.news = True
        # Cells that will not be asked keep no other group waiting.
        self.fresh -= int((self.ready[0][which] - self.taken[0][which]).sum())
        self.taken[0][which] = self.ready[0][which]
        hosts.ended_us[which] = now_us
        if hosts.outstanding[which].any():
            self._forget_flights(which)

    def _forget_flights(self, which: Mask) -> None:
        """Stop waiting for what is on its way to these hosts."""
        cell = self.flights.all()
        cell = cell[(self.cells.state[cell] == Unanswered.ASKED) & which[self.host_of(cell)]]
        self.cells.state[cell] = Unanswered.EXPIRED
        self.outstanding -= int(self.hosts.outstanding[which].sum())
        self.hosts.outstanding[which] = 0

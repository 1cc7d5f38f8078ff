"""Watches over the hosts of a scan: who falls silent is tested, left alone, resumed last (`hush`), and told.

When all fall silent at once it is not them: a cable, a router or a firewall in between is gone. Hosts that fell
silent with the last answer of anybody are therefore judged together, and long before any of them could be judged by
itself. If that cannot be chance this is an outage: nothing is sent but a question now and then, until somebody
answers or `MOST_OUTAGE_US` have passed. What was asked in vain meanwhile is then asked again, and the pace begins
anew. An outage that does not end is no longer waited for, and its hosts are told like others that stopped answering.

Hosts that were left alone keep their group in memory. Where that leaves no room for others they are resumed early.

Limits: with one or two hosts under scan nothing tells them from the path.
"""

from collections.abc import Callable, Collection, Iterable

import numpy as np

from periplus.columns import I64, U8, Mask
from periplus.engine.group import Group, HostState
from periplus.engine.hush import PAUSES_US, RARE, Phase
from periplus.engine.lists import ragged_ranks, spread
from periplus.engine.meter import Meters
from periplus.engine.replies import FIRST_UNANSWERED, Probes
from periplus.engine.timing import Timing
from periplus.technique.verdict import State

__all__ = ["Watch"]

QUESTIONS = 3  # of a round of the short test
MOST_TRIES = 15  # of a port, as a try is told by four bits
QUIET_US = 100_000  # without an answer of anybody
ASKED_IN_OUTAGE = 8  # of each group
MANY = 3  # hosts that fall silent together are no accident
BUSY_US = 5_000  # until a test that found no room is tried again
JUST_US = 20_000  # whoever was heard so soon before the last answer of all fell silent with everybody
STRAY = 0.25  # of so many others one may have been heard later, as the last that it was asked
OUTAGE_GAP_US = 2_000_000  # between two rounds while nobody answers
MOST_OUTAGE_US = 60_000_000
NEVER = 1 << 62


class Watch:
    """The watch of one engine. `outage`: nobody answers, so nothing but tests may be sent."""

    def __init__(self, timing: Timing, meters: Meters | None = None) -> None:
        """`meters`: the ceilings that tests count under."""
        self.outages = 0
        self.outage = False
        self.over = False  # somebody answers again who did not for some time, whatever the rate was
        self.stirred: set[int] = set()  # groups that may have hosts to be settled
        self._delay_us = timing.scan_delay_us
        self._meters = meters
        self._on = timing.leaves_alone
        self._life_us = -NEVER  # when anybody's last answer came
        self._began_us = 0  # the outage,
        self._quiet_us = 0  # and when the last answer before it had come
        self._hopeless = False  # the last outage did not end
        self._cells: dict[int, I64] = {}  # what the tests of each group ask

    def heard(self, time_us: int) -> None:
        """Somebody answered."""
        self._life_us = max(self._life_us, time_us)
        self._hopeless = False

    # suspicion

    def suspect(self, group: Group, groups: Collection[Group], now_us: int) -> None:
        """Questions of this group expired: who of it has fallen silent, or have all?"""
        if not self._on or not group.watched:
            return
        if not self.outage and now_us - self._life_us > QUIET_US and self._is_outage(groups, now_us):
            self._begin_outage(groups, now_us)
        which = group.hush.suspicious() & (group.hosts.status == HostState.ACTIVE)
        self._pause(group, which, now_us)

    def _pause(self, group: Group, which: Mask, now_us: int) -> None:
        """These have fallen silent, it seems: ask them nothing, and test them soon."""
        if which.any():
            host = np.flatnonzero(which)
            group.hush.columns.stopped_at[host] = _probes_before(group, host)
            group.hush.pause(which, now_us + max(PAUSES_US[0], self._delay_us))

    # the course of things

    def step(self, groups: Collection[Group], now_us: int, last: Callable[[], bool]) -> None:
        """Conclude tests whose time is over; `last`: whether no other hosts wait to be asked, or find any room."""
        watched = [each for each in groups if each.watched]
        for group in watched:
            group.hush.close(group.hosts.status > HostState.ACTIVE)
        # What came before it but was read since disproves it as well; and without suspects nobody would be tested.
        if self.outage and (
            self._life_us > self._quiet_us or not any(each.hush.suspects.any() for each in watched)
        ):
            self._end_outage(watched)
        for group in watched:
            if group.hush.next_us <= now_us:
                self._conclude(group, now_us)
        if self.outage and now_us - self._began_us > MOST_OUTAGE_US:
            self.outage, self._hopeless = False, True
            for group in watched:
                self._pause(group, (group.hosts.status == HostState.ACTIVE) & group.hush.turning, now_us)
        left = [each for each in watched if each.hush.left.any()]
        if left and last() and not any(map(_has_others, groups)):
            for group in left:
                group.hush.resume()
        for group in [each for each in watched if each.hush.woken]:
            self.over = self.over or group.hush.long_silent
            group.hush.woken = group.hush.long_silent = group.drained = False
            self.stirred.add(group.number)

    def _conclude(self, group: Group, now_us: int) -> None:
        hush, hosts = group.hush, group.hosts
        failed = self._in_vain(group, now_us)
        if not failed.any():
            return
        if self.outage:
            hush.pause(failed, now_us + OUTAGE_GAP_US)
            return
        gone = hush.fail(failed, now_us, self._delay_us)
        hosts.missed[gone] = _missed(group)[gone]
        group.finish(gone, now_us)

    def _in_vain(self, group: Group, now_us: int) -> Mask:
        """Whose test of this round has ended without an answer."""
        hush = group.hush
        ended = hush.due(Phase.ASKED, now_us)
        if not ended.any():
            return ended
        cell = self._cells.get(group.number, np.zeros(0, np.int64))
        left_us = np.zeros(len(group), np.int64)
        np.maximum.at(left_us, group.host_of(cell), group.cells.sent_us[cell])
        until_us = left_us + group.trips.rto_us.astype(np.int64)
        late = ended & (until_us > now_us)  # a ceiling held the questions back
        hush.wait(late, until_us)
        return ended & ~late

    # outages

    def _is_outage(self, groups: Iterable[Group], now_us: int) -> bool:
        """Whether so many fell silent, all with the last answer of anybody, that it cannot be they."""
        if self._hopeless:
            return False
        since_us = self._life_us - max(JUST_US, (now_us - self._life_us) // 4)
        watched = [each.hush for each in groups if each.watched]
        hosts, chances, heard_us = zip(*(each.silence(since_us) for each in watched), strict=True)
        if sum(hosts) < MANY or sum(chances) > 2 * RARE:
            return False
        stray = sum(each.heard_since(max(heard_us)) for each in watched)
        return bool(stray < sum(hosts) * STRAY)

    def _begin_outage(self, groups: Iterable[Group], now_us: int) -> None:
        """Nothing but tests leaves until somebody answers, and these go to a few hosts of each group."""
        self.outage, self._began_us, self._quiet_us = True, now_us, self._life_us
        self.outages += 1
        for group in groups:
            if group.watched:
                well = (group.hosts.status == HostState.ACTIVE) & group.hush.turning
                self._pause(group, well & (np.cumsum(well) <= ASKED_IN_OUTAGE), now_us)

    def _end_outage(self, watched: Iterable[Group]) -> None:
        """Somebody answers again: all go on, and what was asked meanwhile gets another try."""
        self.outage, self.over = False, True
        for group in watched:
            group.hush.acquit(group.hush.suspects)
            group.allow((group.hosts.status == HostState.ACTIVE) & (group.hosts.answered > 0), 1)

    # the short test

    def questions(self, groups: Iterable[Group], now_us: int, most: int) -> list[Probes]:
        """Return what tests ask now, at most so much."""
        made = []
        for group in groups:
            if group.watched and group.hush.next_us <= now_us:
                due = group.hush.due(Phase.PAUSED, now_us)
                each = 1 if self.outage or self._delay_us else QUESTIONS
                each = max(min(each, most), 1)  # a slow ceiling never lets out several at once
                host = np.flatnonzero(due)[: most // each]
                if len(host):
                    made.append(self._ask(group, host, each, now_us))
                    if self._meters and group.metered:
                        counts = np.bincount(made[-1].host, minlength=len(group))
                        self._meters.asked(group.metered, counts, now_us)
                    most -= len(made[-1])
                    due[host] = False
                group.hush.wait(due, np.full(len(group), now_us + BUSY_US))
        return made

    def _ask(self, group: Group, host: I64, each: int, now_us: int) -> Probes:
        cell = _answered_cells(group, host, each)
        whose = group.host_of(cell)
        attempt: U8 = group.cells.tries[cell]
        group.cells.tries[cell] += 1
        group.cells.sent_us[cell] = now_us
        self._cells[group.number] = np.concatenate([self._cells.get(group.number, cell[:0]), cell])[
            -QUESTIONS * len(group) :
        ]
        which = np.zeros(len(group), np.bool_)
        which[host] = True
        questions = np.bincount(whose, minlength=len(group)).astype(np.uint8)
        group.hush.ask(which, questions, now_us + group.trips.rto_us.astype(np.int64))
        return Probes(group.number, cell, whose, cell - group.hosts.first[whose], attempt)

    # for the engine

    def next_us(self, groups: Iterable[Group]) -> int:
        """When there is something to do."""
        return min((each.hush.next_us for each in groups if each.watched), default=NEVER)

    def waiting_fresh(self, groups: Iterable[Group]) -> int:
        """How many cells that were never asked belong to hosts that are left alone."""
        left = ((each, each.hush.left) for each in groups if each.watched)
        return sum(int((group.ready[0] - group.taken[0])[which].sum()) for group, which in left)

    def forget(self, number: int) -> None:
        """A group is over."""
        self._cells.pop(number, None)
        self.stirred.discard(number)


def _has_others(group: Group) -> bool:
    """Whether any host of a group is neither finished nor left alone."""
    going = group.hosts.status <= HostState.ACTIVE
    return bool((going & ~group.hush.left).any() if group.watched else going.any())


def _probes_before(group: Group, host: I64) -> I64:
    """How many probes these hosts had got when their last answers came."""
    owner, rank = spread(group.hosts.count[host])
    cell = group.hosts.first[host][owner] + rank
    tries = group.cells.tries[cell].astype(np.int64)
    after = (tries > 0) & (group.cells.sent_us[cell] > group.hush.columns.life_us[host][owner])
    before = np.bincount(owner, tries - after, len(host)).astype(np.int64)
    # When each of a batch left is interpolated, so an answer may seem to be before its question.
    return np.maximum(before, group.hosts.answered[host])


def _answered_cells(group: Group, host: I64, each: int) -> I64:
    """Ports of these hosts that have answered, so many of each: those least asked so far, open ones first."""
    cells = group.cells
    owner, rank = spread(group.hosts.count[host])
    cell = group.hosts.first[host][owner] + rank
    state = cells.state[cell]
    able = (state < FIRST_UNANSWERED) & (state != State.FILTERED) & (cells.tries[cell] < MOST_TRIES)
    cell, owner, state = cell[able], owner[able], state[able]
    order = np.lexsort((cell, state, cells.tries[cell], owner))
    chosen: I64 = cell[order][ragged_ranks(owner[order]) < each]
    return chosen


def _missed(group: Group) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """The expected open ports among those that hosts were not asked, or in vain: as many as among the others."""
    hosts, columns = group.hosts, group.hush.columns
    unasked = hosts.count - group.taken[0] + columns.silent
    share = hosts.opened / np.maximum(columns.known - columns.silent, np.maximum(hosts.answered, 1))
    return np.asarray(unasked * share, np.float64)

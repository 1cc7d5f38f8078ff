"""Which hosts have fallen silent while they were being scanned, and how each is treated until that is settled.

A host that drops what it does not like was silent from the beginning; one that answered and answers nothing any more
may be overloaded or broken, by us even, and must not be asked on. The two are told apart by order: ports are asked
in random order, so answers lie scattered among silence. Of `m` first tries whose fate is known `a` were answered, and
the last `k` were not. If the order says nothing, the chance that all `a` answers lie among the first `m - k` is
`C(m - k, a) / C(m, a)`: no share has to be assumed, and a few lucky answers at the beginning prove nothing. Both
`((m - k) / m)**a` and `(1 - a / m)**k` are above that, so the lesser of them errs on the patient side.

A host for which it is below `RARE` is suspected. It gets nothing for a while, then is asked again a few ports which
answered before (the short test), up to three times at growing distances. If it answers, the scan goes on, and it
takes much more to suspect it again. If not, it is left alone until the others are done; then comes the same test,
and whoever passes it is asked on slowly, one question at a time.

Answers that hosts ration (ICMP errors) are not counted as answers, as their pauses mean nothing; but each is a sign
of life. So is every other answer of the host's own. Urgent ports, which are asked first, are no fair sample and are
left out.

Limits: what was asked while the last answers were on their way counts neither way. A host of which nothing but
rationed answers came is never suspected. The share is measured anew when a run goes on after `--resume`.
"""

import math
from dataclasses import dataclass

import numpy as np

from periplus.columns import F64, I32, I64, U8, Mask
from periplus.engine.columns import allocate, bytes_per_row, column
from periplus.engine.replies import Replies
from periplus.engine.tables import NO_STRETCH, Cells
from periplus.technique.verdict import State

__all__ = ["HUSH_BYTES", "LAST_US", "PAUSES_US", "SLOW_US", "Hush", "Phase", "log_chance"]

RARE = math.log(1e-9)
FEWEST = 16  # silent ones in a row: fewer are one burst that a queue dropped
PAUSES_US = (500_000, 1_000_000, 2_000_000)  # before each round of the short test
LAST_US = 4_000_000  # a host that was left alone has at least so long to recover
SLOW_US = 20_000  # between two questions to a host that answers again
NEVER = 1 << 62


class Phase:
    """The values of `phase`."""

    WELL = 0
    PAUSED = 1  # suspected: nothing is asked until a moment comes
    ASKED = 2  # the short test is under way
    LEFT = 3  # left alone until the others are done
    GONE = 4  # finished before it answered again


@dataclass(slots=True)
class _Columns:
    phase: U8 = column("u1", "a Phase")
    round: U8 = column("u1", "rounds of the present test that were asked")
    passed: U8 = column("u1", "tests passed")
    slow: U8 = column("u1", "1: was left alone, and is asked slowly from now on")
    owed: U8 = column("u1", "questions of the test that were not answered")
    known: I32 = column("i4", "first tries whose fate is known")
    answered: I32 = column("i4", "of these, answered")
    silent: I32 = column("i4", "of these, asked after the last answer came and not answered")
    life_us: I64 = column("i8", "when its last answer came")
    until_us: I64 = column("i8", "when the phase ends; of a slow host: when it may be asked next")
    stopped_at: I64 = column("i8", "probes that it had got when it fell silent; 0: it has not")


HUSH_BYTES = bytes_per_row(_Columns)


def log_chance(known: I32, answered: I32, silent: I32) -> F64:
    """Return a bound from above to the logarithm of the chance that so many are silent at the end, by order alone."""
    total = np.maximum(known, 1)
    before = np.maximum(known - silent, 1) / total
    without = np.maximum(1 - answered / total, 1 / total)
    bound: F64 = np.minimum(answered * np.log(before), silent * np.log(without))
    return bound


class Hush:
    """Columns by host of one group."""

    def __init__(self, hosts: int) -> None:
        self.columns = allocate(_Columns, hosts)
        self.next_us = NEVER  # when the next phase ends
        self.woken = False  # whether hosts may be asked again that could not be before
        self.long_silent = False  # and of these some answered to no burst of questions, but after some time
        self._all_well = True
        self.some_slow = False

    # what is seen

    def heard(
        self, cells: Cells, replies: Replies, chosen: I64, host: I64, flying: Mask, rationed: Mask
    ) -> None:
        """The chosen replies settled their cells; `flying`: which of them were waited for, as columns by answer.

        Each answer of a host's own is a sign of life, and all but rationed ones tell how often it gives one.
        """
        columns, cell = self.columns, replies.cell[chosen]
        own = cells.state[cell] != State.FILTERED
        at_once = own & ~rationed & (replies.attempt[chosen] == 0) & (cells.stretch[cell] != NO_STRETCH)
        fate = at_once & flying & (cells.tries[cell] == 1)
        np.maximum.at(columns.life_us, host[own], replies.time_us[chosen[own]])
        columns.silent[host[own]] = 0
        columns.known += np.bincount(host[fate], minlength=len(columns.known)).astype(np.int32)
        columns.answered += np.bincount(host[at_once], minlength=len(columns.known)).astype(np.int32)
        if not self._all_well:
            self._prove(host[own])

    def expired(self, cells: Cells, cell: I64, host: I64) -> None:
        """These cells stayed silent; their first tries count."""
        columns = self.columns
        first = (cells.tries[cell] == 1) & (cells.stretch[cell] != NO_STRETCH)
        host, sent_us = host[first], cells.sent_us[cell[first]]
        after = sent_us > columns.life_us[host]
        columns.known += np.bincount(host, minlength=len(columns.known)).astype(np.int32)
        columns.silent += np.bincount(host[after], minlength=len(columns.known)).astype(np.int32)

    def proofs(self, host: I64, time_us: I64) -> int:
        """Ports answered that had answered before; return how many of the answers are to a short test."""
        columns = self.columns
        owed = np.minimum(np.bincount(host, minlength=len(columns.owed)), columns.owed)
        mine = columns.owed[host] > 0
        columns.owed -= owed.astype(np.uint8)
        np.maximum.at(columns.life_us, host[mine], time_us[mine])
        self._prove(host[mine])
        return int(owed.sum())

    def _prove(self, host: I64) -> None:
        """These hosts live."""
        columns = self.columns
        tested = np.zeros(len(columns.phase), np.bool_)
        tested[host] = True
        tested &= (columns.phase == Phase.PAUSED) | (columns.phase == Phase.ASKED)
        self.acquit(tested)

    def acquit(self, which: Mask) -> None:
        """These hosts are asked on; one that was left alone before, slowly."""
        columns = self.columns
        columns.phase[which] = Phase.WELL
        columns.passed[which] = np.minimum(columns.passed[which] + 1, 9)
        columns.silent[which] = 0
        columns.until_us[which] = 0
        columns.stopped_at[which & (columns.slow == 0)] = 0
        self.woken = self.woken or bool(which.any())
        self.long_silent = self.long_silent or bool((columns.round[which] > 1).any())
        self._plan()

    # what is concluded

    def suspicious(self) -> Mask:
        """Which hosts that were well have fallen silent, to all appearance."""
        columns = self.columns
        some: Mask = (columns.silent >= FEWEST) & (columns.phase == Phase.WELL) & (columns.answered > 0)
        if some.any():
            chance = log_chance(columns.known, columns.answered, columns.silent)
            some &= chance < RARE * 2.0**columns.passed
        return some

    def silence(self, since_us: int) -> tuple[int, float, int]:
        """Return how many hosts answered until then and not any more, the logarithm of the chance of that, and when
        the last of them was heard."""
        columns = self.columns
        which = self.turning & (columns.life_us >= since_us)
        rows = (each[which] for each in (columns.known, columns.answered, columns.silent))
        chance = float(log_chance(*rows).sum())
        return int(np.count_nonzero(which)), chance, int(columns.life_us[which].max(initial=-NEVER))

    def heard_since(self, since_us: int) -> int:
        """How many hosts were heard later."""
        return int(np.count_nonzero(self.columns.life_us > since_us))

    def pause(self, which: Mask, until_us: int) -> None:
        """Ask these nothing until then; the short test follows."""
        columns = self.columns
        columns.phase[which] = Phase.PAUSED
        columns.round[which] = 0
        columns.until_us[which] = until_us
        self._plan()

    def due(self, phase: int, now_us: int) -> Mask:
        """Of which hosts that phase ends now."""
        mine: Mask = (self.columns.phase == phase) & (self.columns.until_us <= now_us)
        return mine

    def ask(self, which: Mask, questions: U8, until_us: I64) -> None:
        """The short test of these is under way: so many questions to each host, waited for until then."""
        columns = self.columns
        columns.phase[which] = Phase.ASKED
        columns.round[which] += 1
        columns.owed[which] = questions[which]
        columns.until_us[which] = until_us[which]
        self._plan()

    def wait(self, which: Mask, until_us: I64) -> None:
        """What was asked left late: wait longer."""
        self.columns.until_us[which] = until_us[which]
        self._plan()

    def fail(self, which: Mask, now_us: int, least_us: int = 0) -> Mask:
        """These did not answer the test: they get another round, after `least_us` at least, or are left alone.

        Return who had been left alone before: nothing more is to be done for these.
        """
        columns = self.columns
        rounds = np.minimum(columns.round, len(PAUSES_US) - 1)
        more = which & (columns.round < len(PAUSES_US))
        columns.phase[more] = Phase.PAUSED
        columns.until_us[more] = now_us + np.maximum(np.array(PAUSES_US)[rounds[more]], least_us)
        gone = which & ~more & (columns.slow > 0)
        self.leave(which & ~more & ~gone, now_us)
        return gone

    def close(self, finished: Mask) -> None:
        """Of these nothing more is expected."""
        closed = finished & (self.columns.phase != Phase.WELL) & (self.columns.phase != Phase.GONE)
        if closed.any():
            self.columns.phase[closed] = Phase.GONE
            self._plan()

    def leave(self, which: Mask, now_us: int) -> None:
        """Leave these alone until `resume`."""
        self.columns.phase[which] = Phase.LEFT
        self.columns.owed[which] = 0
        self.columns.until_us[which] = now_us + LAST_US
        self._plan()

    def resume(self) -> None:
        """The others are done: whoever was left alone is tested, as soon as it had its time."""
        columns = self.columns
        left = self.left
        columns.slow[left] = 1
        columns.phase[left] = Phase.PAUSED
        columns.round[left] = 0
        self.some_slow = True
        self._plan()

    def _plan(self) -> None:
        columns = self.columns
        self._all_well = not columns.phase.any()
        timed = (columns.phase == Phase.PAUSED) | (columns.phase == Phase.ASKED)
        self.next_us = int(columns.until_us[timed].min(initial=NEVER))

    # who may be asked

    @property
    def awake(self) -> Mask | np.bool_:
        """Which hosts may be asked what a scan asks."""
        return np.True_ if self._all_well else self.columns.phase == Phase.WELL

    @property
    def turning(self) -> Mask:
        """Which hosts that answered have not done so lately, whatever that means."""
        columns = self.columns
        mine: Mask = (columns.phase == Phase.WELL) & (columns.answered > 0) & (columns.silent > 0)
        return mine

    @property
    def left(self) -> Mask:
        """Which hosts are left alone."""
        mine: Mask = self.columns.phase == Phase.LEFT
        return mine

    @property
    def suspects(self) -> Mask:
        """Which hosts are being tested, or will be."""
        phase = self.columns.phase
        mine: Mask = (phase == Phase.PAUSED) | (phase == Phase.ASKED)
        return mine

    @property
    def resumed(self) -> Mask:
        """Which hosts were left alone, and answered again."""
        mine: Mask = (self.columns.slow > 0) & (self.columns.phase == Phase.WELL)
        return mine

    def quota(self, wanted: I64, outstanding: I64, now_us: int) -> I64:
        """How many of the wanted questions may go to each host now."""
        if not self.some_slow:
            return wanted
        columns = self.columns
        one = (outstanding == 0) & (columns.until_us <= now_us)
        return np.where(columns.slow > 0, np.minimum(wanted, one), wanted)

    def questioned(self, counts: I64, now_us: int) -> None:
        """So many questions leave to each host."""
        if self.some_slow:
            slow = (counts > 0) & (self.columns.slow > 0) & (self.columns.phase == Phase.WELL)
            self.columns.until_us[slow] = now_us + SLOW_US

    def next_turn_us(self, waiting: Mask, outstanding: I64) -> int:
        """When the next of the hosts with something to ask may be asked; a far time: something must end before."""
        slow = self.columns.slow > 0
        ready_us = np.where(outstanding > 0, NEVER, self.columns.until_us)
        return int(np.where(slow, ready_us, 0)[waiting].min(initial=NEVER))

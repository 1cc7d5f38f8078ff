"""Rations: hosts send few ICMP errors, so a closed port may be silent; what each host allows is learned, and kept to.

RFC 1812 section 4.3.2.8 and RFC 4443 section 2.4 (f) have hosts limit the errors that they send. Linux gives each
destination one a second and six at once; others count by second, or keep a least distance. A host that has sent an
error of that kind therefore has its silent ports asked again at a pace of its own, in turns, all hosts side by side.

What is known of a limiter is when it last answered. A question asked well after that (`SURE` times the estimate)
finds it willing: its silence counts. One asked sooner, or beside another that took the answer, may have been refused:
it is taken back, as if it had not been asked. As a refused question costs a limiter nothing, the pace errs on the
fast side: when an answer comes at once the delay shrinks a little, and when it comes only to a question that had been
taken back it grows, so that about one in five is refused and no answer that the host would give goes unused.

Questions that nobody answers cost no ration either. When a sure one stays silent the next goes at once, then two
together, four, and so on, until an answer comes. So a thousand ports behind a firewall take seconds, not a thousand.

Silence is gone through in rounds, in which each port that is left is asked twice, the second time as soon as the
first was surely in vain, and later (`CERTAIN`) until the two have agreed for some ports. An answer to the second one
shows that the first was refused after all: the delay grows to the distance that was answered. A round that brought
any answer is followed by another. So a limiter that turns slower, or that was slower than anybody guessed, is found
out.

Limits: delays stay below `MOST_US`, so that a limiter slower than that makes closed ports look silent. On a path that
loses more than a fifth the delay creeps up to that, as a loss looks like a refusal. Every question that is taken back
stands against an answer, so there are no more of these than answers allow, and a limiter that has stopped for ever
ends like a firewall.
"""

from dataclasses import dataclass

import numpy as np

from periplus.columns import F64, I32, I64, U8, Mask
from periplus.engine.columns import allocate, column
from periplus.engine.timing import Timing

__all__ = ["QUESTIONS", "Rations"]

FIRST_US = 1_000_000.0  # when nothing is known yet: the slowest that is common
LEAST_US = 1_000.0
MOST_US = 4_000_000.0
AT_ONCE = 6  # errors that limiters save up while nobody asks
TELLING = 2 * AT_ONCE  # answers from which a rate can be estimated
SURE = 1.5
CERTAIN = 3.0
TRUSTED = 8  # questions in a row after which `SURE` is enough
EAGER = 0.85  # the delay shrinks by this with each answer until the first refusal,
STEADY = 0.96  # by this afterwards,
REFUSED = 1.15  # and grows by this with each refusal: they balance at one in five
MOST_GROWTH = 2.0  # after a mistake: to the distance that was answered, at most by this
MOST_TOGETHER = 32
QUESTIONS = 2  # of one round
NEVER = 1 << 62


@dataclass(slots=True)
class _Columns:
    delay_us: F64 = column("f8", "between two turns; 0: the host keeps none")
    next_us: I64 = column("i8", "when the next turn is")
    together: I64 = column("i8", "questions of one turn", 1)
    answered_us: I64 = column("i8", "when the last rationed answer came")
    answers: I32 = column("i4", "rationed answers")
    gained: I32 = column("i4", "of these in the present round")
    rounds: U8 = column("u1", "rounds begun")
    refused: U8 = column("u1", "1: a question was refused in its turn")
    agreed: U8 = column("u1", "ports in a row whose second question was as silent as the first")


class Rations:
    """Turns and rations of the hosts of a group, columns by host. `Timing.scan_delay_us` makes all keep turns."""

    def __init__(self, hosts: int, timing: Timing) -> None:
        self._columns = allocate(_Columns, hosts)
        self._columns.delay_us[:] = timing.scan_delay_us
        self._least_us = float(timing.scan_delay_us) or LEAST_US
        self._most_us = max(MOST_US, self._least_us)
        # A delay that the user asked for is kept to, whatever would be possible.
        self._hasty = not timing.scan_delay_us
        self._turns = timing.scan_delay_us > 0

    # turns

    def quota(self, wanted: I64, now_us: int) -> I64:
        """How many of the wanted questions may go to each host now."""
        if not self._turns:
            return wanted
        columns = self._columns
        mine = np.where(columns.next_us <= now_us, np.minimum(wanted, columns.together), 0)
        return np.where(columns.delay_us > 0, mine, wanted)

    def next_turn_us(self, waiting: Mask) -> int:
        """When the next of the hosts with something to ask may be asked; 0: at any time."""
        if not self._turns:
            return 0
        columns = self._columns
        return int(np.where(columns.delay_us > 0, columns.next_us, 0)[waiting].min(initial=NEVER))

    def asked(self, counts: I64, now_us: int, wait_us: F64) -> None:
        """So many questions leave to each host; `wait_us`: how long their answers are waited for."""
        if not self._turns:
            return
        columns = self._columns
        asked = counts > 0
        # Of several asked together it must be known whether one was answered before more are asked.
        delay_us = np.where(counts > 1, np.maximum(columns.delay_us, wait_us), columns.delay_us)
        columns.next_us[asked] = now_us + delay_us[asked].astype(np.int64)

    def paced(self) -> Mask:
        """Which hosts are asked at their ration's pace."""
        mine: Mask = self._columns.rounds > 0
        return mine

    def left_us(self, left: I64) -> float:
        """How long the slowest paced host takes for what is left to be asked of each."""
        return float((left * self._columns.delay_us)[self.paced()].max(initial=0.0))

    # learning

    def answered(
        self,
        host: I64,
        asked_us: I64,
        now_us: I64,
        alone: Mask,
        refused: Mask,
        again: Mask,
        wait_us: F64,
    ) -> None:
        """Rationed answers came: columns by answer.

        `asked_us` and `now_us`: when their questions left and they came; `alone`: asked in a turn without others;
        `refused`: taken back before; `again`: to the second question of a round. `wait_us`: by host, how long answers
        are waited for.
        """
        columns, hosts = self._columns, len(self._columns.rounds)
        early = asked_us < columns.answered_us[host] + SURE * columns.delay_us[host]
        times_refused = np.bincount(host[refused], minlength=hosts)
        at_once = np.bincount(host[early & alone & ~refused], minlength=hosts)
        # In later rounds every port had been taken for silent.
        mistaken = (again | (columns.rounds[host] > 1)) & ~early & ~refused
        wrong = np.bincount(host[mistaken], minlength=hosts) > 0
        columns.refused[times_refused > 0] = 1
        columns.agreed[wrong] = 0
        shrinks = np.where(columns.refused > 0, STEADY, EAGER) ** at_once
        # A refusal is known only when its answer is overdue: what is asked until then changes as much as one answer.
        weight = np.minimum(columns.delay_us / wait_us, 1.0)
        gap_us = np.zeros(hosts)
        np.maximum.at(gap_us, host, asked_us - columns.answered_us[host])
        longer = np.clip(gap_us / np.maximum(columns.delay_us, 1), 1, MOST_GROWTH)
        factor = np.where(wrong, longer, (shrinks * REFUSED**times_refused) ** weight)
        changed = self.paced()
        delay_us = np.clip(columns.delay_us * factor, self._least_us, self._most_us)
        columns.delay_us[changed] = delay_us[changed]
        np.maximum.at(columns.answered_us, host, now_us)
        count = np.bincount(host, minlength=hosts).astype(np.int32)
        columns.answers += count
        columns.gained += count
        columns.together[host] = 1

    def expired(self, host: I64, asked_us: I64, final: Mask, now_us: int) -> Mask:
        """Questions stayed silent: which of them must be taken back, since their hosts may have refused them.

        `final`: no other is to follow in this round, so that its silence will be believed.
        """
        columns, hosts = self._columns, len(self._columns.rounds)
        paced = self.paced()[host]
        if not paced.any():
            return paced
        sure_us, certain_us = self._willing_us()
        back: Mask = paced & (asked_us < np.where(final, certain_us[host], sure_us[host]))
        unsure, uncertain, quiet, agreeing = (
            np.bincount(host[which], minlength=hosts) > 0
            for which in (back, back & final, paced, final & ~back)
        )
        quiet &= ~unsure
        columns.agreed[agreeing] = np.minimum(columns.agreed[agreeing] + 1, TRUSTED)
        soonest_us = now_us if self._hasty else columns.next_us
        then_us = np.maximum(np.where(uncertain, certain_us, sure_us), soonest_us)
        columns.next_us[unsure] = then_us[unsure]
        if self._hasty:
            columns.next_us[quiet] = np.maximum(certain_us, now_us)[quiet]
            more = quiet & (certain_us <= now_us)
            most = np.maximum(columns.agreed.astype(np.int64) * (MOST_TOGETHER // TRUSTED), 1)
            columns.together[more] = np.minimum(2 * columns.together, most)[more]
        return back

    def _willing_us(self) -> tuple[I64, I64]:
        """From when on a host should answer: by the estimate, and with all the doubt that is left."""
        columns = self._columns
        doubt = np.where(columns.agreed >= TRUSTED, SURE, CERTAIN)
        sure_us = columns.answered_us + (SURE * columns.delay_us).astype(np.int64)
        return sure_us, columns.answered_us + (doubt * columns.delay_us).astype(np.int64)

    # rounds

    def unsettled(self) -> Mask:
        """Of which hosts silence says nothing yet: they ration, and were not asked so that it would."""
        columns = self._columns
        mine: Mask = (columns.answers > 0) & ((columns.rounds == 0) | (columns.gained > 0))
        return mine

    def begin_round(self, which: Mask, started_us: I64, now_us: int) -> None:
        """These hosts' silent ports are asked about again; `started_us`: when each was asked the first time."""
        columns = self._columns
        new = which & (columns.rounds == 0)
        if new.any():
            self._turns = True
            # From what came while they were asked faster than they answer, less what they had saved up.
            telling = columns.answers >= TELLING
            apart_us = (now_us - started_us) / np.maximum(columns.answers - AT_ONCE, 1)
            first_us = np.where(telling, apart_us, FIRST_US)
            columns.delay_us[new] = np.clip(first_us, self._least_us, self._most_us)[new]
            sure_us = columns.answered_us + (SURE * columns.delay_us).astype(np.int64)
            columns.next_us[new] = np.maximum(sure_us, np.maximum(columns.next_us, now_us))[new]
        columns.rounds[which] += 1
        columns.gained[which] = 0

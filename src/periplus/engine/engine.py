"""The engine: `step(now, replies)` says what to send, what was found, who is finished and when to wake it.

It knows spaces, tables and time, and no technique, transport or clock. Hosts are taken in groups, in the keyed order
of the whole space; a group is opened as soon as the ones before it have too little left to ask, not when they
are finished, so a slow host holds nobody up. Memory is that of the open groups, whatever the size of the space.

How silence ends: when a host has nothing left on its way, the loss measured so far says how many open ports its
silence may hide; above the target it gets another try, below it is believed (`loss`). A host that rations its answers
is asked again at its own pace before anything is believed (`ration`).
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from periplus.columns import I64, Mask, distinct
from periplus.engine.bucket import Bucket
from periplus.engine.group import Group, HostState
from periplus.engine.intake import Along, Fed, Intake, Ordered
from periplus.engine.limits import UNREAD, Limits
from periplus.engine.lists import fair_shares
from periplus.engine.loss import expected_missed, hidden_by_eras, per_try, shares
from periplus.engine.pace import Pace
from periplus.engine.portorder import PortOrders, different_orders
from periplus.engine.replies import Findings, Probes, Replies, Tally
from periplus.engine.tables import count_fair
from periplus.engine.timing import Timing
from periplus.engine.totals import Totals
from periplus.engine.watch import Watch
from periplus.space.address import Addresses
from periplus.space.space import Space
from periplus.technique.model import Table
from periplus.technique.verdict import Reason

if TYPE_CHECKING:
    from periplus.engine.ledger import Ledger
    from periplus.engine.meter import Meters
    from periplus.engine.remains import Remains
    from periplus.engine.unreported import Unreported

__all__ = ["Engine", "Limits", "Step", "Totals"]

NEVER = 1 << 62
SECOND = 1_000_000
ROUND_GAIN = 1 / 8
LATE_SHARE = 0.25  # of the floor, climbed or not, for third and later tries where probes get lost
LATE_LOSS = 0.05
LATE_S = 0.02
SPREAD = 2_654_435_761  # whole numbers times this are spread evenly (Knuth's multiplicative hashing)


@dataclass(slots=True)
class Step:
    """What a step asks of its caller. `finished` hosts may be read until the next step."""

    probes: list[Probes] = field(default_factory=list)
    findings: list[Findings] = field(default_factory=list)
    opened: list[Group] = field(default_factory=list)
    finished: list[tuple[Group, I64]] = field(default_factory=list)
    wake_us: int = NEVER


class Engine:
    """One scan of one space with one response table."""

    def __init__(
        self,
        space: Space,
        table: Table,
        timing: Timing,
        key: int,
        now_us: int,
        limits: Limits | None = None,
        *,
        urgent: Mask | None = None,
        fed: bool = False,
        until_up: bool = False,
        ledger: "Ledger | None" = None,
        remains: "Remains | None" = None,
        meters: "Meters | None" = None,
        unreported: "Unreported | None" = None,
    ) -> None:
        """`urgent`: of all 65,536 ports, those that each host is asked first. `fed`: hosts are asked when they are
        given to `admit`; `until_up`: until they are known to be there. `ledger`: only the hosts of its course are
        asked, from where it stands; `remains`: what an earlier run knew of hosts that it had not finished.
        `meters`: the ceilings of hosts and networks, which engines share; `unreported` keeps who is done with."""
        self._space = space
        self._table = table
        self._timing = timing
        self._key = key
        self._limits = limits or Limits()
        self._port_orders, self._kinds = different_orders([each.ports for each in space.blocks], urgent, key)
        size = self._size_of_groups()
        self._fed = Fed(size) if fed else None
        self._intake: Intake = self._fed or (
            Along(ledger, space, size) if ledger else Ordered(space.n_hosts, key, size)
        )
        self._until_up = until_up
        self._remains = remains
        self._meters = meters
        self._unreported = unreported
        self._restored: set[int] = set()  # groups with hosts that may have nothing left to ask
        self.groups: dict[int, Group] = {}
        self.totals = Totals()
        self._pace = Pace(timing, self._limits.outstanding, now_us, self._limits.in_flight)
        self._round_us = float(timing.initial_rtt_us)
        self._turn = 0
        self._late = Bucket(0.0, 0.0, now_us)
        self._held = False
        self.watch = Watch(timing, meters)
        self._telling: list[Group] = []  # groups whose hosts the last step reported

    def _size_of_groups(self) -> int:
        most_ports = max(len(block.ports) for block in self._space.blocks)
        wanted = max(self._limits.group_cells // most_ports, 1)
        return min(wanted, self._limits.group_hosts, self._space.n_hosts)

    @property
    def done(self) -> bool:
        """Whether every host is finished and reported."""
        return self._intake.exhausted and all(g.told for g in self.groups.values())

    # the caller's side of opening hosts

    def admit(self, host_id: I64) -> None:
        """Ask these hosts, given by their numbers in the space; ValueError for an engine that asks all of them."""
        if self._fed is None:
            raise ValueError("this engine asks every host of its space")
        self._fed.admit(host_id)

    def close_intake(self) -> None:
        """No more hosts will be admitted."""
        if self._fed is not None:
            self._fed.close()

    def release(self, number: int, which: Mask) -> None:
        """The way to these hosts of a group is known."""
        self.groups[number].release(which)

    def timed(self, number: int, host: I64, rtt_us: I64) -> None:
        """The way to these hosts of a group took so long, by something else than a probe; 0: not known."""
        group, known = self.groups[number], rtt_us > 0
        group.known[host[known]] = True
        group.timed(host[known], rtt_us[known].astype(np.float64))

    def dismiss(self, number: int, which: Mask, reason: Reason, now_us: int) -> None:
        """These hosts of a group cannot be reached: nothing more is asked of them."""
        group = self.groups[number]
        left = which & (group.hosts.status <= HostState.ACTIVE)
        group.hosts.reason[left] = reason
        group.finish(left, now_us)

    def locate(self, them: Addresses, port: "np.ndarray[tuple[int], np.dtype[np.uint16]]") -> tuple[I64, I64]:
        """Return (group, cell) of addresses and ports; group -1 where we never ask or are done."""
        host_id = self._space.host_of(them)
        rank = self._space.port_rank(host_id, port)
        number = np.full(len(them), -1, np.int64)
        cell = np.zeros(len(them), np.int64)
        known = np.flatnonzero((host_id >= 0) & (rank >= 0))
        home, place = self._intake.locate(host_id[known])
        for each in distinct(home):
            group = self.groups.get(int(each))
            if group is None:
                continue
            inside = home == each
            row = known[inside]
            number[row] = group.number
            cell[row] = group.hosts.first[place[inside]] + rank[row]
        return number, cell

    def remains(self) -> "Remains":
        """What is known of hosts that are not reported, for an engine that goes on later."""
        from periplus.engine.remains import joined_remains, remains_of  # only long scans keep any

        parts = [] if self._remains is None else [self._remains]
        parts += [] if self._unreported is None else [self._unreported.remains()]
        return joined_remains([*parts, *(remains_of(group) for group in self.groups.values())])

    # the step

    def step(self, now_us: int, replies: dict[int, Replies], room: int = NEVER) -> Step:
        """Take answers in and say what to do; `replies` by group number, `room` for at most so many probes."""
        step = Step()
        self._drop_told()
        for number, batch in replies.items():
            if number in self.groups:
                self._hear(self.groups[number], batch, step)
        if self._timing.host_timeout_us:
            for group in self.groups.values():
                self._time_out(group, now_us)
        stirred = self._restored | self._watched(now_us) | replies.keys()
        for group in [
            each for each in self.groups.values() if each.flights.next_us <= now_us or each.number in stirred
        ]:
            answered = group.number in replies
            if self._until_up and answered:
                group.finish((group.hosts.status == HostState.ACTIVE) & (group.hosts.proved > 0), now_us)
            expired = group.expire(now_us)
            if expired:
                self.watch.suspect(group, self.groups.values(), now_us)
            if expired or group.number in stirred:
                self._decide(group, now_us)
        # The fate of probes is known when what has come was read, and a full batch says that more has.
        if sum(map(len, replies.values())) < UNREAD:
            self._pace.review(now_us, self._round_us)
        self._open_groups(step)
        waiting, roomy = self._choose(now_us, step, room)
        self._report(step)
        # A finished host makes room for others, and a finished group ends the scan: both are seen at once.
        # Where there is no room, time brings none: the caller knows when there is.
        waiting = waiting and self._room(room) > 0
        step.wake_us = now_us if step.finished or step.opened else self._wake_us(now_us, waiting, roomy)
        return step

    def _drop_told(self) -> None:
        if self._unreported is not None:
            self._unreported.sort()
        for group in self._telling:
            if group.told:
                del self.groups[group.number]
                self._restored.discard(group.number)
                self.watch.forget(group.number)
                self._intake.forget(group.number)

    def _hear(self, group: Group, replies: Replies, step: Step) -> None:
        tally, findings = group.answer(replies, self._table)
        totals = self.totals
        totals.accepted += tally.accepted + tally.proofs
        if tally.accepted or tally.proofs:
            self.watch.heard(int(replies.time_us.max()))
        totals.heard += tally.telling
        totals.lost += tally.lost
        totals.duplicates += tally.duplicates
        totals.late += tally.late
        totals.unexpected += tally.unexpected
        totals.unsolicited += tally.unsolicited
        if findings is not None:
            totals.opened += len(findings)
            step.findings.append(findings)
        if tally.accepted:
            self._pace.heard(tally)
            self._feel_round(group, replies, tally)

    def _feel_round(self, group: Group, replies: Replies, tally: Tally) -> None:
        if not tally.telling:
            return
        host = distinct(group.host_of(replies.cell))
        news = float((group.trips.rto_us[host] + group.trips.srtt_us[host]).mean())
        self._round_us += ROUND_GAIN * (news - self._round_us)

    def _watched(self, now_us: int) -> set[int]:
        """Let the watch go on; return the groups in which hosts may be settled by that."""
        self.watch.step(self.groups.values(), now_us, self._is_last)
        if self.watch.over:
            self.watch.over = False
            self._pace.brake.restart()
        stirred, self.watch.stirred = self.watch.stirred, set()
        return stirred

    def _is_last(self) -> bool:
        """Whether no other hosts wait to be asked, or there is no room for any."""
        return self._intake.exhausted or not self._has_room()

    def _time_out(self, group: Group, now_us: int) -> None:
        if now_us < group.overdue_us:
            return
        hosts = group.hosts
        begun = (hosts.status == HostState.ACTIVE) & (hosts.started_us > 0)
        overdue = begun & (now_us - hosts.started_us > self._timing.host_timeout_us)
        if overdue.any():
            hosts.timed_out[overdue] = 1
            group.finish(overdue, now_us)
        left = hosts.started_us[begun & ~overdue]
        group.overdue_us = int(left.min(initial=now_us)) + self._timing.host_timeout_us

    def _decide(self, group: Group, now_us: int) -> None:
        group.review(now_us)
        settled = group.settled()
        if not settled.any():
            return
        hosts, timing = group.hosts, self._timing
        before = hosts.done_before > 0
        settled &= ~group.ration(settled & ~before, now_us)
        silent = group.silent().astype(np.int32)
        # Without an answer there is nothing to tell neighbours apart by.
        network = group.network if hosts.heard.any() else np.zeros(len(group), np.int64)
        share = shares(hosts.lost, hosts.heard, network, self.totals.lost, self.totals.heard)
        loss = per_try(share, hosts.allowed)
        missed = expected_missed(loss, hosts.allowed, hosts.opened, hosts.answered, silent)
        eras = self._pace.brake.eras
        if len(eras) > 1:
            lost = group.lost_in_eras(eras, settled | (hosts.status >= HostState.FINISHED))
            hidden = hidden_by_eras(lost, hosts.opened, hosts.answered)
            hidden *= loss ** (
                hosts.allowed - float(timing.min_tries)
            )  # what differs after more tries is chance
            missed = np.maximum(missed, hidden)
        enough = missed <= timing.missed_per_1000 * silent / 1000
        if self._pace.brake.was_flooded:  # the first two tries may both have fallen into the time before
            enough &= (silent == 0) | (hosts.allowed > timing.min_tries)
        believed = settled & (enough | before | (hosts.allowed >= timing.max_tries))
        hosts.missed[believed] = np.where(before, 0.0, missed)[believed]  # that was counted then
        if (more := settled & ~believed).any():
            group.allow(more, 1)
        group.finish(believed, now_us)

    def _open_groups(self, step: Step) -> None:
        while self._has_room() and (taken := self._intake.take()):
            number, host_id = taken
            group = Group(
                number=number,
                addresses=self._space.host_at(host_id),
                ports=self._space.n_ports(host_id).astype(np.int64),
                host_id=host_id,
                key=self._key,
                timing=self._timing,
                most=self._limits.outstanding,
                orders=self._orders_of(host_id),
            )
            self.groups[group.number] = group
            group.usual = self._pace.usual
            group.metered = self._meters.of(group.addresses) if self._meters else None
            if self._remains is not None and len(self._remains):
                from periplus.engine.remains import restore

                used = restore(group, self._remains)
                self._remains = self._remains.without(used)
                self._restored |= {group.number} if used.any() else set()
            step.opened.append(group)

    def _orders_of(self, host_id: I64) -> PortOrders:
        return PortOrders(
            self._port_orders, self._kinds[self._space.block_of(host_id)], host_id.astype(np.uint64)
        )

    def _has_room(self) -> bool:
        groups = self.groups.values()
        fresh = sum(group.fresh for group in groups) - self.watch.waiting_fresh(groups)
        return fresh < self._limits.batch and sum(group.memory for group in groups) < self._limits.memory

    def _choose(self, now_us: int, step: Step, room_out: int) -> tuple[bool, bool]:
        """Pick the probes of this step; return whether more are waiting to be asked, and in which hosts' windows
        there would be room for them."""
        outstanding = sum(group.outstanding for group in self.groups.values())
        clocked, floor, most = self._pace.allowance(now_us, outstanding)
        whole = min(self._limits.batch, room_out)  # who calls comes again as soon as it takes more
        fills_up = whole <= most
        most = min(most, whole)
        step.probes += self.watch.questions(self.groups.values(), now_us, most)
        tests = sum(map(len, step.probes))
        self.totals.sent += tests
        most -= tests
        if self.watch.outage:
            return False, False
        spent_window, spent_floor = tests, 0
        more = roomy = False
        late_room = self._late_room(now_us)
        self._held = False
        for group in [each for each in self.groups.values() if not each.drained]:
            if fills_up and not most:
                more = roomy = True
                break
            group.stretch = self._pace.brake.stretch
            fresh, second, all_late = group.waiting()
            group.drained = not (fresh.any() or second.any() or all_late.any())
            late = fair_shares(all_late, late_room, self._turn)
            self._held = self._held or bool((late < all_late).any())
            again = second + late
            left = fresh + again
            if not left.any():
                continue
            wanted = group.quota(left, group.hosts.outstanding, now_us)
            if self._meters and group.metered:
                wanted = self._meters.quota(group.metered, wanted, now_us)
            room = group.room()
            # The floor is for hosts whose own windows are full, so it gets what the windows leave of the most.
            by_window = fair_shares(np.minimum(wanted, room), min(clocked, most), self._turn)
            window_part = int(by_window.sum())
            by_floor = fair_shares(wanted - by_window, min(floor, most - window_part), self._turn)
            floor_part = int(by_floor.sum())
            clocked, floor, most = clocked - window_part, floor - floor_part, most - window_part - floor_part
            spent_window, spent_floor = spent_window + window_part, spent_floor + floor_part
            total = by_window + by_floor
            self._turn += int(total.any())  # a turn that gave nothing is nobody's
            more = more or bool((left > total).any())
            roomy = roomy or bool(((left > total) & (room > by_window)).any())
            if not total.any():
                continue
            probes = self._split(group, fresh, again, total, now_us)
            if len(probes):
                step.probes.append(probes)
                self.totals.sent += len(probes)
                if self._meters and group.metered:
                    counts = np.bincount(probes.host, minlength=len(group))
                    self._meters.asked(group.metered, counts, now_us)
                late_sent = int(np.count_nonzero(probes.attempt > 1))
                late_room -= late_sent
                self._late.take(late_sent)
        first_tries = sum(count_fair(self.groups[each.group].cells, each) for each in step.probes)
        self._pace.sent(spent_window, spent_floor, first_tries)
        return more, roomy

    def _late_room(self, now_us: int) -> int:
        """How many third and later tries may go.

        Where probes get lost, those that are left over would leave in one burst, and be lost in it again.
        """
        late_pps = max(self._timing.floor_rate, self._pace.floor_pps) * LATE_SHARE
        if late_pps != self._late.rate:
            self._late = Bucket(late_pps, late_pps * LATE_S, now_us)
        tokens = self._late.fill(now_us)
        return tokens if self._late.rate and self.totals.loss > LATE_LOSS else NEVER

    def _room(self, room_out: int) -> int:
        """How many more probes the caller and the machine could take."""
        outstanding = sum(group.outstanding for group in self.groups.values())
        return min(room_out, self._limits.in_flight - outstanding)

    def _split(self, group: Group, fresh: I64, again: I64, total: I64, now_us: int) -> Probes:
        """Half of what may go are retransmissions, as long as there is news to ask: loss shows early."""
        repeats = np.minimum(again, np.maximum((total + 1) // 2, total - fresh))
        probes = group.take(total - repeats, repeats, now_us)
        if not repeats.any() or not len(probes):
            return probes
        # A full queue on the way drops the ends of bursts, and not always the same tries may be there.
        return probes.turned(self._turn * SPREAD % len(probes))

    def _report(self, step: Step) -> None:
        for group in [each for each in self.groups.values() if each.news]:
            done, hosts = group.tell(), group.hosts
            if not len(done):
                continue
            self.totals.hosts_done += len(done)
            self.totals.stopped += group.stopped(done)
            self.totals.cells_done += int(hosts.count[done].sum())
            self.totals.missed += float(hosts.missed[done].sum())
            step.finished.append((group, done))
        self._telling = [group for group, _ in step.finished]
        if self._unreported is not None:
            self._unreported.note(step.finished)

    def _wake_us(self, now_us: int, waiting: bool, roomy: bool) -> int:
        nobody_us = now_us if self._intake.exhausted else NEVER  # more hosts come from outside
        wake_us = min((group.flights.next_us for group in self.groups.values()), default=nobody_us)
        wake_us = min(wake_us, self.watch.next_us(self.groups.values()))
        late_us = self._late.ready_us(self._late.rate * LATE_S / 2) if self._held else NEVER
        if late_us > now_us:  # else they are held by their hosts' turns
            wake_us = min(wake_us, late_us)
        if waiting:
            outstanding = sum(group.outstanding for group in self.groups.values())
            soonest = self._pace.ready_us(outstanding, roomy)
            turns = (self._next_turn_us(group) for group in self.groups.values() if not group.drained)
            soonest = max(soonest, min(turns, default=0))
            wake_us = min(wake_us, soonest)
        return wake_us

    def _next_turn_us(self, group: Group) -> int:
        turn_us = group.next_turn_us()
        if not self._meters or not group.metered:
            return turn_us
        fresh, second, late = group.waiting()
        return max(turn_us, self._meters.ready_us(group.metered, fresh + second + late > 0))

    def limit(self, max_rate: float, *, flooded: bool = False) -> None:
        """At most so many probes a second from now on. `flooded`: the way was, and may have lost what was sent."""
        self._pace.limit(max_rate, flooded=flooded)

    def charge(self, packets: int) -> None:
        """Somebody else sent packets that a ceiling on the rate has to cover."""
        self._pace.charge(packets)

    def paced_left_s(self) -> float | None:
        """Return how long the hosts that ration their answers take, once nothing else is left to do; else None.

        It is what the slowest one has to be asked, times its delay: an answer less than expected makes it shorter.
        """
        if not self._intake.exhausted or any(group.fresh for group in self.groups.values()):
            return None
        left_us = max((group.paced_left_us() for group in self.groups.values()), default=0.0)
        return left_us / SECOND or None

    def work_done(self) -> float:
        """Return the share of the work done, 0..1: a question counts half when asked, whole when settled."""
        live = sum(group.work_done() for group in self.groups.values())
        return min((self.totals.cells_done + live) / max(self._space.size, 1), 1.0)

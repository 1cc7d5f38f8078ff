"""Hardware addresses of next hops, by our own questions on the link.

The kernel would find them too, but its table holds 1,024 entries and a question each costs it a queue: on a
large link most of a scan would be lost there. So we ask by ARP and neighbour discovery ourselves and keep the
answers in columns. No socket and no clock in here: `step` is given the time and what has arrived, and gives
back what to send.

Each next hop is asked up to three times, 200 ms apart; new ones before those that were silent; never faster
than a pace, since each question is a broadcast. The first answer counts. Nothing proves it, as ARP and ND
have no room for a cookie; only answers on the right link about addresses that we asked for are taken (see
`wire.neighbour`).

Limits: Ethernet only; on other lanes every next hop is known, by nothing. Addresses are kept until the end.
"""

from collections import deque
from dataclasses import replace
from enum import IntEnum
from typing import Final

import numpy as np

from periplus.columns import I64, U8
from periplus.space.address import Addresses
from periplus.space.ranges import AddressSpace, Spans
from periplus.wire.headers import ETHERTYPE_ARP, ETHERTYPE_IP6, IP6_LENGTH, IP6_PROTOCOL, PROTOCOL_ICMP6
from periplus.wire.lane import Lane, Link
from periplus.wire.neighbour import answers_untrusted, arp_requests, polls, solicitations
from periplus.wire.packets import Packets

__all__ = ["Resolver", "Status", "about_neighbours"]

_TRIES: Final = 3
_WAIT_US: Final = 200_000
_BURST_US: Final = 20_000  # so much unused pace may be made up for at once
_NEVER: Final = 1 << 62
_PORTION: Final = 1024
_LINK_LOCAL: Final = 0xFE80 << 112
_ADVERTISEMENT: Final = 136


class Status(IntEnum):
    """What is known of a next hop."""

    WAITING = 0
    KNOWN = 1
    FAILED = 2  # asked in vain; a late answer still makes it known


class _Table:
    """The next hops on one interface; row r of every column belongs to the address of rank r.

    Rows that wait stand in a queue of portions, sorted by when they are due: new ones come in front, and
    whoever is asked goes to the end. So a step touches only the rows whose turn it is, however large the
    link.
    """

    def __init__(self) -> None:
        self.lanes: dict[bool, Lane] = {}  # one to ask from, by family
        self._hops = AddressSpace.of([])
        self._queue: deque[tuple[int, I64]] = deque()  # when due, microseconds; rows
        self._resize(0)

    def _resize(self, size: int) -> None:
        self.macs: U8 = np.zeros((size, 6), np.uint8)
        self.status: U8 = np.full(size, Status.WAITING, np.uint8)
        self._tries: U8 = np.zeros(size, np.uint8)
        self._asked_us: I64 = np.zeros(size, np.int64)
        self.rtt_us: I64 = np.zeros(size, np.int64)  # 0: not known

    @property
    def _columns(self) -> tuple[U8 | I64, ...]:
        return self.macs, self.status, self._tries, self._asked_us, self.rtt_us

    def rows(self, hops: Addresses) -> I64:
        return self._hops.rank_of(hops)

    def add(self, hops: Addresses) -> None:
        if (self.rows(hops) >= 0).all():
            return
        old, columns = self._hops, self._columns
        self._hops = AddressSpace.union([old, AddressSpace(Spans(hops, hops))])
        self._resize(self._hops.size)
        is_new = np.ones(self._hops.size, np.bool_)
        if old:
            rows = self.rows(old.at(np.arange(old.size)))
            for column, before in zip(self._columns, columns, strict=True):
                column[rows] = before
            self._queue = deque((due_us, rows[waiting]) for due_us, waiting in self._queue)
            is_new[rows] = False
        fresh = np.flatnonzero(is_new)
        portions = range(0, len(fresh), _PORTION)
        self._queue.extendleft((0, fresh[start : start + _PORTION]) for start in reversed(portions))

    def learn(self, hops: Addresses, macs: U8, time_us: I64 | None = None) -> None:
        rows = self.rows(hops)
        fresh = rows >= 0
        fresh[fresh] = self.status[rows[fresh]] != Status.KNOWN
        order = np.flatnonzero(fresh)[::-1]  # of several answers in one batch the first is written last
        rows = rows[order]
        self.macs[rows] = macs[order]
        self.status[rows] = Status.KNOWN
        if time_us is not None:
            took_us = np.maximum(time_us[order] - self._asked_us[rows], 1)
            self.rtt_us[rows] = np.where(self._tries[rows] == 1, took_us, 0)

    def wake_us(self) -> int:
        while self._queue:
            due_us, rows = self._queue[0]
            if (self.status[rows] == Status.WAITING).any():
                return due_us
            self._queue.popleft()
        return _NEVER

    def questions(self, now_us: int, allowed: int) -> Addresses:
        """Gives up on those asked often enough; of the others that are due, so many get their turn."""
        turns = [np.zeros(0, np.int64)]
        while allowed and self._queue and self._queue[0][0] <= now_us:
            due_us, rows = self._queue.popleft()
            rows = rows[self.status[rows] == Status.WAITING]
            is_spent = self._tries[rows] >= _TRIES
            self.status[rows[is_spent]] = Status.FAILED
            rows = rows[~is_spent]
            if len(rows) > allowed:
                self._queue.appendleft((due_us, rows[allowed:]))
            turns.append(rows[:allowed])
            allowed -= len(turns[-1])
        turn = np.concatenate(turns)
        self._tries[turn] += 1
        self._asked_us[turn] = now_us
        if len(turn):
            self._queue.append((now_us + _WAIT_US, turn))
        return self._hops.at(turn)

    def frames(self, hops: Addresses) -> list[tuple[Lane, U8]]:
        v4 = hops.is_v4
        frames = []
        if v4.any():
            frames.append((self.lanes[True], arp_requests(self.lanes[True], hops[v4].v4)))
        if not v4.all():
            lane = self.lane_for(v4=False)
            frames.append((lane, solicitations(lane, hops[~v4])))
        return frames

    def lane_for(self, *, v4: bool) -> Lane:
        return self.lanes.get(v4) or _link_local(self.lanes[True])


class Resolver:
    """Asks for what is wanted and remembers what was answered; see the module for the rules."""

    def __init__(self, pace_pps: float = 10_000) -> None:
        """`pace_pps`: questions a second on all links together."""
        self._tables: dict[int, _Table] = {}
        self._pace_pps = pace_pps
        self._burst = max(1.0, pace_pps * _BURST_US / 1_000_000)
        self._allowed = self._burst
        self._filled_us = 0

    def want(self, lane: Lane, next_hops: Addresses) -> None:
        """From now on these are asked for. Give many at once: whenever new ones come, all are sorted."""
        if lane.link is Link.ETHERNET:
            table = self._tables.setdefault(lane.ifindex, _Table())
            table.lanes.setdefault(lane.is_v4, lane)
            table.add(next_hops)

    def learn(self, ifindex: int, next_hops: Addresses, macs: U8) -> None:
        """Takes what is known from elsewhere, such as the kernel's table, of those already wanted."""
        if ifindex in self._tables:
            self._tables[ifindex].learn(next_hops, macs)

    def step(self, now_us: int, packets: Packets, room: bool = True) -> list[tuple[Lane, U8]]:
        """Reads what has arrived (other packets are passed over); gives the frames to send now, by lane.

        Without `room` to send nothing is asked and nobody is given up.
        """
        if not self._tables:
            return []
        self._read(packets)
        if not room:
            return []
        self._refill(now_us)
        frames = []
        for table in self._tables.values():
            if table.wake_us() <= now_us:
                hops = table.questions(now_us, int(self._allowed))
                self._allowed -= len(hops)
                frames += table.frames(hops)
        return frames

    def lookup(self, lane: Lane, next_hops: Addresses) -> tuple[U8, U8]:
        """Hardware addresses U8[n, 6] and `Status` U8[n]; zeros where none is known.

        ValueError for a next hop that was never wanted.
        """
        if lane.link is not Link.ETHERNET:
            return np.zeros((len(next_hops), 6), np.uint8), np.full(len(next_hops), Status.KNOWN, np.uint8)
        table = self._tables.get(lane.ifindex) or _Table()
        rows = table.rows(next_hops)
        if (rows < 0).any():
            raise ValueError(f"next hops on {lane.ifname} that nobody wanted")
        return table.macs[rows], table.status[rows]

    def round_trips(self, lane: Lane, next_hops: Addresses) -> I64:
        """How long next hops that `lookup` knows took to answer, microseconds.

        0 where that is not known: after a second question nothing says which of them was answered.
        """
        table = self._tables.get(lane.ifindex)
        if lane.link is not Link.ETHERNET or table is None:
            return np.zeros(len(next_hops), np.int64)
        return table.rtt_us[table.rows(next_hops)]

    def poll(self, lane: Lane, next_hop: int) -> tuple[Lane, U8] | None:
        """The question that a next hop that was wanted is asked itself, and by which lane; None: it is not known."""
        hops = Addresses.of_ints([next_hop])
        macs, status = self.lookup(lane, hops)
        if lane.link is not Link.ETHERNET or status[0] != Status.KNOWN:
            return None
        asking = self._tables[lane.ifindex].lane_for(v4=bool(hops.is_v4[0]))
        return asking, polls(asking, hops, macs)

    @property
    def next_wake(self) -> int | None:
        """When `step` has something to ask or to give up, microseconds, perhaps past; None: nothing."""
        wake_us = min((table.wake_us() for table in self._tables.values()), default=_NEVER)
        if wake_us == _NEVER:
            return None
        missing = max(0.0, 1.0 - self._allowed)
        return max(wake_us, self._filled_us + int(missing * 1_000_000 / self._pace_pps) + 1)

    def _refill(self, now_us: int) -> None:
        earned = max(0, now_us - self._filled_us) * self._pace_pps / 1_000_000
        self._allowed = min(self._burst, self._allowed + earned)
        self._filled_us = now_us

    def _read(self, packets: Packets) -> None:
        packets = about_neighbours(packets)
        if not len(packets):
            return
        hops, macs, rows = answers_untrusted(packets)
        ifindexes = packets.ifindex[rows]
        for ifindex, table in self._tables.items():
            here = ifindexes == ifindex
            table.learn(hops[here], macs[here], packets.time_us[rows][here])


def about_neighbours(packets: Packets) -> Packets:
    """Most of what arrives is answers to probes; these are the few that may be about neighbours."""
    is_nd = (packets.data[:, IP6_PROTOCOL] == PROTOCOL_ICMP6) & (
        packets.data[:, IP6_LENGTH] == _ADVERTISEMENT
    )
    maybe = (packets.ethertype == ETHERTYPE_ARP) | ((packets.ethertype == ETHERTYPE_IP6) & is_nd)
    return packets[maybe] if maybe.any() else packets[:0]


def _link_local(lane: Lane) -> Lane:
    """A lane to ask from for the IPv6 next hop of an IPv4 route (RFC 8950) where we have no IPv6 address.

    The address is the one of RFC 4291 appendix A. It need not be configured: the answer comes to our hardware
    address, and we read it before the kernel would look at it.
    """
    mac = lane.mac_me
    interface_id = int.from_bytes(bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:])
    return replace(lane, ip_me=_LINK_LOCAL | interface_id)

"""The link for techniques that make their own packets: routes, neighbours, cookies, frames and their answers.

A host's way is looked up when its group opens; if its next hop's hardware address is not known yet, it waits while
the resolver asks, and the others go ahead. Everything that comes back passes three gates: it must be readable,
it must carry the cookie, and it must answer something that was asked. What fails is counted by reason.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from periplus.columns import I64, U8, U16, Mask, distinct
from periplus.engine.engine import Engine, Limits
from periplus.engine.group import Group
from periplus.engine.replies import Probes, Replies
from periplus.scan.sender import Direct, Parcel, Sender
from periplus.space.address import Addresses
from periplus.space.space import Space
from periplus.technique.match import authentic, expected, signals_of
from periplus.technique.model import Check, Technique
from periplus.technique.verdict import Reason
from periplus.transport.calls import FrameTransport
from periplus.transport.neighbours import Resolver, Status
from periplus.transport.routes import Path
from periplus.wire.cookie import PORT_SHIFTS, cookie, port_shift
from periplus.wire.decode import Decoded, Kind, Problem, decode_untrusted
from periplus.wire.headers import ETHERTYPE_ARP
from periplus.wire.lane import Link
from periplus.wire.packets import Packets
from periplus.wire.question import Questions
from periplus.wire.table import Table

__all__ = ["NO_LANE", "RawLink", "Way"]

NO_LANE = -1
TTL = 64
LOW = np.uint32(0xFFFF)
FULL_WAIT_US = 10_000  # as long as answers may wait while the sender is busy
NEVER = 1 << 62


class Closable(Protocol):
    """Anything that is given back by closing it."""

    def close(self) -> None:
        """Give it back."""


@dataclass(frozen=True, slots=True, eq=False)
class Way(Table):
    """How addresses are reached: columns of equal length.

    lane i8: a row in the link's lanes (NO_LANE: not at all); mac u1[n, 6]: the next hop's, if it is `known`.
    """

    lane: I64
    next_hop: Addresses
    mac: U8
    known: Mask


@dataclass(slots=True)
class _Ways:
    """How the hosts of a group are reached: columns by host."""

    lane: I64  # row in the link's lanes; NO_LANE: no way
    next_hop: Addresses
    macs: U8
    waiting: Mask


class RawLink:
    """Frames out, answers in."""

    def __init__(
        self,
        space: Space,
        technique: Technique,
        paths: list[Path],
        transport: FrameTransport,
        ports: range,
        key: int,
        now_us: Callable[[], int],
        resolver: Resolver,
        held: Iterable[Closable] = (),
        sender: Sender | None = None,
    ) -> None:
        """`ports` are our source ports, `held` what keeps other programs from using them."""
        if technique.probe is None:
            raise ValueError(f"{technique.name} makes no packets")
        self.limits = Limits(outstanding=min(Limits().outstanding, transport.capacity()))
        self._space = space
        self._technique = technique
        self._paths = paths
        self._transport = transport
        self.ports = ports
        self.key = key
        self._now_us = now_us
        self._resolver = resolver
        self._held = list(held)
        self._sender = sender or Direct(transport, now_us)
        self.lanes = list({path.lane: None for path in paths if path.lane is not None})
        self._makers = [technique.probe.maker(lane, TTL) for lane in self.lanes]
        self._ways: dict[int, _Ways] = {}
        self._discarded: Counter[str] = Counter()
        self._listener: Callable[[Decoded], Mask] | None = None

    # ways

    def way(self, addresses: Addresses) -> Way:
        """How addresses of groups that were opened are reached."""
        lane, next_hop = self._route(addresses)
        macs, known = np.zeros((len(lane), 6), np.uint8), np.zeros(len(lane), np.bool_)
        for row in distinct(lane[lane != NO_LANE]):
            mine = lane == row
            macs[mine], status = self._resolver.lookup(self.lanes[row], next_hop[mine])
            known[mine] = status == Status.KNOWN
        return Way(lane, next_hop, macs, known)

    def open(self, engine: Engine, group: Group, now_us: int) -> None:
        """Find each host's lane and next hop; hosts whose way is known may be asked at once."""
        rows, hops = self._route(group.addresses)
        ways = _Ways(rows, hops, np.zeros((len(group), 6), np.uint8), rows != NO_LANE)
        self._ways[group.number] = ways
        engine.dismiss(group.number, ways.lane == NO_LANE, Reason.NET_UNREACH, now_us)
        for row, lane in enumerate(self.lanes):
            mine = ways.lane == row
            if mine.any():
                self._resolver.want(lane, ways.next_hop[mine])
        self._admit(engine, group, now_us)

    def _route(self, addresses: Addresses) -> tuple[I64, Addresses]:
        lane = np.full(len(addresses), NO_LANE, np.int64)
        hop = Addresses(addresses.hi.copy(), addresses.lo.copy())
        for path in self._paths:
            inside = _between(addresses, path.first, path.last)
            if path.lane is None or not inside.any():
                continue
            lane[inside] = self.lanes.index(path.lane)
            if path.gateway is not None:
                gateway = Addresses.of_ints([path.gateway])
                hop.hi[inside], hop.lo[inside] = gateway.hi, gateway.lo
        return lane, hop

    def _admit(self, engine: Engine, group: Group, now_us: int) -> None:
        """Release the waiting hosts whose next hop is known by now, dismiss those that will never be."""
        ways = self._ways[group.number]
        for row, lane in enumerate(self.lanes):
            hosts = np.flatnonzero(ways.waiting & (ways.lane == row))
            if not len(hosts):
                continue
            macs, status = self._resolver.lookup(lane, ways.next_hop[hosts])
            known = hosts[status == Status.KNOWN]
            failed = hosts[status == Status.FAILED]
            ways.macs[known] = macs[status == Status.KNOWN]
            ways.waiting[known] = ways.waiting[failed] = False
            engine.release(group.number, _mask(len(group), known))
            engine.dismiss(group.number, _mask(len(group), failed), Reason.HOST_UNREACH, now_us)

    def alive(self, group: Group, hosts: I64) -> U8:
        """Hosts on-link answered ARP or neighbour discovery; this machine needs no proof."""
        ways = self._ways[group.number]
        reasons = np.zeros(len(hosts), np.uint8)
        for row, lane in enumerate(self.lanes):
            mine = (ways.lane[hosts] == row) & ~ways.waiting[hosts]
            if lane.link is Link.LOCAL:
                reasons[mine] = Reason.LOCALHOST_RESPONSE
            elif lane.link is Link.ETHERNET:
                here = mine & _same(ways.next_hop[hosts], group.addresses[hosts])
                answered = here & ways.macs[hosts].any(axis=1)
                reasons[answered] = Reason.ARP_RESPONSE if lane.is_v4 else Reason.ND_RESPONSE
        return reasons

    def hardware(self, group: Group, host: int) -> str | None:
        """The hardware address of a host that answered on-link."""
        ways = self._ways[group.number]
        hosts = np.array([host])
        if not _same(ways.next_hop[hosts], group.addresses[hosts])[0] or not ways.macs[host].any():
            return None
        return ":".join(f"{byte:02X}" for byte in ways.macs[host])

    def forget(self, groups: Iterable[int]) -> None:
        """Drop what was kept for groups that are over."""
        for number in groups:
            self._ways.pop(number, None)

    # out

    def send(self, group: Group, probes: Probes) -> None:
        """Make the frames of these probes, lane by lane, and hand them to the kernel."""
        ways = self._ways[group.number]
        lane_of = ways.lane[probes.host]
        for row, lane in enumerate(self.lanes):
            mine = np.flatnonzero(lane_of == row)
            if not len(mine):
                continue
            for frames, asked in self._frames(row, group, probes, ways, mine):
                self._sender.offer(Parcel(lane, frames, group, probes.cell[mine[asked]]))

    def _frames(self, row: int, group: Group, probes: Probes, ways: _Ways, mine: I64) -> list[tuple[U8, I64]]:
        host, rank = probes.host[mine], probes.port_rank[mine]
        them = group.addresses[host]
        me = self.lanes[row].ip_me
        port_them = self._space.port_at(group.host_id[host], rank)
        port_me = self._source_ports(me, them, port_them, probes.attempt[mine])
        number = cookie(self.key, me, them, port_them, port_me)
        ip_id = (number & LOW).astype(np.uint16)
        return self._makers[row].make(Questions(them, port_them, port_me, number, ip_id, ways.macs[host]))

    def _source_ports(self, me: int, them: Addresses, port_them: U16, attempt: U8) -> U16:
        shift = port_shift(self.key, me, them, port_them)
        return (self.ports.start + (shift + attempt) % PORT_SHIFTS).astype(np.uint16)

    def offer(self, parcel: Parcel) -> None:
        """Send frames that somebody else has made."""
        self._sender.offer(parcel)

    def room(self) -> int:
        """How many probes may be made now."""
        return self.limits.batch if self._sender.room else 0

    # in

    def listen(self, listener: Callable[[Decoded], Mask]) -> None:
        """From now on `listener` is shown what comes and says which rows are its own."""
        self._listener = listener

    def collect(self, engine: Engine) -> dict[int, Replies]:
        """Read what has come, keep what is an answer of ours, and let the resolver have its part."""
        packets = self._transport.receive()
        now_us = self._now_us()
        self._resolve(engine, packets, now_us)
        self._sender.settle()
        if not len(packets):
            return {}
        decoded = self._readable(packets)
        if self._listener is not None:
            decoded = decoded[~self._listener(decoded)]
        return self._answers(engine, decoded)

    def _resolve(self, engine: Engine, packets: Packets, now_us: int) -> None:
        waiting = [number for number, ways in self._ways.items() if ways.waiting.any()]
        if not waiting:
            return
        for lane, frames in self._resolver.step(now_us, packets):
            self._sender.offer(Parcel(lane, frames))
        for number in waiting:
            if number in engine.groups:
                self._admit(engine, engine.groups[number], now_us)

    def _readable(self, packets: Packets) -> Decoded:
        """Decode packets and keep the readable ones; the others are counted, but for ARP and ND, which are no
        answers to probes and no mistake either."""
        decoded = decode_untrusted(packets)
        bad = decoded.problem != Problem.OK
        if bad.any():
            odd = bad & (packets.ethertype != ETHERTYPE_ARP) & (decoded.problem != Problem.UNHANDLED_ICMP)
            counts = np.bincount(decoded.problem[odd], minlength=len(Problem))
            self._discarded.update(
                {Problem(int(row)).word: int(counts[row]) for row in np.flatnonzero(counts)}
            )
            decoded = decoded[~bad & (decoded.kind != Kind.NONE)]
        return decoded

    def _answers(self, engine: Engine, decoded: Decoded) -> dict[int, Replies]:
        table = self._technique.table
        signal = signals_of(decoded)
        known = expected(table, signal)
        if not known.all():
            self._discarded["unexpected"] += int((~known).sum())
            decoded, signal = decoded[known], signal[known]
        foreign = self._foreign(decoded, signal)
        if not foreign.all():
            decoded, signal = decoded[foreign], signal[foreign]
        numbers = cookie(self.key, decoded.me, decoded.them, decoded.port_them, decoded.port_me)
        shift = port_shift(self.key, decoded.me, decoded.them, decoded.port_them)
        place = decoded.port_me.astype(np.int64) - self.ports.start
        ours = authentic(table, signal, decoded, numbers) & (place >= 0) & (place < PORT_SHIFTS)
        attempt = (place - shift) % PORT_SHIFTS
        number, cell = engine.locate(decoded.them, decoded.port_them)
        homeless = ours & (number < 0)
        proven = table.check[signal] != Check.SOURCE_PORT
        self._discarded["forged"] += int((~ours).sum())
        self._discarded["late"] += int((homeless & proven).sum())
        self._discarded["unasked"] += int((homeless & ~proven).sum())
        return {
            int(group): self._replies(decoded, signal, attempt, cell, ours & (number == group))
            for group in distinct(number[ours & (number >= 0)])
        }

    def _foreign(self, decoded: Decoded, signal: U16) -> Mask:
        """Which rows are not our own probes: on the loopback interface we see what we send to our own ports."""
        bare: Mask = self._technique.table.check[signal] == Check.SOURCE_PORT
        if not bare.any():
            return ~bare
        sent = cookie(self.key, decoded.them, decoded.me, decoded.port_me, decoded.port_them)
        # A TCP probe carries the whole cookie, the others half of it.
        same = np.where(decoded.kind == Kind.TCP, decoded.seq == sent, decoded.ip_id == (sent & LOW))
        foreign: Mask = ~(bare & same)
        return foreign

    @staticmethod
    def _replies(decoded: Decoded, signal: U16, attempt: I64, cell: I64, mine: Mask) -> Replies:
        return Replies(
            cell[mine],
            signal[mine],
            attempt[mine].astype(np.uint8),
            decoded.ttl[mine],
            decoded.time_us[mine],
            decoded.sender[mine],
        )

    def wait(self, until_us: int, now_us: int) -> None:
        """Wait for a packet, for the resolver's next question, or for room in a full queue."""
        if not self._sender.room:
            self._sender.wait(FULL_WAIT_US)
            return
        if any(ways.waiting.any() for ways in self._ways.values()):
            until_us = min(until_us, self._resolver.next_wake or until_us)
        if until_us > now_us:
            self._transport.wait(until_us - now_us)

    def counters(self) -> dict[str, int]:
        """Discarded packets by reason."""
        return {reason: count for reason, count in self._discarded.items() if count}

    def drops(self) -> int:
        """Packets that the kernel dropped because our buffer was full."""
        return self._transport.drops()

    def close(self) -> None:
        """Close the transport and let the source ports go."""
        self._sender.close()
        self._transport.close()
        for each in self._held:
            each.close()


def _mask(size: int, rows: I64) -> Mask:
    mask = np.zeros(size, np.bool_)
    mask[rows] = True
    return mask


def _same(some: Addresses, others: Addresses) -> Mask:
    equal: Mask = (some.hi == others.hi) & (some.lo == others.lo)
    return equal


def _between(addresses: Addresses, first: int, last: int) -> Mask:
    ends = Addresses.of_ints([first, last])
    (first_hi, last_hi), (first_lo, last_lo) = ends.hi, ends.lo
    after = (addresses.hi > first_hi) | ((addresses.hi == first_hi) & (addresses.lo >= first_lo))
    before = (addresses.hi < last_hi) | ((addresses.hi == last_hi) & (addresses.lo <= last_lo))
    inside: Mask = after & before
    return inside

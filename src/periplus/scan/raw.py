"""The link for techniques that make their own packets: routes, neighbours, cookies, frames and their answers.

A host's way is looked up when its group opens; if its next hop's hardware address is not known yet, it waits while
the resolver asks, and the others go ahead. Everything that comes back passes three gates: it must be readable,
it must carry the cookie, and it must answer something that was asked. What fails is counted by reason.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from periplus.columns import I64, U8, U16, Mask, distinct
from periplus.engine.engine import Engine, Limits
from periplus.engine.group import Group
from periplus.engine.replies import Probes, Replies
from periplus.scan.ears import Ear
from periplus.scan.menu import Menu
from periplus.scan.sender import Direct, Parcel, Sender
from periplus.scan.strays import bring_home
from periplus.scan.tries import ByNumber, ByPort, Tries
from periplus.space.address import Addresses
from periplus.space.space import Space
from periplus.technique.match import expected, protocol_signals, signals_of
from periplus.technique.model import Check, Table, Technique
from periplus.technique.verdict import Reason
from periplus.transport.calls import FrameTransport
from periplus.transport.neighbours import Resolver, Status
from periplus.transport.routes import Path
from periplus.wire.decode import Decoded, Kind, Problem, decode_untrusted
from periplus.wire.fragment import maker_for
from periplus.wire.headers import ETHERTYPE_ARP
from periplus.wire.lane import Lane, Link
from periplus.wire.packets import Packets
from periplus.wire.question import Maker, Questions
from periplus.wire.shape import PLAIN, Shape
from periplus.wire.udp import UdpProbe

if TYPE_CHECKING:
    from periplus.scan.firsthop import FirstHops

__all__ = ["NO_LANE", "Closable", "FrameLine", "RawLink", "route"]

NO_LANE = -1
LOW = np.uint32(0xFFFF)
BUSY_US = 500
FULL_WAIT_US = 10_000  # as long as answers may wait while the sender is busy
NEVER = 1 << 62
CROWDED = 0.25  # share of the receive buffer
BATCHES = 5  # parts of it that what was sent since then, and a batch more, may fill


class Closable(Protocol):
    """Anything that is given back by closing it."""

    def close(self) -> None:
        """Give it back."""


@dataclass(slots=True)
class _Ways:
    """How the hosts of a group are reached: columns by host."""

    lane: I64  # row in the link's lanes; NO_LANE: no way
    next_hop: Addresses
    macs: U8
    waiting: Mask


class FrameLine:
    """A transport, the way frames enter it, and what keeps other programs from our source ports meanwhile."""

    def __init__(self, transport: FrameTransport, held: Iterable[Closable], sender: Sender) -> None:
        self._transport = transport
        self._held = list(held)
        self._sender = sender

    def files(self) -> tuple[int, ...]:
        """What becomes readable when a packet comes."""
        return self._transport.files()

    def drops(self) -> int:
        """Packets that the kernel dropped because our buffer was full."""
        return self._transport.drops()

    def close(self) -> None:
        """Close the transport and let the source ports go."""
        self._sender.close()
        self._transport.close()
        for each in self._held:
            each.close()


class RawLink(FrameLine):
    """Frames out, answers in."""

    def __init__(
        self,
        space: Space,
        menu: Menu,
        paths: list[Path],
        transport: FrameTransport,
        ports: range,
        key: int,
        now_us: Callable[[], int],
        resolver: Resolver,
        held: Iterable[Closable] = (),
        sender: Sender | None = None,
        shape: Shape = PLAIN,
        hops: "FirstHops | None" = None,
        ear: Ear | None = None,
        *,
        link_proof: bool = False,
        link_tells: bool = True,
    ) -> None:
        """`ports` are our source ports, one or sixteen; `held` is what keeps other programs from using them; `hops`
        are the gateways that links of one scan watch together; `ear` overhears what answers say.

        `link_tells`: a host on-link that answers ARP or neighbour discovery is up; `link_proof`: and needs not be
        asked anything.
        """
        super().__init__(transport, held, sender or Direct(transport, now_us))
        probes = [technique.probe for technique in menu.techniques if technique.probe is not None]
        if len(probes) < len(menu.techniques):
            raise ValueError(f"{menu.techniques[0].name} makes no packets")
        self.limits = Limits(outstanding=min(Limits().outstanding, transport.capacity()))
        self._space = space
        self._menu = menu
        self.siblings: list[RawLink] = []  # links of the same scan that have the same source port
        self._paths = paths
        self._ports = ports
        self._tries = [
            self._tries_of(technique, key ^ row, shape) for row, technique in enumerate(menu.techniques)
        ]
        self._now_us = now_us
        self._resolver = resolver
        self._hops = hops
        self._ear = ear
        self._lanes = list({path.lane: None for path in paths if path.lane is not None})
        self._probes = probes
        self._shape = shape
        self._makers: dict[tuple[int, int], Maker] = {}
        self._link_proof = link_proof
        self._link_tells = link_tells
        self._ways: dict[int, _Ways] = {}
        self._waiting: set[int] = set()  # groups with hosts whose next hop is not known yet
        self._discarded: Counter[str] = Counter()

    def _tries_of(self, technique: Technique, key: int, shape: Shape) -> Tries:
        """How tries are told apart: by our sixteen ports, or where there is one or none by their numbers."""
        if len(self._ports) == 1 or technique.asks_protocols:
            return ByNumber(key, self._ports.start, technique.asks_protocols, len(shape.data))
        return ByPort(key, self._ports, len(shape.data))

    # ways

    def open(self, engine: Engine, group: Group, now_us: int) -> None:
        """Find each host's lane and next hop; hosts whose way is known may be asked at once."""
        rows, hops = route(self._paths, self._lanes, group.addresses)
        ways = _Ways(rows, hops, np.zeros((len(group), 6), np.uint8), rows != NO_LANE)
        self._ways[group.number] = ways
        self._waiting.add(group.number)
        engine.dismiss(group.number, ways.lane == NO_LANE, Reason.NET_UNREACH, now_us)
        for row, lane in enumerate(self._lanes):
            mine = ways.lane == row
            if mine.any():
                self._resolver.want(lane, ways.next_hop[mine])
        self._admit(engine, group, now_us)

    def _admit(self, engine: Engine, group: Group, now_us: int) -> None:
        """Release the waiting hosts whose next hop is known by now, dismiss those that will never be."""
        ways = self._ways[group.number]
        for row, lane in enumerate(self._lanes):
            hosts = np.flatnonzero(ways.waiting & (ways.lane == row))
            if not len(hosts):
                continue
            macs, status = self._resolver.lookup(lane, ways.next_hop[hosts])
            known = hosts[status == Status.KNOWN]
            failed = hosts[status == Status.FAILED]
            ways.macs[known] = macs[status == Status.KNOWN]
            ways.waiting[known] = ways.waiting[failed] = False
            if self._link_proof:
                proved = known[self.alive(group, known) > 0]
                engine.timed(group.number, proved, self._resolver.round_trips(lane, ways.next_hop[proved]))
                engine.dismiss(group.number, _mask(len(group), proved), Reason.NO_RESPONSE, now_us)
            engine.release(group.number, _mask(len(group), known))
            engine.dismiss(group.number, _mask(len(group), failed), Reason.HOST_UNREACH, now_us)
        if not ways.waiting.any():
            self._waiting.discard(group.number)

    def alive(self, group: Group, hosts: I64) -> U8:
        """Hosts on-link answered ARP or neighbour discovery; this machine needs no proof."""
        ways = self._ways[group.number]
        reasons = np.zeros(len(hosts), np.uint8)
        if not self._link_tells:
            return reasons
        for row, lane in enumerate(self._lanes):
            mine = (ways.lane[hosts] == row) & ~ways.waiting[hosts]
            if lane.link is Link.LOCAL:
                reasons[mine] = Reason.LOCALHOST_RESPONSE
            elif lane.link is Link.ETHERNET:
                here = mine & _same(ways.next_hop[hosts], group.addresses[hosts])
                answered = here & ways.macs[hosts].any(axis=1)
                reasons[answered] = Reason.ARP_RESPONSE if lane.is_v4 else Reason.ND_RESPONSE
        return reasons

    def hardware(self, group: Group, hosts: I64) -> dict[int, str]:
        """The hardware addresses of hosts that answered on-link."""
        ways = self._ways[group.number]
        here = _same(ways.next_hop[hosts], group.addresses[hosts]) & ways.macs[hosts].any(axis=1)
        return {
            row: ways.macs[hosts[row]].tobytes().hex(":").upper() for row in np.flatnonzero(here).tolist()
        }

    def forget(self, groups: Iterable[int]) -> None:
        """Drop what was kept for groups that are over."""
        for number in groups:
            self._ways.pop(number, None)
            self._waiting.discard(number)

    # out

    def send(self, group: Group, probes: Probes) -> None:
        """Make the frames of these probes, lane by lane, and hand them to the kernel."""
        ways = self._ways[group.number]
        lane_of = ways.lane[probes.host]
        for row in range(len(self._lanes)):
            mine = np.flatnonzero(lane_of == row)
            if not len(mine):
                continue
            number = self._space.port_at(group.host_id[probes.host[mine]], probes.port_rank[mine])
            which, port_them = self._menu.asked(number)
            for kind in range(len(self._menu.techniques)):
                same = slice(None) if not self._menu.questions else np.flatnonzero(which == kind)
                if len(mine[same]):
                    self._ask(row, kind, group, probes, mine[same], port_them[same])

    def _ask(self, row: int, kind: int, group: Group, probes: Probes, rows: I64, port_them: U16) -> None:
        """Make the frames of one technique on one lane and hand them to the kernel."""
        lane = self._lanes[row]
        host = probes.host[rows]
        them = group.addresses[host]
        port_me, number = self._tries[kind].ask(lane.ip_me, them, port_them, probes.attempt[rows])
        ip_id = (number & LOW).astype(np.uint16)
        macs = self._ways[group.number].macs[host]
        questions = Questions(them, port_them, port_me, number, ip_id, macs)
        for frames, asked in self._maker(row, kind).make(questions):
            self._sender.offer(Parcel(lane, frames, group, probes.cell[rows[asked]]))

    def _maker(self, row: int, kind: int) -> Maker:
        """What makes the frames of one technique on one lane, made when it is first needed."""
        if (row, kind) not in self._makers:
            self._makers[row, kind] = maker_for(self._probes[kind], self._lanes[row], self._shape)
        return self._makers[row, kind]

    def room(self) -> int:
        """How many probes may be made now; none while answers come faster than they are read.

        At most `BATCHES` batches wait or leave before that is seen, so all their answers find place.
        """
        if not self._sender.room or self._transport.backlog() > CROWDED:
            return 0
        return min(self.limits.batch, max(self._transport.capacity() // BATCHES, 1))

    # in

    def collect(self, engine: Engine) -> dict[int, Replies]:
        """Read what has come, keep what is an answer of ours, and let the resolver have its part."""
        packets = self._transport.receive()
        now_us = self._now_us()
        self._resolve(engine, packets, now_us)
        self._sender.settle()
        if self._hops is not None:
            for question in self._hops.step(now_us, packets, room=self._sender.room):
                self._sender.offer(question)
        if not len(packets):
            return {}
        answers = self._answers(engine, self._readable(packets))
        if self._ear is not None and answers:
            self._ear.listen(engine, packets, answers)
        return answers

    def _resolve(self, engine: Engine, packets: Packets, now_us: int) -> None:
        if not self._waiting:
            return
        for lane, frames in self._resolver.step(now_us, packets, self._sender.room):
            self._sender.offer(Parcel(lane, frames))
        for number in sorted(self._waiting):
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

    def _bring_home(self, engine: Engine, decoded: Decoded) -> None:
        for probe, tries, technique in zip(self._probes, self._tries, self._menu.techniques, strict=True):
            if isinstance(probe, UdpProbe) and probe.elsewhere:
                bring_home(decoded, probe.elsewhere, tries, technique.table, engine)

    def _answers(self, engine: Engine, decoded: Decoded) -> dict[int, Replies]:
        self._bring_home(engine, decoded)
        views = self._views(decoded)
        ours = (decoded.port_me >= self._ports.start) & (decoded.port_me < self._ports.stop)
        # An error may be about a packet of another link, or another program; a reply by ICMP may be to one.
        others = ~ours & ((decoded.kind == Kind.ICMP_ERROR) | (decoded.kind == Kind.ICMP_REPLY))
        found: dict[int, Replies] = {}
        claimed = np.zeros(len(decoded), np.bool_)
        wanted = np.zeros(len(decoded), np.bool_)
        for kind, technique in enumerate(self._menu.techniques):
            seen, signal = views[technique.asks_protocols]
            known = expected(technique.table, signal) & ~claimed
            wanted |= known
            rows = np.flatnonzero(known if technique.asks_protocols else known & ours)
            if not len(rows):
                continue
            whole = len(rows) == len(signal)
            mine, some = self._judged(
                engine, kind, *((seen, signal) if whole else (seen[rows], signal[rows]))
            )
            claimed[rows] = mine
            found = _joined(found, some)
        strange = self._strange(decoded, ~claimed)
        self._discarded["unexpected"] += int((strange & ~wanted).sum())
        self._discarded["forged"] += int((strange & wanted & ~others).sum())
        return found

    def _views(self, decoded: Decoded) -> dict[bool, tuple[Decoded, U16]]:
        """Answers and their signals as techniques see them that ask for ports, and those that ask for protocols."""
        views = {False: (decoded, signals_of(decoded))}
        if any(technique.asks_protocols for technique in self._menu.techniques):
            by_protocol = replace(decoded, port_them=decoded.protocol.astype(np.uint16))
            views[True] = (by_protocol, protocol_signals(by_protocol))
        return views

    def _strange(self, decoded: Decoded, unclaimed: Mask) -> Mask:
        """Which of the unclaimed answers are not a sibling's either, where links share a source port."""
        rows = np.flatnonzero(unclaimed) if self.siblings else np.zeros(0, np.int64)
        for sibling in self.siblings if len(rows) else ():
            unclaimed[rows] &= ~sibling.knows(decoded[rows])
        return unclaimed

    def knows(self, decoded: Decoded) -> Mask:
        """Which answers carry the cookie of a question that this link may have asked."""
        known = np.zeros(len(decoded), np.bool_)
        views = self._views(decoded)
        for tries, technique in zip(self._tries, self._menu.techniques, strict=True):
            seen, signal = views[technique.asks_protocols]
            known |= expected(technique.table, signal) & tries.hear(technique.table, signal, seen).ours
        return known

    def _judged(
        self, engine: Engine, kind: int, decoded: Decoded, signal: U16
    ) -> tuple[Mask, dict[int, Replies]]:
        """Which answers are to one technique's probes, and those that are to questions still open, by group.

        Our own probes, seen on the loopback interface, count as claimed and answer nothing.
        """
        tries, table = self._tries[kind], self._menu.techniques[kind].table
        bare = _unnumbered(table, signal)
        foreign: Mask = ~(bare & tries.sent(decoded)) if bare.any() else ~bare
        number = self._menu.number(kind, decoded.port_them)
        right, attempt = tries.hear(table, signal, decoded)
        ours = right & (number >= 0) & foreign
        group, cell = engine.locate(decoded.them, number.astype(np.uint16))
        homeless = ours & (group < 0)
        proven = ~bare
        self._discarded["late"] += int((homeless & proven).sum())
        self._discarded["unasked"] += int((homeless & ~proven).sum())
        joined = self._menu.signal(kind, signal)
        replies = {
            int(each): self._replies(decoded, joined, attempt, cell, ours & (group == each))
            for each in distinct(group[ours & (group >= 0)])
        }
        return ours | ~foreign, replies

    @staticmethod
    def _replies(decoded: Decoded, signal: U16, attempt: I64, cell: I64, mine: Mask) -> Replies:
        return Replies(
            cell[mine],
            signal[mine],
            attempt[mine].astype(np.uint8),
            decoded.ttl[mine],
            decoded.time_us[mine],
            decoded.sender[mine],
            decoded.window[mine],
            decoded.row[mine],
        )

    def wait(self, until_us: int, now_us: int) -> None:
        """Wait for a packet, for the resolver's next question, or for room in a full queue."""
        if not self._sender.room:
            self._sender.wait(FULL_WAIT_US)
            return
        until_us = self.patience(until_us, now_us)
        if until_us > now_us:
            self._transport.wait(until_us - now_us)

    def patience(self, until_us: int, now_us: int) -> int:
        """Until when one may wait for a packet: the resolver's next question, or room in a full queue."""
        if not self._sender.room:
            return min(until_us, now_us + BUSY_US)
        if self._waiting:
            return min(until_us, self._resolver.next_wake or until_us)
        return until_us

    def counters(self) -> dict[str, int]:
        """Discarded packets by reason."""
        return {reason: count for reason, count in self._discarded.items() if count}


def route(paths: list[Path], lanes: list[Lane], addresses: Addresses) -> tuple[I64, Addresses]:
    """Return for each address the row of its lane, NO_LANE if there is no way, and its next hop."""
    lane = np.full(len(addresses), NO_LANE, np.int64)
    hop = Addresses(addresses.hi.copy(), addresses.lo.copy())
    for path in paths:
        inside = _between(addresses, path.first, path.last)
        if path.lane is None or not inside.any():
            continue
        lane[inside] = lanes.index(path.lane)
        if path.gateway is not None:
            gateway = Addresses.of_ints([path.gateway])
            hop.hi[inside], hop.lo[inside] = gateway.hi, gateway.lo
    return lane, hop


def _joined(some: dict[int, Replies], others: dict[int, Replies]) -> dict[int, Replies]:
    """Replies by group; two batches of one group become one."""
    return some | {
        number: some[number].joined(replies) if number in some else replies
        for number, replies in others.items()
    }


def _unnumbered(table: Table, signal: U16) -> Mask:
    """Which answers give no number back."""
    check = table.check[signal]
    bare: Mask = (check == Check.SOURCE_PORT) | (check == Check.SENDER)
    return bare


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

"""Traceroute over a link of frames: what each host is asked by, the frames, and how their answers are known.

A host is asked what it is known to answer: by the scan's own probe to a TCP port that answered, by a datagram to a
closed UDP port, or else by an echo request. An open port is asked before a closed one, since a reset may be a
firewall's, which is nearer than the host.

An answer must tell which TTL and which try it belongs to. The try is in the source port, as in a scan. The TTL is in
the number that a TCP probe or an echo request carries: the cookie plus four times the TTL, so that an acknowledgement
of one or two more is still understood. An error about a datagram or an echo request quotes no such number (RFC 792
promises eight bytes), so these have the TTL in the low six bits of the IP identification or flow label, under ten
bits of the cookie. All first tries of a host by TCP have the same ports, identification and flow label, so that
routers that share load by these see one flow (B. Augustin et al., "Avoiding traceroute anomalies with Paris
traceroute", 2006).

Limits: over IPv6 a datagram's or echo request's flow label differs with the TTL (RFC 6437 lets routers share load by
it). The probes do not get the shape that the user may have chosen for the scan's (`--data-length`, `-f`), nor its
source port. Hosts on-link are their own only hop, and nothing is sent; this machine's addresses have no way.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from periplus.columns import I64, U8, U16, U32, Mask, distinct
from periplus.engine.columns import allocate, column
from periplus.engine.trace import LEAST_PATIENCE_US, Tracer
from periplus.engine.walks import Asks, Heard, Walks, distance
from periplus.result.row import Hop, HostReport, PortColumns, Trace
from periplus.scan.config import ScanConfig
from periplus.scan.raw import NO_LANE
from periplus.scan.sender import Parcel
from periplus.scan.tracelink import NextHops, TraceLink
from periplus.scan.tracing import TRACE_SHARE
from periplus.space.address import Addresses
from periplus.space.ip import format_ip, parse_ip
from periplus.technique.verdict import State
from periplus.wire.cookie import PORT_SHIFTS, cookie, port_shift
from periplus.wire.decode import Decoded, Kind
from periplus.wire.headers import PROTOCOL_TCP
from periplus.wire.icmp import ECHO, IcmpProbe
from periplus.wire.lane import Lane, Link
from periplus.wire.question import Maker, Probe, Questions
from periplus.wire.shape import PLAIN
from periplus.wire.tcp import ACK
from periplus.wire.ttl import set_ttl
from periplus.wire.udp import UdpProbe

__all__ = ["PACE_PPS", "Traces"]

PACE_PPS = 1_000.0  # routers make few errors a second, and all walks begin at the same ones
BEAT_US = 5_000
TTL_BITS = np.uint16(0x3F)
COOKIE_BITS = np.uint16(0xFFC0)
STEP_BITS = 2  # between the numbers of two TTLs
MOST_TTL = 63
MOST_PATIENCE_US = 2_000_000
USUAL_PATIENCE_US = 1_000_000  # for hosts whose round trip nobody knows

KINDS = ("echo", "tcp", "udp")

# The states of ports that have answered by themselves, the best to ask first.
_ANSWERED = {"tcp": (State.OPEN, State.CLOSED, State.UNFILTERED), "udp": (State.CLOSED,)}
_EXCEEDED = {True: 11, False: 3}  # by whether it is IPv4: "time exceeded"


@dataclass(frozen=True, slots=True)
class _Question:
    """What a host is asked by; without a port an echo request. `ttl`: of the answer, 0: unknown."""

    proto: str
    port: int | None
    ttl: int


@dataclass(slots=True)
class _Targets:
    """What the frames to a host need, by its row in the tracer."""

    hi: np.ndarray = column("u8", "address, upper half")
    lo: np.ndarray = column("u8", "address, lower half")
    lane: I64 = column("i8", "row of the link's lanes")
    port: U16 = column("u2", "port, or the echo request's type")
    kind: U8 = column("u1", "row of KINDS")
    mac: U8 = column(("u1", (6,)), "the next hop's hardware address")


class Traces:
    """The walks of a run."""

    def __init__(self, config: ScanConfig, link: TraceLink, now_us: int) -> None:
        timing = config.timing
        self.sent = self.heard = 0
        self._probes = _probes(config)
        self._link = link
        self._key = link.key
        self._forged = 0
        self._ceiling_pps = timing.max_rate
        self._alone = False
        self._tracer = Tracer(now_us, self._pace_pps(), timing.scan_delay_us, timing.parallelism)
        self._targets = allocate(_Targets, 0)
        self._reports: dict[int, tuple[HostReport, _Question]] = {}
        self._first_hops: dict[tuple[int, int], int] = {}
        self._makers: dict[tuple[int, int], Maker] = {}
        self._heard: list[Heard] = []
        self._ready: list[HostReport] = []
        self._wake_us = self._stepped_us = 0

    def _pace_pps(self) -> float:
        if not self._ceiling_pps:
            return PACE_PPS
        return min(PACE_PPS, self._ceiling_pps * (1 if self._alone else TRACE_SHARE))

    # reports

    @property
    def idle(self) -> bool:
        """Whether no report is held."""
        return not self._reports and not self._ready

    def ask(self, reports: Iterable[HostReport]) -> None:
        """Take reports in; those of hosts that need no walk are ready at once."""
        up: list[HostReport] = []
        for report in reports:
            (up if report.up else self._ready).append(report)
        if not up:
            return
        addresses = Addresses.of_ints(parse_ip(report.addr) for report in up)
        hops = self._link.next_hops(addresses)
        far = np.ones(len(up), np.bool_)
        for row, report in enumerate(up):
            far[row] = self._is_far(addresses, hops, row)
            if not far[row]:
                self._ready.append(self._near(report, hops, row))
        rows = np.flatnonzero(far)
        if len(rows):
            self._walk([up[row] for row in rows], addresses[rows], hops[rows])

    def _is_far(self, addresses: Addresses, hops: NextHops, row: int) -> bool:
        """Whether there is somebody in between whom one may ask."""
        if hops.lane[row] == NO_LANE or not hops.known[row]:
            return False
        link = self._link.lanes[hops.lane[row]].link
        here = addresses.hi[row] == hops.next_hop.hi[row] and addresses.lo[row] == hops.next_hop.lo[row]
        return link is Link.BARE or (link is Link.ETHERNET and not here)

    def _near(self, report: HostReport, hops: NextHops, row: int) -> HostReport:
        """A host on-link is its own first hop; this machine, or a host without a way, has none."""
        if (
            hops.lane[row] == NO_LANE
            or not hops.known[row]
            or self._link.lanes[hops.lane[row]].link is Link.LOCAL
        ):
            return report
        return replace(report, trace=Trace((Hop(1, report.addr, report.srtt_ms),)))

    def _walk(self, reports: list[HostReport], addresses: Addresses, hops: NextHops) -> None:
        questions = [self._question(report) for report in reports]
        ttl = np.array([question.ttl for question in questions], np.uint8)
        walks = Walks(addresses, self._first_hop(hops), distance(ttl), _patience_us(reports))
        rows = self._tracer.add(walks)
        self._wake_us = 0
        targets = self._room(int(rows.max()) + 1)
        kinds = np.array([0 if each.port is None else KINDS.index(each.proto) for each in questions])
        ports = np.array([question.port or 0 for question in questions])
        targets.hi[rows], targets.lo[rows] = addresses.hi, addresses.lo
        targets.lane[rows], targets.mac[rows] = hops.lane, hops.mac
        targets.port[rows], targets.kind[rows] = np.where(kinds == 0, ECHO, ports), kinds
        self._reports.update(zip(rows.tolist(), zip(reports, questions, strict=True), strict=True))

    def _room(self, size: int) -> _Targets:
        """The table with at least so many rows."""
        missing = size - len(self._targets.lane)
        if missing > 0:
            more = allocate(_Targets, max(missing, len(self._targets.lane)))
            for name in _Targets.__slots__:
                both = np.concatenate([getattr(self._targets, name), getattr(more, name)])
                setattr(self._targets, name, both)
        return self._targets

    def _question(self, report: HostReport) -> _Question:
        for columns in report.columns:
            for state in _ANSWERED.get(columns.proto, ()) if columns.proto in self._probes else ():
                row = _answering(columns, state)
                if row is not None:
                    return _Question(columns.proto, int(columns.ports[row]), int(columns.ttl[row]))
        return _Question("ipv6-icmp" if ":" in report.addr else "icmp", None, report.ttl or 0)

    def _first_hop(self, hops: NextHops) -> I64:
        """A number for each lane and next hop; on a lane without link layer the lane is enough."""
        bare = [self._link.lanes[lane].link is Link.BARE for lane in hops.lane]
        keys = zip(hops.lane.tolist(), hops.next_hop.ints(), bare, strict=True)
        numbers = [
            self._first_hops.setdefault((lane, 0 if is_bare else hop), len(self._first_hops))
            for lane, hop, is_bare in keys
        ]
        return np.array(numbers, np.int64)

    def passed(self) -> list[HostReport]:
        """Return the reports that need not wait any longer."""
        ready, self._ready = self._ready, []
        return ready

    def give_up(self) -> None:
        """Wait for nothing more: what is known by now is told."""
        self._hand_out(self._tracer.give_up())
        self._ready.extend(report for report, _ in self._reports.values())
        self._reports.clear()

    def _hand_out(self, rows: I64) -> None:
        for row in rows.tolist():
            report, question = self._reports.pop(row)
            hops = tuple(
                Hop(
                    hop.ttl,
                    None if hop.address is None else format_ip(hop.address),
                    None if hop.rtt_us is None else hop.rtt_us / 1000,
                )
                for hop in self._tracer.path(row)
            )
            trace = Trace(hops, question.proto, question.port) if hops else None
            self._ready.append(replace(report, trace=trace))

    # out

    def step(self, now_us: int, alone: bool) -> int:
        """Send what is due; return when there is more to do."""
        self._collect()
        if alone and not self._alone:
            self._alone = True
            self._tracer.pace(now_us, self._pace_pps())
            self._wake_us = 0
        if now_us >= self._due_us():
            self._stepped_us = now_us
            heard = _joined(self._heard)
            self._heard.clear()
            step = self._tracer.step(now_us, heard)
            self._hand_out(step.finished)
            self._send(step.asks)
            self._wake_us = step.wake_us
        return now_us if self._ready else self._due_us()

    def _due_us(self) -> int:
        """Answers wait a little for each other as long as the scan goes on, which a step keeps from its work."""
        if not self._heard:
            return self._wake_us
        return min(self._wake_us, self._stepped_us + (0 if self._alone else BEAT_US))

    def _send(self, asks: Asks) -> None:
        if not len(asks):
            return
        self.sent += len(asks)
        kind = self._targets.lane[asks.row] * len(KINDS) + self._targets.kind[asks.row]
        for each in distinct(kind).tolist():
            mine = asks[kind == each]
            lane_row, kind_row = divmod(each, len(KINDS))
            lane = self._link.lanes[lane_row]
            for frames, asked in self._maker(lane_row, kind_row).make(self._questions(lane, mine)):
                set_ttl(lane, frames, mine.ttl[asked])
                self._link.offer(Parcel(lane, frames, self._tracer, mine.cell[asked]))

    def _questions(self, lane: Lane, asks: Asks) -> Questions:
        targets, row = self._targets, asks.row
        them, port_them = Addresses(targets.hi[row], targets.lo[row]), targets.port[row]
        shift = port_shift(self._key, lane.ip_me, them, port_them)
        port_me = (self._link.ports.start + (shift + asks.attempt) % PORT_SHIFTS).astype(np.uint16)
        base = cookie(self._key, lane.ip_me, them, port_them, port_me)
        low = base.astype(np.uint16)
        by_number = targets.kind[row] == KINDS.index("tcp")
        ip_id = np.where(by_number, low, low & COOKIE_BITS | asks.ttl)
        number = base + (asks.ttl.astype(np.uint32) << STEP_BITS)
        return Questions(them, port_them, port_me, number, ip_id, targets.mac[row])

    def _maker(self, lane_row: int, kind: int) -> Maker:
        """What makes the frames of one kind of probe on one lane."""
        if (lane_row, kind) not in self._makers:
            lane = self._link.lanes[lane_row]
            probe = self._probes[KINDS[kind]] if kind else IcmpProbe(ECHO)
            self._makers[lane_row, kind] = probe.maker(lane, PLAIN)
        return self._makers[lane_row, kind]

    # in

    def _collect(self) -> None:
        decoded = self._link.receive()
        if len(decoded) and self.sent:
            self.take(decoded)

    def take(self, decoded: Decoded) -> Mask:
        """Keep what answers a walk; return which rows did."""
        ttl, attempt, ours, weak = self._read(decoded)
        row = np.full(len(decoded), -1, np.int64)
        row[ours] = self._tracer.locate(decoded.them[ours])
        ours &= ~weak | (
            row >= 0
        )  # where ten bits are all the proof, they must be a host's that is under way
        exceeded = np.where(decoded.is_v4, _EXCEEDED[True], _EXCEEDED[False])
        final = (decoded.kind != Kind.ICMP_ERROR) | (decoded.icmp_type != exceeded)
        heard = Heard(row, ttl, attempt, decoded.sender, final, decoded.time_us)[ours]
        if len(heard):
            self.heard += len(heard)
            self._heard.append(heard)
        self._forged += int((self._at_our_ports(decoded) & ~ours & ~weak).sum())
        return ours

    def _at_our_ports(self, decoded: Decoded) -> Mask:
        """Which rows are segments, or errors about segments, of our ports. Errors about others may be anybody's."""
        ports = self._link.ports
        segment = (decoded.kind == Kind.TCP) | (decoded.kind == Kind.ICMP_ERROR)
        inside: Mask = segment & (decoded.port_me >= ports.start) & (decoded.port_me < ports.stop)
        return inside

    def counters(self) -> dict[str, int]:
        """Return what was discarded, by reason."""
        return {"forged": self._forged} if self._forged else {}

    def drops(self) -> int:
        """Return how many packets the kernel dropped because we read too slowly."""
        return self._link.drops()

    def patience(self, until_us: int, now_us: int) -> int:
        """Return until when, at most that moment, nothing but an arrival needs to be seen to."""
        return self._link.patience(until_us, now_us)

    def _read(self, decoded: Decoded) -> tuple[U8, U8, Mask, Mask]:
        """By row: the TTL and the try that it answers, whether it is an answer, and whether the proof is weak."""
        base = cookie(self._key, decoded.me, decoded.them, decoded.port_them, decoded.port_me)
        shift = port_shift(self._key, decoded.me, decoded.them, decoded.port_them)
        place = decoded.port_me.astype(np.int64) - self._link.ports.start
        is_error = decoded.kind == Kind.ICMP_ERROR
        weak = is_error & (decoded.protocol != PROTOCOL_TCP)
        steps, slack = self._numbered(decoded, base, is_error)
        same_id = ((decoded.ip_id ^ base.astype(np.uint16)) & COOKIE_BITS) == 0
        ttl = np.where(weak, decoded.ip_id & TTL_BITS, np.minimum(steps, 255)).astype(np.uint8)
        known = np.isin(decoded.kind, (Kind.TCP, Kind.ICMP_ERROR, Kind.ICMP_REPLY))
        proven = known & np.where(weak, same_id, slack)
        ours = proven & (place >= 0) & (place < PORT_SHIFTS) & (ttl >= 1) & (ttl <= MOST_TTL)
        return ttl, ((place - shift) % PORT_SHIFTS).astype(np.uint8), ours, weak

    @staticmethod
    def _numbered(decoded: Decoded, base: U32, is_error: Mask) -> tuple[U32, Mask]:
        """How many steps above the cookie a row's number is, and whether it is as near to one as its kind must be.

        A segment in answer counts SYN and FIN, or goes on where we acknowledged (RFC 9293 section 3.10.7.1).
        """
        segment = (decoded.kind == Kind.TCP) & ~is_error
        number = np.where(segment & ((decoded.flags & ACK) > 0), decoded.ack, decoded.seq)
        above: U32 = number - base
        rest = above & np.uint32((1 << STEP_BITS) - 1)
        return above >> np.uint32(STEP_BITS), rest <= np.where(segment, 2, 0)


def _probes(config: ScanConfig) -> dict[str, Probe]:
    """The probes of the scan's own techniques by protocol; what UDP services would understand is not needed."""
    probes: dict[str, Probe] = {}
    for technique in (work.technique for work in config.works):
        if technique.probe is not None and technique.proto in KINDS:
            probes[technique.proto] = UdpProbe() if technique.proto == "udp" else technique.probe
    return probes


def _answering(columns: PortColumns, state: State) -> int | None:
    """The first row of a port in that state that the host itself answered for."""
    for row in np.flatnonzero((columns.state == state) & (columns.ttl > 0)).tolist():
        if int(columns.ports[row]) not in columns.senders:
            return int(row)
    return None


def _patience_us(reports: list[HostReport]) -> I64:
    """How long a first try is waited for."""
    known = [USUAL_PATIENCE_US if each.timeout_ms is None else each.timeout_ms * 1000 for each in reports]
    patience: I64 = np.clip(np.array(known, np.float64), LEAST_PATIENCE_US, MOST_PATIENCE_US).astype(np.int64)
    return patience


def _joined(parts: list[Heard]) -> Heard | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    row, ttl, attempt, final, time_us = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("row", "ttl", "attempt", "final", "time_us")
    )
    return Heard(row, ttl, attempt, Addresses.concat([part.sender for part in parts]), final, time_us)

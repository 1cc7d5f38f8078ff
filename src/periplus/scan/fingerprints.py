"""Hosts are asked for their operating system: the stage that sends the sixteen probes and reads what comes.

Each host that is up, by IPv4, with an open TCP port is asked: six SYNs 100 ms apart, since their answers are a row in
time, then the others 20 ms apart. What is not answered is asked twice more, the six all together. Hosts are asked
side by side, up to `AT_ONCE`; a host costs a few objects and sixteen packets, so they are not columns.

A probe is known by its source port, of which there are sixteen, and by its host. Nothing goes to a port that the
scope or ``--exclude-ports`` leaves out: probes without a port that may be asked are not sent.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np

from periplus.columns import I64
from periplus.errors import BadReply
from periplus.identify.os.answer import read_untrusted
from periplus.identify.os.fingerprint import Fingerprint, Observed, fingerprint, number_of
from periplus.identify.os.probe import SYNS, Asked, packet
from periplus.identify.os.ranking import Glance, rank
from periplus.identify.os.reference import References
from periplus.identify.os.sequence import difficulty
from periplus.result.row import HostReport, OsRow, PortColumns
from periplus.scan.config import ScanConfig
from periplus.scan.fingerprinting import FINGERPRINT_TRIES
from periplus.scan.passive import Glances, match_of, said_of
from periplus.scan.raw import NO_LANE
from periplus.scan.sender import Parcel
from periplus.scan.stage import NEVER
from periplus.scan.tracelink import TraceLink
from periplus.space.address import Addresses
from periplus.space.ip import V4_BASE, parse_ip
from periplus.technique.verdict import State
from periplus.wire.headers import (
    ETHERTYPE_IP4,
    PROTOCOL_ICMP,
    PROTOCOL_TCP,
    PROTOCOL_UDP,
    ethernet,
)
from periplus.wire.lane import Lane, Link

__all__ = ["AT_ONCE", "Fingerprints"]

AT_ONCE = 64
SYN_GAP_US, GAP_US = 100_000, 20_000
LEAST_PATIENCE_US, USUAL_PATIENCE_US, MOST_PATIENCE_US = 300_000, 1_000_000, 1_500_000
LEAST_FIT, MOST_MATCHES = 0.85, 10
GUESSED_PORTS = range(30_000, 60_000)
DRAWS = 32  # of a port that may be asked
WORDS, PORTS = 1 << 32, 1 << 16


@dataclass(slots=True)
class _Host:
    """A host under way: what is still to be sent, until when answers are waited for, and the tries that are left."""

    report: HostReport
    observed: Observed
    lane: Lane
    mac: bytes
    patience_us: int
    queue: deque[tuple[int, int]] = field(default_factory=deque)  # when, which probe
    until_us: int = 0
    tries: int = FINGERPRINT_TRIES

    def stamp(self, cell: I64, first_us: int, last_us: int) -> None:
        """These probes left between two times."""
        for number in cell.tolist():
            self.observed.sent_us[number] = (first_us + last_us) // 2

    def plan(self, numbers: Iterable[int], now_us: int) -> None:
        """Ask these from now on."""
        due_us = now_us
        for number in numbers:
            self.queue.append((due_us, number))
            due_us += SYN_GAP_US if number < len(SYNS) else GAP_US
        self.tries -= 1

    def missing(self) -> list[int]:
        """What is to be asked again: of the six SYNs all or none, as their answers are one row."""
        asked, answers = self.observed.asked, self.observed.answers
        syns = all(number in answers for number in range(len(SYNS)))
        return [
            number
            for number in asked.numbers()
            if (not syns if number < len(SYNS) else number not in answers)
        ]


class Fingerprints:
    """Holds reports until their hosts have been asked. `worth` is what a perfect fit with a reference is worth."""

    def __init__(
        self,
        config: ScanConfig,
        link: TraceLink,
        references: References,
        source: str,
        worth: float,
        glances: Glances | None = None,
    ) -> None:
        assert config.fingerprint is not None
        self.sent = self.heard = 0
        self._scope = config.scope
        self._barred = config.fingerprint.barred
        self._link = link
        self._references, self._source, self._worth = references, source, worth
        self._glances = glances
        self._draw = Random(link.key).randrange
        self._waiting: deque[HostReport] = deque()
        self._hosts: dict[int, _Host] = {}
        self._ready: list[HostReport] = []

    @property
    def idle(self) -> bool:
        """Whether no report is held."""
        return not self._hosts and not self._waiting and not self._ready

    def ask(self, reports: Iterable[HostReport]) -> None:
        """Take reports in; those of hosts that are down are ready at once."""
        for report in reports:
            (self._waiting if report.up else self._ready).append(report)

    def passed(self) -> list[HostReport]:
        """Return the reports that need not wait any longer."""
        ready, self._ready = self._ready, []
        return ready

    def give_up(self) -> None:
        """Wait for nothing more: hosts that were not asked to the end are told without an answer."""
        self._ready.extend(host.report for host in self._hosts.values())
        self._ready.extend(self._waiting)
        self._hosts.clear()
        self._waiting.clear()

    def step(self, now_us: int, alone: bool) -> int:
        """Send what is due; return when there is more to do."""
        self._collect()
        while self._waiting and len(self._hosts) < AT_ONCE:
            self._begin(self._waiting.popleft(), now_us)
        wake_us = NEVER
        for address, host in list(self._hosts.items()):
            self._send(host, now_us)
            if not host.queue and (now_us >= host.until_us or not host.missing()):
                self._next(address, host, now_us)
            wake_us = min(wake_us, host.queue[0][0] if host.queue else host.until_us)
        return now_us if self._ready else wake_us

    def _next(self, address: int, host: _Host, now_us: int) -> None:
        """Ask again, or tell what was found."""
        missing = host.missing()
        if missing and host.tries:
            for number in missing:
                host.observed.answers.pop(number, None)
            host.plan(missing, now_us)
            return
        del self._hosts[address]
        self._ready.append(self._told(host))

    # out

    def _begin(self, report: HostReport, now_us: int) -> None:
        address = parse_ip(report.addr)
        why = self._unfit(report, address)
        if why is None:
            them = Addresses.of_ints([address])
            hops = self._link.next_hops(them)
            lane_row = int(hops.lane[0])
            if lane_row != NO_LANE and hops.known[0]:
                lane = self._link.lanes[lane_row]
                asked = self._asked(report, lane, address)
                host = _Host(report, Observed(asked), lane, hops.mac[0].tobytes(), _patience_us(report))
                host.plan(asked.numbers(), now_us)
                self._hosts[address & 0xFFFFFFFF] = host
                return
            why = "no way to the host is known"
        self._ready.append(replace(report, os=replace(report.os or OsRow(), why=why)))

    @staticmethod
    def _unfit(report: HostReport, address: int) -> str | None:
        """Why a host is not asked."""
        if address >> 32 != V4_BASE >> 32:
            return "only hosts of IPv4 are asked"
        if report.tarpit is not None:
            return "something in front of the host takes all connections"
        return None if _ports(report, "tcp", State.OPEN) else "no TCP port was found open"

    def _asked(self, report: HostReport, lane: Lane, them: int) -> Asked:
        draw, known = self._draw, _ports(report, "tcp", State.CLOSED)
        closed = known[0] if known else self._free(report, them, "tcp", PROTOCOL_TCP)
        udp = _ports(report, "udp", State.CLOSED)
        return Asked(
            ip_me=lane.ip_me,
            ip_them=them,
            port_me=self._link.ports.start,
            open=_ports(report, "tcp", State.OPEN)[0],
            closed=closed,
            udp=udp[0] if udp else self._free(report, them, "udp", PROTOCOL_UDP),
            seq=draw(1, WORDS),
            ack=draw(1, WORDS),
            ident=draw(PORTS),
            ip_id=draw(1, PORTS),
            guessed=not known,
            echoes=self._allows(them, 0, PROTOCOL_ICMP),
        )

    def _free(self, report: HostReport, them: int, proto: str, protocol: int) -> int | None:
        """A port that nobody is likely to listen on and that may be asked; None if none was drawn."""
        known = {int(port) for each in report.columns if each.proto == proto for port in each.ports}
        for _ in range(DRAWS):
            port = self._draw(GUESSED_PORTS.start, GUESSED_PORTS.stop)
            if port not in known and port not in self._barred and self._allows(them, port, protocol):
                return port
        return None

    def _allows(self, them: int, port: int, protocol: int) -> bool:
        if self._scope is None:
            return True
        allowed = self._scope.allows(
            Addresses.of_ints([them]), np.array([port], np.uint16), np.array([protocol], np.uint8)
        )
        return bool(allowed[0])

    def _send(self, host: _Host, now_us: int) -> None:
        while host.queue and host.queue[0][0] <= now_us:
            _, number = host.queue.popleft()
            data = packet(host.observed.asked, number)
            if host.lane.link is Link.ETHERNET:
                data = ethernet(host.lane.mac_me, ETHERTYPE_IP4, host.mac) + data
            frame = np.frombuffer(data, np.uint8).reshape(1, -1)
            host.stamp(np.array([number]), now_us, now_us)
            self._link.offer(Parcel(host.lane, frame, host, np.array([number])))
            self.sent += 1
            host.until_us = now_us + host.patience_us
            if host.queue and number < len(SYNS):  # one that left late does not hurry the next
                host.queue[0] = (max(host.queue[0][0], now_us + SYN_GAP_US), host.queue[0][1])

    # in

    def _collect(self) -> None:
        packets = self._link.packets()
        if not self._hosts:
            return
        for row in np.flatnonzero(packets.ethertype == ETHERTYPE_IP4).tolist():
            data = packets.data[row, : packets.length[row]].tobytes()
            host = self._hosts.get(int.from_bytes(data[12:16]))
            if host is not None:
                self._take(host, data)

    def _take(self, host: _Host, data: bytes) -> None:
        try:
            answer = read_untrusted(data)
        except BadReply:
            return
        observed = host.observed
        number = number_of(observed.asked, answer)
        if number is not None and number in observed.sent_us and number not in observed.answers:
            observed.answers[number] = answer
            self.heard += 1

    def patience(self, until_us: int, now_us: int) -> int:
        """Return until when, at most that moment, nothing but an arrival needs to be seen to."""
        return self._link.patience(until_us, now_us)

    def counters(self) -> dict[str, int]:
        """What answers nothing is other links' to count."""
        return {}

    def drops(self) -> int:
        """Return how many packets the kernel dropped because we read too slowly."""
        return self._link.drops()

    # what was found

    def _told(self, host: _Host) -> HostReport:
        asked = host.observed.asked
        found = fingerprint(host.observed)
        heard = "SEQ" in found.tests  # without a SYN-ACK too little is known for a comparison
        best = self._references.best(found.tests, LEAST_FIT, MOST_MATCHES) if heard else []
        matches = [(fit * self._worth, reference) for fit, reference in best]
        sequence = found.tests.get("SEQ", {})
        index = int(sequence["SP"], 16) if "SP" in sequence else None
        row = OsRow(
            matches=tuple(match_of(fit, reference) for fit, reference in matches),
            guesses=rank(matches, said_of(host.report), self._glanced(host.report)),
            source=self._source,
            fingerprint=found.text(),
            open_port=asked.open,
            closed_port=None if asked.guessed else asked.closed,
            udp_port=asked.udp if _bounced(found) else None,
            distance=0 if host.lane.link is Link.LOCAL else found.distance,
            uptime_s=found.uptime_s,
            stamp_hz=found.hz,
            difficulty=None if index is None else (index, difficulty(index)),
            ids=sequence.get("TI"),
            stamp_class=sequence.get("TS"),
            values=found.values,
            why=_poor(host.observed),
            passive=host.report.os.passive if host.report.os else None,
        )
        return replace(host.report, os=row)

    def _glanced(self, report: HostReport) -> tuple[Glance, ...]:
        return self._glances.at(report) if self._glances else ()


def _bounced(found: Fingerprint) -> bool:
    return found.tests.get("U1", {}).get("R") == "Y"


def _poor(observed: Observed) -> str | None:
    """Why the fingerprint is worse than it could be."""
    if not any(number in observed.answers for number in range(len(SYNS))):
        return "the open port did not answer again"
    if observed.asked.guessed:
        return "no TCP port was found closed, so less is known"
    return None


def _ports(report: HostReport, proto: str, state: State) -> list[int]:
    """The host's ports of that state, by answers of its own, the least first."""
    found: list[int] = []
    for columns in report.columns:
        if columns.proto == proto:
            found += [port for port in _of_state(columns, state) if port not in columns.senders]
    return found


def _of_state(columns: PortColumns, state: State) -> list[int]:
    ports: list[int] = columns.ports[columns.state == state].tolist()
    return ports


def _patience_us(report: HostReport) -> int:
    known = USUAL_PATIENCE_US if report.timeout_ms is None else int(report.timeout_ms * 1000)
    return min(max(known, LEAST_PATIENCE_US), MOST_PATIENCE_US)

"""What a run tells: four kinds of row, and the host as columns.

`PortRow` is handed to the writers as soon as a finding is made; `HostReport` when a host is finished, with
every one of its ports as columns (a host of 65,535 ports costs a few bytes a port and no objects);
`RunRow` opens and `SummaryRow` closes. Times are seconds since the epoch, durations carry their unit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isnan

import numpy as np

from periplus.columns import F32, I64, U8, U16
from periplus.findings import Answer, OsClass, OsGuess, SynAck
from periplus.technique.verdict import Reason, State

__all__ = [
    "PROTOCOLS",
    "Crowded",
    "Hop",
    "HostReport",
    "OsMatch",
    "OsPassive",
    "OsRow",
    "PortColumns",
    "PortRow",
    "RunRow",
    "ScanRow",
    "ServiceRow",
    "Stopped",
    "SummaryRow",
    "Tarpit",
    "Trace",
    "Unlisted",
]

PROTOCOLS = "ip"  # a row's protocol where its port is itself the number of an IP protocol
ROWS_AT_ONCE = 1024  # columns become Python numbers by so many, so that a host of 65,535 rows stays small

_STATES = tuple(State)
_REASONS = tuple(Reason)


@dataclass(frozen=True, slots=True)
class PortRow:
    """One port's verdict with its evidence.

    `ttl` and `rtt_ms` are None when no packet decided (silence, or a plain socket);
    `reason_addr` is the sender of the deciding packet when it was not the target itself (a router).
    """

    addr: str
    proto: str
    port: int
    state: State
    reason: Reason
    tries: int
    time: float
    ttl: int | None = None
    rtt_ms: float | None = None
    reason_addr: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class PortColumns:
    """All probed ports of one host and one protocol; columns of equal length, ports ascending.

    ports u2; state, reason, ttl (0: unknown), tries u1; rtt_ms f4 (NaN: unknown);
    time: seconds since the epoch at which the last verdict of the host was reached.
    `senders` maps a port to the router that answered in the target's stead; `windows` are the least and the greatest
    TCP window of the answers that opened ports, where they were seen.
    """

    proto: str
    ports: U16
    state: U8
    reason: U8
    ttl: U8
    tries: U8
    rtt_ms: F32
    senders: dict[int, str] = field(default_factory=dict)
    windows: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Tarpit:
    """Something in front of a host takes every connection: `ports`, ascending, are open by that alone.

    `kind` is what a connection with data meets there: ``deaf`` (the data is never acknowledged), ``silent``
    (acknowledged, and nothing more), ``closing`` (it is closed, nothing said) or ``answering`` (something is said on
    every port). `probed` ports were asked by the scan; `asked` of them with data, of which `alike` met this. Of
    `controls`, random high ports asked in the same way, `taken` accepted. `ttl` and `window` are those of all
    handshakes, if they have one in common.
    """

    proto: str
    kind: str
    ports: U16
    probed: int
    asked: int
    alike: int
    controls: int
    taken: int
    ttl: int | None = None
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """A host stopped answering while it was scanned: `probe` is how many it had got until then.

    It was left alone. `resumed`: it answered again in the end, and was asked slowly; else so many of its ports are
    `unasked`, and are told as if they had been silent.
    """

    proto: str
    probe: int
    resumed: bool = False
    unasked: int = 0


@dataclass(frozen=True, slots=True)
class Crowded:
    """A network in which so many of the hosts that are up are `Tarpit`s that one thing in front of it must be."""

    network: str
    hosts: int
    up: int


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop on the way to a host, `ttl` links from us; without `addr` it never answered.

    `rtt_ms` None: not known. `names` are from reverse DNS.
    """

    ttl: int
    addr: str | None = None
    rtt_ms: float | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """The way to a host, nearest hop first, and what it was asked by: protocol and port.

    A host on-link is its own only hop, for which nothing was sent (`proto` None); ICMP has no port.
    """

    hops: tuple[Hop, ...]
    proto: str | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceRow(Answer):
    """Who answers at one open port. `came` is what asking came to: ``identified``, ``unknown``, ``silent`` and so on;
    `name` is the protocol."""

    proto: str
    port: int
    came: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class OsMatch:
    """A reference fingerprint, how well the host's fits it (0..1), and where in the file it stands."""

    name: str
    accuracy: float
    line: int
    classes: tuple[OsClass, ...]


@dataclass(frozen=True, slots=True)
class OsPassive:
    """A SYN-ACK that the port scan got, and the stacks that it speaks for: `accuracy` is how strongly."""

    shown: SynAck
    matches: tuple[OsMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class OsRow:
    """What ``-O`` found, or the port scan in passing (`passive`); `why` is only there when ``-O`` could not look, or
    by less than it should.

    `source` names the references, `fingerprint` is in Nmap's notation. The ports are those asked. `uptime_s`
    and `stamp_hz` come from time stamps, `difficulty` from sequence numbers, `ids` is the class of identifications.
    `values` are the raw rows, by what they are of: ``seq``, ``ids`` and ``stamps``.
    """

    matches: tuple[OsMatch, ...] = ()
    guesses: tuple[OsGuess, ...] = ()
    source: str | None = None
    fingerprint: str | None = None
    open_port: int | None = None
    closed_port: int | None = None
    udp_port: int | None = None
    distance: int | None = None
    uptime_s: float | None = None
    stamp_hz: float | None = None
    difficulty: tuple[int, str] | None = None
    ids: str | None = None
    stamp_class: str | None = None
    values: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    why: str | None = None
    passive: OsPassive | None = None


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Ports of a host of which only the number is known, as a file says it."""

    proto: str
    state: State
    reason: Reason
    count: int


@dataclass(frozen=True, slots=True)
class HostReport:
    """A finished host. `up` is False when nothing of it answered; `notes` say what a reader should know.

    `names` are (name, kind) pairs with kind ``user`` (given as the target) or ``PTR`` (reverse DNS).
    `vendor` is who the block of `mac` was assigned to, by a list of this machine. `trace` is None when no way was
    looked for, or nothing of it answered. `tarpit`: its open ports are no findings.
    """

    addr: str
    up: bool
    reason: Reason
    columns: tuple[PortColumns, ...]
    started: float
    ended: float
    names: tuple[tuple[str, str], ...] = ()
    ttl: int | None = None
    srtt_ms: float | None = None
    rttvar_ms: float | None = None
    timeout_ms: float | None = None
    mac: str | None = None
    vendor: str | None = None
    timed_out: bool = False
    listed: bool = False  # only named: nobody knows whether it is up
    notes: tuple[str, ...] = ()
    trace: Trace | None = None
    tarpit: Tarpit | None = None
    stopped: tuple[Stopped, ...] = ()  # by technique
    unlisted: tuple[Unlisted, ...] = ()  # beyond the columns
    services: tuple[ServiceRow, ...] = ()  # of open ports, where they were identified
    os: OsRow | None = None  # where the operating system was looked for

    def rows(self, columns: PortColumns, chosen: U16, service: dict[int, str]) -> Iterator[PortRow]:
        """Plain rows of the ports in `chosen` (a sub-set of `columns.ports`), for the edge only."""
        found = np.searchsorted(columns.ports, chosen)
        for start in range(0, len(found), ROWS_AT_ONCE):
            yield from self._rows_at(columns, found[start : start + ROWS_AT_ONCE], service)

    def _rows_at(self, columns: PortColumns, at: I64, service: dict[int, str]) -> Iterator[PortRow]:
        cells = (columns.ports, columns.state, columns.reason, columns.ttl, columns.tries, columns.rtt_ms)
        for port, state, reason, ttl, tries, rtt_ms in zip(
            *(each[at].tolist() for each in cells), strict=True
        ):
            yield PortRow(
                addr=self.addr,
                proto=columns.proto,
                port=port,
                state=_STATES[state],
                reason=_REASONS[reason],
                tries=tries,
                time=self.ended,
                ttl=ttl or None,
                rtt_ms=None if isnan(rtt_ms) else rtt_ms,
                reason_addr=columns.senders.get(port),
                service=service.get(port),
            )


@dataclass(frozen=True, slots=True)
class ScanRow:
    """One technique of a run by its name, its protocol, and the ports that any target is asked."""

    technique: str
    proto: str
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RunRow:
    """The beginning of a run: enough to repeat it. Without `scans` it only finds hosts."""

    version: str
    arguments: tuple[str, ...]
    seed: int
    started: float
    scans: tuple[ScanRow, ...]
    targets: int  # addresses asked for
    contact: str | None = None  # who answers for the scan, as its scope says
    shard: str | None = None  # "2/8": the second of eight parts of the targets


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """The end of a run. `loss` is a share (0..1; None: not measured, as nothing was asked twice), `rate` probes a
    second, `exit` as in Nmap's XML."""

    hosts_up: int
    hosts: int
    probes: int
    replies: int
    loss: float | None
    expected_missed_open: float
    seconds: float
    rate: float
    ended: float
    kernel_drops: int = 0
    discarded: dict[str, int] = field(default_factory=dict)  # frames that were no replies, by reason
    exit: str = "success"  # "success", "interrupted" or "error"
    message: str | None = None
    crowded: tuple[Crowded, ...] = ()
    stopped: int = 0  # hosts that stopped answering while they were scanned
    outages: int = 0  # how often all hosts fell silent at once

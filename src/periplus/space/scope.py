"""What may be scanned, as whoever owns it has put it down: networks, ports, hours, a rate, an end.

A scope is asked twice. Before a run the command line asks in words, so that the user learns which rule is in the way;
then every batch is asked in columns just before it leaves (`allows`), so that nothing leaves outside, whatever bug
sits above. The second is one binary search over the networks and one look into a table of ports for each row.

The rules in detail:

- What is in `networks` and not in `excluded` may be asked.
- `ports` are those of TCP, UDP and SCTP. Where they are given, ICMP is still allowed, and any other IP protocol is
  not. Without them all is.
- `hours` are those of a clock on the wall in `zone`. They hold from the first minute up to, not including, the last;
  they may go past midnight.
- `expires` is the first moment that is too late.

Limits: pure; whoever asks tells the time. Hours know no days of the week.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property

import numpy as np

from periplus.columns import U8, U16, Mask
from periplus.space.address import Addresses
from periplus.space.ports import PortSpec
from periplus.space.ranges import AddressSpace
from periplus.space.services import PROTOCOLS

__all__ = ["ICMP", "NUMBERS", "Entry", "Hours", "Scope"]

DAY = 24 * 60
PORTS = 1 << 16
ICMP = (1, 58)  # the protocols that `ports` leaves alone: ICMP, and ICMPv6
NUMBERS = {"tcp": 6, "udp": 17, "sctp": 132}  # as IANA numbers protocols
KINDS = ("ip", "icmp", *PROTOCOLS)  # rows of the table of ports


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list of addresses: as it is written, and what it means."""

    text: str
    space: AddressSpace


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of the day in minutes since midnight; when it does not end after its beginning, it ends tomorrow."""

    text: str
    begin: int
    end: int

    def hold(self, minute: int) -> bool:
        """Whether a minute of the day lies in it."""
        if self.begin < self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


@dataclass(frozen=True, eq=False)
class Scope:
    """The rules of one file. What is None, or a rate of 0, is no rule."""

    file: str
    networks: tuple[Entry, ...]
    excluded: tuple[Entry, ...] = ()
    ports: PortSpec | None = None
    hours: Hours | None = None
    zone: tzinfo = UTC
    zone_name: str = "UTC"
    max_rate: float = 0.0
    contact: str | None = None
    expires: datetime | None = None
    expires_text: str = ""
    name: str | None = None
    note: str | None = None

    @cached_property
    def inside(self) -> AddressSpace:
        """What is in the networks, excluded or not."""
        return _union(self.networks)

    @cached_property
    def left_out(self) -> AddressSpace:
        """What is excluded."""
        return _union(self.excluded)

    @cached_property
    def space(self) -> AddressSpace:
        """The addresses that may be asked."""
        return self.inside - self.left_out

    # columns

    def allows(self, them: Addresses, ports: U16, protocol: U8) -> Mask:
        """Which probes may leave: `protocol` is the IP header's, and `ports` mean something where it has any."""
        return self.space.holds(them) & self.passes(ports, protocol)

    def passes(self, ports: U16, protocol: U8) -> Mask:
        """Which ports may be asked of those hosts that may be asked anything."""
        if self.ports is None:
            return np.ones(len(ports), np.bool_)
        passing: Mask = self._table[self._kinds[protocol] + ports]
        return passing

    def open_ports(self, kind: str) -> Mask:
        """Which of all 65,536 ports may be asked; `kind`: tcp, udp, sctp, icmp, or ip (its ports are protocols)."""
        allowed = np.ones(PORTS, np.bool_)
        if self.ports is None or kind == "icmp":
            return allowed
        allowed[:] = False
        allowed[list(ICMP if kind == "ip" else getattr(self.ports, kind))] = True
        return allowed

    @cached_property
    def _table(self) -> Mask:
        """The open ports of every kind, one behind the other; of an unknown protocol none."""
        rows = [self.open_ports(kind) for kind in KINDS]
        rows[0] = np.zeros(PORTS, np.bool_)
        return np.concatenate(rows)

    @cached_property
    def _kinds(self) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """Where in the table the ports of each IP protocol begin."""
        kinds = np.zeros(256, np.int64)
        kinds[list(ICMP)] = KINDS.index("icmp")
        for proto, number in NUMBERS.items():
            kinds[number] = KINDS.index(proto)
        return kinds * PORTS

    # time

    def closed(self, epoch_s: float) -> str | None:
        """Say why nothing may be scanned at a moment; None when something may."""
        if self.has_expired(epoch_s):
            return f"expired: expires is {self.expires_text}"
        if not self.in_hours(epoch_s):
            now = datetime.fromtimestamp(epoch_s, self.zone)
            return f"outside hours {self._hours_text}: it is {now:%H:%M} there"
        return None

    def over(self, epoch_s: float) -> str | None:
        """Say why a scan that was allowed must end at a moment; None while it may go on."""
        if self.has_expired(epoch_s):
            return f"scope: it has expired (expires is {self.expires_text})"
        if not self.in_hours(epoch_s):
            return f"scope: the hours {self._hours_text} are over"
        return None

    def has_expired(self, epoch_s: float) -> bool:
        """Whether the end has come."""
        return self.expires is not None and epoch_s >= self.expires.timestamp()

    def in_hours(self, epoch_s: float) -> bool:
        """Whether the hours hold at a moment."""
        if self.hours is None:
            return True
        now = datetime.fromtimestamp(epoch_s, self.zone)
        return self.hours.hold(now.hour * 60 + now.minute)

    @property
    def _hours_text(self) -> str:
        return f"{self.hours.text} ({self.zone_name})" if self.hours else ""


def _union(entries: Iterable[Entry]) -> AddressSpace:
    return AddressSpace.union(entry.space for entry in entries)

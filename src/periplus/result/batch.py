"""Finished hosts as columns, many at once: what a sweep of a large network tells costs no object a host.

A batch goes from the engine's columns to the writers. Whoever needs a host by itself iterates and gets `HostReport`s,
which are made when that is first asked for and then kept with the batch; a format that can lay out many hosts at once
reads the columns.

Limits: a batch holds what a scan itself learns. Hosts that are named, traced, or held back on suspicion are given
what they get one by one, as reports.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isnan
from typing import TypeVar

import numpy as np

from periplus.columns import F32, F64, I64, U8, U16, Mask, spans
from periplus.result.row import HostReport, PortColumns, Stopped
from periplus.space.address import Addresses
from periplus.technique.verdict import Reason

__all__ = ["HostBatch", "Hosts", "PortTable"]

Value = TypeVar("Value")

_REASONS = tuple(Reason)


@dataclass(frozen=True, eq=False)
class PortTable:
    """The ports of many hosts, of one protocol; those of host `n` are the rows from `first[n]` to `first[n + 1]`.

    Columns as those of `PortColumns`, and ports ascend within a host. `sender_at` are the rows, ascending, that
    routers answered, and `senders` those routers. `window_low` and `window_high` are by host; low above high: none.
    """

    proto: str
    first: I64
    ports: U16
    state: U8
    reason: U8
    ttl: U8
    tries: U8
    rtt_ms: F32
    sender_at: I64
    senders: tuple[str, ...]
    window_low: U16
    window_high: U16

    @cached_property
    def count(self) -> I64:
        """By host, how many ports it has."""
        return np.diff(self.first)

    @cached_property
    def host(self) -> I64:
        """By row, whose port it is."""
        return np.repeat(np.arange(len(self.count)), self.count)

    def by_host(self, which: Mask) -> I64:
        """By host, how many of these rows are its own."""
        return np.bincount(self.host[which], minlength=len(self.count))

    def each(self) -> Iterator[tuple[PortColumns]]:
        """Yield the ports host by host."""
        first = self.first.tolist()
        windows = zip(self.window_low.tolist(), self.window_high.tolist(), strict=True)
        for start, stop, (low, high) in zip(first[:-1], first[1:], windows, strict=True):
            yield (
                PortColumns(
                    proto=self.proto,
                    ports=self.ports[start:stop],
                    state=self.state[start:stop],
                    reason=self.reason[start:stop],
                    ttl=self.ttl[start:stop],
                    tries=self.tries[start:stop],
                    rtt_ms=self.rtt_ms[start:stop],
                    senders=self._senders(start, stop) if self.senders else {},
                    windows=(low, high) if low <= high else None,
                ),
            )

    def _senders(self, start: int, stop: int) -> dict[int, str]:
        begin, end = np.searchsorted(self.sender_at, (start, stop)).tolist()
        ports = self.ports[self.sender_at[begin:end]].tolist()
        return dict(zip(ports, self.senders[begin:end], strict=True))

    def of_hosts(self, hosts: I64) -> "PortTable":
        """The table of some hosts, which ascend."""
        count = self.count[hosts]
        rows = spans(self.first[hosts], count)
        kept = np.isin(self.sender_at, rows)
        return PortTable(
            proto=self.proto,
            first=np.concatenate(([0], np.cumsum(count))),
            ports=self.ports[rows],
            state=self.state[rows],
            reason=self.reason[rows],
            ttl=self.ttl[rows],
            tries=self.tries[rows],
            rtt_ms=self.rtt_ms[rows],
            sender_at=np.searchsorted(rows, self.sender_at[kept]),
            senders=tuple(self.senders[row] for row in np.flatnonzero(kept).tolist()),
            window_low=self.window_low[hosts],
            window_high=self.window_high[hosts],
        )


@dataclass(frozen=True, eq=False)
class HostBatch:
    """Finished hosts, one a row; every column has the meaning of the field of `HostReport` that has its name.

    ttl 0: not known; times that are NaN: not known. `table` has no ports for hosts that are down; None: none were
    asked. `names`, `macs`, `notes` and `stopped` are by row, as few hosts have any.
    """

    addresses: Addresses
    up: Mask
    reason: U8
    started: F64
    ended: F64
    ttl: U8
    srtt_ms: F64
    rttvar_ms: F64
    timeout_ms: F64
    timed_out: Mask
    table: PortTable | None = None
    names: Mapping[int, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    macs: Mapping[int, str] = field(default_factory=dict)
    notes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    stopped: Mapping[int, tuple[Stopped, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.up)

    def __iter__(self) -> Iterator[HostReport]:
        return iter(self.reports)

    @cached_property
    def texts(self) -> list[str]:
        """The addresses as people write them."""
        return self.addresses.text()

    @cached_property
    def reports(self) -> list[HostReport]:
        """The hosts one by one."""
        columns = self.table.each() if self.table is not None else [()] * len(self)
        times = (_times(each) for each in (self.srtt_ms, self.rttvar_ms, self.timeout_ms))
        cells = (self.up, self.reason, self.started, self.ended, self.ttl, self.timed_out)
        hosts = zip(self.texts, columns, *times, *(each.tolist() for each in cells), strict=True)
        return [
            HostReport(
                addr=addr,
                up=up,
                reason=_REASONS[reason],
                columns=parts if up else (),
                started=started,
                ended=ended,
                names=self.names.get(row, ()),
                ttl=ttl or None,
                srtt_ms=srtt_ms,
                rttvar_ms=rttvar_ms,
                timeout_ms=timeout_ms,
                mac=self.macs.get(row),
                timed_out=timed_out,
                notes=self.notes.get(row, ()),
                stopped=self.stopped.get(row, ()),
            )
            for row, (
                addr, parts, srtt_ms, rttvar_ms, timeout_ms, up, reason, started, ended, ttl, timed_out
            ) in enumerate(hosts)
        ]  # fmt: skip

    def only(self, which: Mask) -> "HostBatch":
        """These hosts alone."""
        return self if which.all() else self.at(np.flatnonzero(which))

    def at(self, rows: I64) -> "HostBatch":
        """The hosts of these rows, in their order; where there is a table it must ascend."""
        return HostBatch(
            addresses=self.addresses[rows],
            up=self.up[rows],
            reason=self.reason[rows],
            started=self.started[rows],
            ended=self.ended[rows],
            ttl=self.ttl[rows],
            srtt_ms=self.srtt_ms[rows],
            rttvar_ms=self.rttvar_ms[rows],
            timeout_ms=self.timeout_ms[rows],
            timed_out=self.timed_out[rows],
            table=None if self.table is None else self.table.of_hosts(rows),
            names=_at(self.names, rows),
            macs=_at(self.macs, rows),
            notes=_at(self.notes, rows),
            stopped=_at(self.stopped, rows),
        )

    def after(self, found: "HostBatch") -> "HostBatch":
        """These hosts, all up, with what was known of each since it was `found`: the same hosts, without ports.

        How a host was known to be up is said by the first that knew.
        """
        first = found.up & (found.reason != Reason.USER_SET)
        timed = ~np.isnan(self.srtt_ms)
        return replace(
            self,
            reason=np.where(first, found.reason, self.reason),
            started=np.minimum(found.started, self.started),
            ended=np.maximum(found.ended, self.ended),
            ttl=np.where(first, found.ttl, self.ttl),
            srtt_ms=np.where(timed, self.srtt_ms, found.srtt_ms),
            rttvar_ms=np.where(timed, self.rttvar_ms, found.rttvar_ms),
            timeout_ms=np.where(timed, self.timeout_ms, found.timeout_ms),
            timed_out=found.timed_out | self.timed_out,
            names=_of_either(first, found.names, self.names),
            macs={**found.macs, **self.macs, **_of_either(first, found.macs, self.macs)},
            notes=_of_both(found.notes, self.notes),
            stopped=_of_both(found.stopped, self.stopped),
        )


Hosts = Sequence[HostReport] | HostBatch
"""Finished hosts, one by one or as columns."""


def _times(times_ms: F64) -> list[float | None]:
    return [None if isnan(each) else each for each in times_ms.tolist()]


def _at(values: Mapping[int, Value], rows: I64) -> dict[int, Value]:
    """What these rows have, by their new numbers."""
    if not values:
        return {}
    return {new: values[row] for new, row in enumerate(rows.tolist()) if row in values}


def _of_either(first: Mask, one: Mapping[int, Value], other: Mapping[int, Value]) -> dict[int, Value]:
    """Of the rows that are `first` what one has, of all others what the other has."""
    return {row: value for row, value in one.items() if first[row]} | {
        row: value for row, value in other.items() if not first[row]
    }


def _of_both(
    one: Mapping[int, tuple[Value, ...]], other: Mapping[int, tuple[Value, ...]]
) -> dict[int, tuple[Value, ...]]:
    """By row, what the one has, then what the other has."""
    return {row: (*one.get(row, ()), *other.get(row, ())) for row in {**one, **other}}

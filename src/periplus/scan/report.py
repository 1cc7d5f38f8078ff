"""From the engine's columns to rows: findings as they are made, hosts when they are finished."""

from collections.abc import Callable, Iterator

import numpy as np

from periplus.columns import F64, I64, U8, Mask, distinct, spans
from periplus.engine.group import Group
from periplus.engine.lists import spread
from periplus.engine.replies import FIRST_UNANSWERED, Findings, Unanswered
from periplus.result.batch import HostBatch, PortTable
from periplus.result.row import PortRow, Stopped
from periplus.result.text import stopped_note
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig, Work
from periplus.scan.link import Link
from periplus.space.address import Addresses
from periplus.space.ip import format_ip
from periplus.technique.verdict import Reason, State

__all__ = ["Reporter"]

LINK_LAYER = (Reason.ARP_RESPONSE, Reason.ND_RESPONSE)  # these have no TTL
ALL_RESET = (
    "all probed ports answered RST: "
    "none is open, or this stack does not tell open from closed with this technique"
)
CELLS_AT_ONCE = 1 << 17  # ports of one batch, unless one host has more
FEWEST_RESETS = 2  # one reset alone says no more than that one port is closed
Names = Callable[[list[int], str], dict[int, str]]


class Reporter:
    """Makes rows of one work; `names` gives the services of ports, as `Services.names` does.

    Without a work it reports hosts without ports. `known`: every host here is known to be up.
    """

    def __init__(
        self,
        work: Work | None,
        config: ScanConfig,
        link: Link,
        clock: Clock,
        names: Names,
        known: bool = False,
    ) -> None:
        self._work = work
        self._config = config
        self._known = known
        self._link = link
        self._clock = clock
        self._names = names
        self._given: dict[int, list[str]] = {}
        for name, address in config.names:
            self._given.setdefault(address, []).append(name)

    def findings(self, group: Group, found: Findings, now_us: int) -> Iterator[PortRow]:
        """Yield open ports found at this moment."""
        if self._work is None:
            return
        proto = self._work.technique.proto
        ports = self._work.space.port_at(group.host_id[found.host], found.port_rank)
        services = self._names(ports.tolist(), proto)
        addresses = group.addresses[found.host].text()
        now_s = self._clock.epoch_s(now_us)
        for row, (addr, port) in enumerate(zip(addresses, ports.tolist(), strict=True)):
            rtt_ms = float(found.rtt_ms[row])
            yield PortRow(
                addr=addr,
                proto=proto,
                port=port,
                state=State(int(found.state[row])),
                reason=Reason(int(found.reason[row])),
                tries=int(found.tries[row]),
                time=now_s,
                ttl=int(found.ttl[row]) or None,
                rtt_ms=None if np.isnan(rtt_ms) else rtt_ms,
                service=services.get(port),
            )

    def batches(self, group: Group, hosts: I64, whole: bool = True) -> Iterator[HostBatch]:
        """Yield the hosts that are up, and the others when they are wanted, so many at once.

        `whole`: silence counts, since every host is finished; else only what was answered is told.
        """
        told = hosts[self.told(group, hosts, whole)]
        before = np.cumsum(group.hosts.count[told]) - group.hosts.count[told]
        for part in np.split(told, np.flatnonzero(np.diff(before // CELLS_AT_ONCE)) + 1):
            if len(part):
                yield self._batch(group, part, whole)

    def told(self, group: Group, hosts: I64, whole: bool = True) -> Mask:
        """Of which hosts there is a report."""
        everyone = self._config.tell_down and whole
        told = np.ones(len(hosts), np.bool_) if everyone else self.up(group, hosts)
        if self._config.assume_up and not (self._config.tell_silent or self._known):
            told = told & ((self._link.alive(group, hosts) > 0) | (group.hosts.reason[hosts] > 0))
        return told

    def up(self, group: Group, hosts: I64) -> Mask:
        """Which hosts are up."""
        up: Mask = (group.hosts.proved[hosts] > 0) | (self._link.alive(group, hosts) > 0)
        if self._config.assume_up:
            up |= group.hosts.reason[hosts] == 0
        if self._known:
            up[:] = True
        return up

    def _batch(self, group: Group, hosts: I64, whole: bool) -> HostBatch:
        rows, trips = group.hosts, group.trips
        addresses, up, alive = group.addresses[hosts], self.up(group, hosts), self._link.alive(group, hosts)
        began_us, ended_us = rows.started_us[hosts], rows.ended_us[hosts]
        timed = trips.srtt_us[hosts] > 0
        to_the_end = whole & (rows.timed_out[hosts] == 0)
        table = self._table(group, hosts, up, to_the_end)
        stopped = self._stopped(group, hosts, to_the_end)
        notes = self._notes(table, to_the_end)
        notes |= {row: (*notes.get(row, ()), *map(stopped_note, each)) for row, each in stopped.items()}
        return HostBatch(
            addresses=addresses,
            up=up,
            reason=_reasons(np.where(alive > 0, alive, rows.reason[hosts]), up),
            started=self._epochs_s(np.where(began_us != 0, began_us, ended_us)),
            ended=self._epochs_s(np.where(ended_us != 0, ended_us, began_us)),
            ttl=np.where(np.isin(alive, LINK_LAYER), np.uint8(0), rows.ttl[hosts]),
            srtt_ms=_milliseconds(trips.srtt_us[hosts], timed),
            rttvar_ms=_milliseconds(trips.rttvar_us[hosts], timed),
            timeout_ms=_milliseconds(trips.rto_us[hosts], timed),
            timed_out=rows.timed_out[hosts] > 0,
            table=table,
            names=self._names_given(addresses),
            macs=self._link.hardware(group, hosts),
            notes=notes,
            stopped=stopped,
        )

    def _stopped(self, group: Group, hosts: I64, to_the_end: Mask) -> dict[int, tuple[Stopped, ...]]:
        """Who stopped answering while it was asked; these are few."""
        if self._work is None or not group.stopped(hosts):
            return {}
        at, proto = group.hush.columns.stopped_at[hosts], self._work.technique.proto
        rows = np.flatnonzero(at)
        resumed = group.hush.resumed[hosts]
        owner, rank = spread(group.hosts.count[hosts])
        state = group.cells.state[group.hosts.first[hosts][owner] + rank]
        fresh = (np.bincount(owner, state == Unanswered.FRESH, len(hosts)) * to_the_end).astype(int).tolist()
        return {row: (Stopped(proto, int(at[row]), bool(resumed[row]), fresh[row]),) for row in rows.tolist()}

    def _names_given(self, addresses: Addresses) -> dict[int, tuple[tuple[str, str], ...]]:
        if not self._given:
            return {}
        given = ((row, self._given.get(address)) for row, address in enumerate(addresses.ints()))
        return {row: tuple((name, "user") for name in names) for row, names in given if names}

    def _epochs_s(self, moments_us: I64) -> F64:
        """Seconds since the epoch; only the clock knows how, and many hosts share a moment."""
        known = distinct(moments_us)
        epochs = np.array([self._clock.epoch_s(moment_us) for moment_us in known.tolist()], np.float64)
        return epochs[np.searchsorted(known, moments_us)]

    def _notes(self, table: PortTable | None, to_the_end: Mask) -> dict[int, tuple[str, ...]]:
        """What a reader should know of hosts whose ports are all settled."""
        if self._work is None or table is None or not self._work.technique.resets_hide_open:
            return {}
        all_reset = (table.by_host(table.reason != Reason.RESET) == 0) & (table.count >= FEWEST_RESETS)
        return dict.fromkeys(np.flatnonzero(all_reset & to_the_end).tolist(), (ALL_RESET,))

    def _table(self, group: Group, hosts: I64, up: Mask, to_the_end: Mask) -> PortTable | None:
        """The ports of hosts that are up; what no answer settled is silence where a host was asked to the end."""
        if self._work is None:
            return None
        technique, cells = self._work.technique, group.cells
        count = np.where(up, group.hosts.count[hosts], 0)
        cell, host = spans(group.hosts.first[hosts], count), np.repeat(np.arange(len(hosts)), count)
        state, reason = cells.state[cell], cells.reason[cell]
        silent = state >= FIRST_UNANSWERED
        stopped = (
            group.hush.columns.stopped_at[hosts] > 0 if group.watched else np.zeros(len(hosts), np.bool_)
        )
        asked = silent & ((state != Unanswered.FRESH) | (stopped & to_the_end)[host])
        state[asked], reason[asked] = technique.silence
        kept = ~silent | to_the_end[host]
        if not kept.all():
            cell, host, state, reason = cell[kept], host[kept], state[kept], reason[kept]
        sender = cells.sender[cell]
        sender_at = np.flatnonzero(sender)
        return PortTable(
            proto=technique.proto,
            first=np.concatenate(([0], np.cumsum(np.bincount(host, minlength=len(hosts))))),
            ports=self._work.space.port_at(group.host_id[hosts][host], cell - group.hosts.first[hosts][host]),
            state=state,
            reason=reason,
            ttl=cells.ttl[cell],
            tries=cells.tries[cell],
            rtt_ms=cells.rtt_ms[cell],
            sender_at=sender_at,
            senders=tuple(format_ip(group.routers[each]) for each in sender[sender_at].tolist()),
            window_low=group.hosts.window_low[hosts],
            window_high=group.hosts.window_high[hosts],
        )


def _reasons(reason: U8, up: Mask) -> U8:
    """Who is up and said nothing is up because the user says so."""
    return np.where(up & (reason == Reason.NO_RESPONSE), np.uint8(Reason.USER_SET), reason)


def _milliseconds(times_us: F64, known: Mask) -> F64:
    return np.where(known, times_us / 1000, np.nan)

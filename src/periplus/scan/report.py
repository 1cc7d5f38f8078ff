"""From the engine's columns to rows: findings as they are made, hosts when they are finished."""

from collections.abc import Callable, Iterator

import numpy as np

from periplus.columns import I64, Mask
from periplus.engine.group import Group
from periplus.engine.replies import FIRST_UNANSWERED, Findings, Unanswered
from periplus.result.row import HostReport, PortColumns, PortRow
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig, Work
from periplus.scan.link import Link
from periplus.space.ip import format_ip
from periplus.technique.verdict import Reason, State

__all__ = ["Reporter"]

LINK_LAYER = (Reason.ARP_RESPONSE, Reason.ND_RESPONSE)  # these have no TTL
ALL_RESET = (
    "all probed ports answered RST: "
    "none is open, or this stack does not tell open from closed with this technique"
)
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

    def hosts(self, group: Group, hosts: I64, whole: bool = True) -> Iterator[HostReport]:
        """Yield reports of hosts that are up, and of the others when they are wanted.

        `whole`: silence counts, since every host is finished; else only what was answered is told.
        """
        alive = self._link.alive(group, hosts)
        up = self.up(group, hosts)
        told = self.told(group, hosts, whole)
        for host, is_up, reason in zip(hosts[told], up[told], alive[told], strict=True):
            yield self._host(group, int(host), bool(is_up), int(reason), whole)

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

    def _host(self, group: Group, host: int, up: bool, alive: int, whole: bool) -> HostReport:
        rows, trips = group.hosts, group.trips
        address = int(group.addresses.hi[host]) << 64 | int(group.addresses.lo[host])
        timed = bool(trips.srtt_us[host])
        given = tuple((name, "user") for name in self._given.get(address, ()))
        to_the_end = whole and not rows.timed_out[host]
        columns = self._columns(group, host, to_the_end) if up else ()
        return HostReport(
            addr=format_ip(address),
            up=up,
            reason=self._reason(Reason(alive or int(rows.reason[host])), up),
            columns=columns,
            started=self._clock.epoch_s(int(rows.started_us[host] or rows.ended_us[host])),
            ended=self._clock.epoch_s(int(rows.ended_us[host] or rows.started_us[host])),
            names=given,
            ttl=None if alive in LINK_LAYER else int(rows.ttl[host]) or None,
            srtt_ms=float(trips.srtt_us[host]) / 1000 if timed else None,
            rttvar_ms=float(trips.rttvar_us[host]) / 1000 if timed else None,
            timeout_ms=float(trips.rto_us[host]) / 1000 if timed else None,
            mac=self._link.hardware(group, host),
            timed_out=bool(rows.timed_out[host]),
            notes=self._notes(columns) if to_the_end else (),
        )

    def _notes(self, columns: tuple[PortColumns, ...]) -> tuple[str, ...]:
        """What a reader should know of a host whose ports are all settled."""
        if self._work is None or not self._work.technique.resets_hide_open or not columns:
            return ()
        reasons = np.concatenate([each.reason for each in columns])
        all_reset = len(reasons) >= FEWEST_RESETS and bool((reasons == Reason.RESET).all())
        return (ALL_RESET,) if all_reset else ()

    @staticmethod
    def _reason(reason: Reason, up: bool) -> Reason:
        return Reason.USER_SET if up and reason == Reason.NO_RESPONSE else reason

    def _columns(self, group: Group, host: int, whole: bool) -> tuple[PortColumns, ...]:
        """Return the host's ports; what no answer settled is silence if the host was asked to the end."""
        if self._work is None:
            return ()
        space, technique = self._work.space, self._work.technique
        cells = group.cells
        first, count = int(group.hosts.first[host]), int(group.hosts.count[host])
        span = slice(first, first + count)
        state = cells.state[span].copy()
        reason = cells.reason[span].copy()
        silent_state, silent_reason = technique.silence
        silent = state >= FIRST_UNANSWERED
        asked = silent & (state != Unanswered.FRESH)
        state[asked], reason[asked] = silent_state, silent_reason
        kept = slice(None) if whole else ~silent
        ports = space.port_at(np.full(count, group.host_id[host]), np.arange(count))
        sender = cells.sender[span]
        senders = {
            int(ports[row]): format_ip(group.routers[int(sender[row])]) for row in np.flatnonzero(sender)
        }
        columns = PortColumns(
            proto=technique.proto,
            ports=ports[kept],
            state=state[kept],
            reason=reason[kept],
            ttl=cells.ttl[span][kept],
            tries=cells.tries[span][kept],
            rtt_ms=cells.rtt_ms[span][kept],
            senders=senders,
            windows=self._windows(group, host),
        )
        return (columns,)

    @staticmethod
    def _windows(group: Group, host: int) -> tuple[int, int] | None:
        low, high = int(group.hosts.window_low[host]), int(group.hosts.window_high[host])
        return (low, high) if low <= high else None

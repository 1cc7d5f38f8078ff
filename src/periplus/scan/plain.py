"""The link for techniques that use ordinary sockets: the kernel finds the way, and tells outcomes, not packets.

"Network is unreachable" may be a router's answer, and then it is a verdict, or this machine's own word that it has
no route, and then it is none. The two are told apart by asking the kernel for the way once more, with a datagram
socket that is connected and sends nothing.
"""

import errno
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from periplus.columns import I32, I64, U8, U16, Mask, distinct
from periplus.engine.engine import Engine, Limits
from periplus.engine.group import Group, HostState
from periplus.engine.replies import Probes, Replies
from periplus.errors import CannotScan
from periplus.space.address import Addresses
from periplus.space.space import Space
from periplus.technique.signal import errno_signals
from periplus.technique.verdict import Reason
from periplus.transport.calls import LinkDown
from periplus.transport.connect import ConnectTransport, Outcomes, way_problem

__all__ = ["PlainLink"]

CELL_BITS = 32
ATTEMPT_BITS = 8
BATCH = 512
SHORTAGE_RETRY_US = 1_000
MOST_TOLD = 5
# What a connect says when the kernel has no route, or one that forbids (routes of kind unreachable, prohibit,
# blackhole), or an interface that is down.
NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EACCES, errno.EINVAL, errno.ENODEV)


@dataclass(frozen=True, slots=True)
class _Connects:
    """Connects to begin, of one group: columns of equal length."""

    group: Group
    token: I64
    them: Addresses
    port: U16
    rto_us: I64

    def __len__(self) -> int:
        return len(self.token)

    def from_row(self, row: int) -> "_Connects":
        """Return what follows the first `row` rows."""
        return _Connects(self.group, self.token[row:], self.them[row:], self.port[row:], self.rto_us[row:])


class PlainLink:
    """Connects out, outcomes in. A token tells group, try and cell, so nothing has to be looked up."""

    def __init__(
        self,
        space: Space,
        transport: ConnectTransport,
        now_us: Callable[[], int],
        tell: Callable[[str], None],
        way_problem: Callable[[str], int] = way_problem,
    ) -> None:
        """`tell` gets a line about targets without a way; `way_problem` asks the kernel, by errno, for the way."""
        room = max(transport.room(), 1)
        self.limits = Limits(outstanding=room, in_flight=room, batch=BATCH)
        self._space = space
        self._transport = transport
        self._now_us = now_us
        self._unsent: list[_Connects] = []
        self._outcomes: list[Outcomes] = []
        self._tell = tell
        self._way_problem = way_problem
        self._without_way = 0

    def open(self, engine: Engine, group: Group, now_us: int) -> None:
        """The kernel knows the way; whether there is one, each connect tells."""
        engine.release(group.number, np.ones(len(group), np.bool_))

    def room(self) -> int:
        """How many connects may be begun now."""
        return 0 if self._unsent else min(self._transport.room(), self.limits.batch)

    def send(self, group: Group, probes: Probes) -> None:
        """Begin a connect for every probe, as far as there is room."""
        prefix = (group.number << ATTEMPT_BITS) + probes.attempt.astype(np.int64)
        self._offer(
            _Connects(
                group,
                (prefix << CELL_BITS) + probes.cell,
                group.addresses[probes.host],
                self._space.port_at(group.host_id[probes.host], probes.port_rank),
                group.trips.rto_us[probes.host].astype(np.int64),
            )
        )

    def _offer(self, connects: _Connects) -> None:
        taken = 0
        if not self._unsent:
            deadline_us = connects.rto_us + self._now_us()
            sent = self._transport.send(
                connects.token, connects.them, connects.port, deadline_us, self._now_us
            )
            self._outcomes.append(sent.outcomes)
            taken = sent.taken
        if taken < len(connects):
            rest = connects.from_row(taken)
            # What has no socket yet was not asked, so its time-out does not run.
            rest.group.stamp_each(_cell(rest.token), self._now_us())
            self._unsent.append(rest)

    def collect(self, engine: Engine) -> dict[int, Replies]:
        """Return what ended since the last call, and begin what had no room before."""
        self._outcomes.append(self._transport.receive(0, self._now_us))
        waiting, self._unsent = self._unsent, []
        for connects in waiting:
            self._offer(connects)
        ended, self._outcomes = [each for each in self._outcomes if len(each)], []
        if not ended:
            return {}
        token = np.concatenate([each.token for each in ended])
        number = token >> (CELL_BITS + ATTEMPT_BITS)
        return {
            int(group): self._replies(engine, engine.groups[int(group)], ended, number == group)
            for group in distinct(number)
            if int(group) in engine.groups
        }

    def _replies(self, engine: Engine, group: Group, ended: list[Outcomes], mine: Mask) -> Replies:
        token, errnos, time_us, rtt_us = (
            np.concatenate([getattr(each, name) for each in ended])[mine]
            for name in ("token", "errno", "time_us", "rtt_us")
        )
        cell = _cell(token)
        kept = self._from_network(engine, group, cell, errnos)
        cell, token = cell[kept], token[kept]
        attempt = ((token >> CELL_BITS) & ((1 << ATTEMPT_BITS) - 1)).astype(np.uint8)
        group.stamp_each(cell, (time_us - rtt_us)[kept])
        return Replies(
            cell, errno_signals(errnos[kept]), attempt, np.zeros(len(cell), np.uint8), time_us[kept]
        )

    def _from_network(self, engine: Engine, group: Group, cell: I64, errnos: I32) -> Mask:
        """Which outcomes are the network's word; hosts to which this machine has no way are dismissed."""
        suspicious = np.isin(errnos, NO_WAY)
        kept = ~suspicious
        host = group.host_of(cell)
        for each in distinct(host[suspicious]).tolist():
            problem = self._way_problem(group.addresses[np.array([each])].text()[0])
            if problem:
                self._dismiss(engine, group, each, problem)
            else:
                kept |= host == each
        return kept

    def _dismiss(self, engine: Engine, group: Group, host: int, problem: int) -> None:
        """A host that had answered means that the way was there and is gone, which ends the scan."""
        which = np.arange(len(group)) == host
        words = (
            f"{group.addresses[which].text()[0]}: this machine has no route to it ({os.strerror(problem)})"
        )
        if group.hosts.answered[host]:
            raise LinkDown(f"{words} any more")
        if group.hosts.status[host] != HostState.ACTIVE:
            return
        self._without_way += 1
        if self._without_way == self._space.n_hosts:
            raise CannotScan(words)
        if self._without_way <= MOST_TOLD:
            self._tell(f"{words}; left out")
        engine.dismiss(group.number, which, Reason.NET_UNREACH, self._now_us())

    def wait(self, until_us: int, now_us: int) -> None:
        """Wait for an outcome or that moment."""
        until_us = self.patience(until_us, now_us)
        if until_us > now_us:
            self._outcomes.append(self._transport.receive(until_us - now_us, self._now_us))

    def patience(self, until_us: int, now_us: int) -> int:
        """Until when one may wait for an outcome: not at all if there is one, not long if a socket is wanted."""
        if any(map(len, self._outcomes)):
            return now_us
        return min(until_us, now_us + SHORTAGE_RETRY_US) if self._unsent else until_us

    def files(self) -> tuple[int, ...]:
        """What becomes readable when a connect ends."""
        return self._transport.files()

    def alive(self, group: Group, hosts: I64) -> U8:
        """Sockets know of no host but by its ports."""
        return np.zeros(len(hosts), np.uint8)

    def hardware(self, group: Group, hosts: I64) -> dict[int, str]:
        """Sockets do not show hardware addresses."""
        return {}

    def counters(self) -> dict[str, int]:
        """The kernel discards what is no answer and does not tell."""
        return {}

    def drops(self) -> int:
        """The kernel loses nothing of ours: answers wait in their sockets."""
        return 0

    def forget(self, groups: Iterable[int]) -> None:
        """Nothing is kept by group."""

    def close(self) -> None:
        """Close every socket."""
        self._transport.close()


def _cell(token: I64) -> I64:
    return token & ((1 << CELL_BITS) - 1)

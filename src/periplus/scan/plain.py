"""The link for techniques that use ordinary sockets: the kernel finds the way, and tells outcomes, not packets."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from periplus.columns import I64, U8, U16
from periplus.engine.engine import Engine, Limits
from periplus.engine.group import Group
from periplus.engine.replies import Probes, Replies
from periplus.space.address import Addresses
from periplus.space.space import Space
from periplus.technique.signal import errno_signals
from periplus.transport.connect import ConnectTransport, Outcomes

__all__ = ["PlainLink"]

CELL_BITS = 32
ATTEMPT_BITS = 8
BATCH = 512
SHORTAGE_RETRY_US = 1_000


@dataclass(frozen=True, slots=True)
class _Connects:
    """Connects to begin: columns of equal length."""

    token: I64
    them: Addresses
    port: U16
    rto_us: I64

    def __len__(self) -> int:
        return len(self.token)

    def from_row(self, row: int) -> "_Connects":
        """Return what follows the first `row` rows."""
        return _Connects(self.token[row:], self.them[row:], self.port[row:], self.rto_us[row:])


class PlainLink:
    """Connects out, outcomes in. A token tells group, try and cell, so nothing has to be looked up."""

    def __init__(self, space: Space, transport: ConnectTransport, now_us: Callable[[], int]) -> None:
        self.limits = Limits(outstanding=max(transport.room(), 1), batch=BATCH)
        self._space = space
        self._transport = transport
        self._now_us = now_us
        self._unsent: list[_Connects] = []
        self._outcomes: list[Outcomes] = []

    def open(self, engine: Engine, group: Group, now_us: int) -> None:
        """The kernel knows the way; whether there is one, each connect tells."""
        engine.release(group.number, np.ones(len(group), np.bool_))

    def send(self, group: Group, probes: Probes) -> None:
        """Begin a connect for every probe, as far as there is room."""
        prefix = (group.number << ATTEMPT_BITS) + probes.attempt.astype(np.int64)
        self._offer(
            _Connects(
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
            self._unsent.append(connects.from_row(taken))

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
        time_us = np.concatenate([each.time_us for each in ended])
        rtt_us = np.concatenate([each.rtt_us for each in ended])
        signal = errno_signals(np.concatenate([each.errno for each in ended]))
        number = token >> (CELL_BITS + ATTEMPT_BITS)
        cell = token & ((1 << CELL_BITS) - 1)
        attempt = ((token >> CELL_BITS) & ((1 << ATTEMPT_BITS) - 1)).astype(np.uint8)
        ttl = np.zeros(len(token), np.uint8)
        replies = {}
        for group in np.unique(number):
            if int(group) in engine.groups:
                mine = number == group
                engine.groups[int(group)].stamp_each(cell[mine], time_us[mine] - rtt_us[mine])
                replies[int(group)] = Replies(
                    cell[mine], signal[mine], attempt[mine], ttl[mine], time_us[mine]
                )
        return replies

    def wait(self, until_us: int, now_us: int) -> None:
        """Wait for an outcome or that moment."""
        if any(map(len, self._outcomes)):
            return
        if self._unsent:
            until_us = min(until_us, now_us + SHORTAGE_RETRY_US)
        if until_us > now_us:
            self._outcomes.append(self._transport.receive(until_us - now_us, self._now_us))

    def alive(self, group: Group, hosts: I64) -> U8:
        """Sockets know of no host but by its ports."""
        return np.zeros(len(hosts), np.uint8)

    def hardware(self, group: Group, host: int) -> str | None:
        """Sockets do not show hardware addresses."""
        return None

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

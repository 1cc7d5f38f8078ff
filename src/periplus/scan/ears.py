"""What a link overhears beside the verdicts: the bytes with which UDP ports answered, and each host's first SYN-ACK.

Who identifies services begins with these bytes and need not ask the same again, and a SYN-ACK shows what stack made
it. Only what opens a port is kept, and what came with that, of each port no more answers than it was sent payloads:
floods of other answers take no room, and nothing does where nobody wants to know.

Limits: of a port with several payloads an answer that is read later than the first one is asked for again.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np

from periplus.columns import I64
from periplus.engine.engine import Engine
from periplus.engine.group import Group
from periplus.engine.heard import Heard
from periplus.engine.lists import ragged_ranks
from periplus.engine.replies import FIRST_UNANSWERED, Replies
from periplus.engine.shown import Shown
from periplus.space.address import Addresses
from periplus.space.ip import parse_ip
from periplus.space.space import Space
from periplus.technique.model import Table
from periplus.technique.verdict import State
from periplus.wire.packets import WIDE, WIDTH, Packets
from periplus.wire.said import said_untrusted
from periplus.wire.synack import syn_acks_untrusted

__all__ = ["Ear", "SynAckEar", "UdpEar", "UdpMemory", "openings"]

PORTS = 1 << 16


class Ear(Protocol):
    """Looks at packets with answers, before the engine judges these. `width`: how much of each it needs."""

    width: int

    def listen(self, engine: Engine, packets: Packets, answers: dict[int, Replies]) -> None:
        """`answers` by group, each with the row of its packet."""


class UdpMemory:
    """What UDP ports were asked by the scan, and what they said. `asked`: by port; the others got an empty datagram.

    `behind` is the data that every probe has behind its payload.
    """

    def __init__(self, asked: Mapping[int, tuple[bytes, ...]], behind: bytes = b"") -> None:
        self._asked = asked
        self._behind = behind
        self.heard = Heard()
        self.sent: I64 = np.ones(PORTS, np.int64)  # by port, how many payloads it gets
        for port, messages in asked.items():
            self.sent[port] = max(len(messages), 1)

    def recall(self, addr: str, port: int) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """Return what this port was asked and what it answered; nothing if that is not known."""
        heard = self.heard.said(Addresses.of_ints([parse_ip(addr)]), port)
        if not heard:
            return (), ()
        return tuple(each + self._behind for each in self._asked.get(port) or (b"",)), heard


class UdpEar:
    """Keeps what the ports of one space say that open by it."""

    width = WIDE

    def __init__(self, space: Space, table: Table, memory: UdpMemory) -> None:
        self._space = space
        self._table = table
        self._memory = memory

    def listen(self, engine: Engine, packets: Packets, answers: dict[int, Replies]) -> None:
        """Keep the bytes of the datagrams that open ports."""
        for group, cell, row in openings(engine, self._table, answers):
            host = group.host_of(cell)
            port = self._space.port_at(group.host_id[host], cell - group.hosts.first[host])
            kept = np.flatnonzero(ragged_ranks(cell) < self._memory.sent[port])
            said = said_untrusted(packets[row[kept]])
            self._memory.heard.keep(group.addresses[host[kept]], port[kept], *said)


class SynAckEar:
    """Keeps the first SYN-ACK of each host."""

    width = WIDTH

    def __init__(self, table: Table, shown: Shown) -> None:
        self._table = table
        self._shown = shown

    def listen(self, engine: Engine, packets: Packets, answers: dict[int, Replies]) -> None:
        """Keep how hosts answered of which no port was open before."""
        for group, cell, row in openings(engine, self._table, answers):
            host = group.host_of(cell)
            new = np.flatnonzero(group.hosts.opened[host] == 0)
            host, first = np.unique(host[new], return_index=True)
            syn_acks = syn_acks_untrusted(packets[row[new[first]]])
            self._shown.keep(group.addresses[host[syn_acks.valid]], syn_acks[syn_acks.valid])


def openings(engine: Engine, table: Table, answers: dict[int, Replies]) -> Iterator[tuple[Group, I64, I64]]:
    """Yield by group the cells that answers are about to open and the rows of their packets, the first one first."""
    for number, replies in answers.items():
        group = engine.groups[number]
        opens = table.state[replies.signal] == State.OPEN
        opens &= group.cells.state[replies.cell] >= FIRST_UNANSWERED
        if replies.row is None or not opens.any():
            continue
        order = np.argsort(replies.cell[opens], kind="stable")
        yield group, replies.cell[opens][order], replies.row[opens][order]

"""Which try an answer answers, and how it is known to be ours: two ways to number the tries of one question.

Usually a question has sixteen source ports, and each try leaves from the next (`ByPort`): every answer has our port
in it, and the number is a cookie of its own. Where there is one port only, or an answer has no port at all, the tries
share a cookie and each adds steps to the number that it carries (`ByNumber`), the first try most: a SYN that comes
after a lost answer must lie before the window that the first one opened, or an open port would reset it (RFC 9293
section 3.10.7.4). The step is wider than what an answer may add by itself. An answer that gives no number back, such
as a UDP datagram, then counts as one to the first try: its time is not taken if there was a second, and it is no
evidence of loss.

Limit: of an identification of 16 bits, four then tell the try and twelve are left against forgers.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from periplus.columns import I64, U8, U16, U32, Mask
from periplus.space.address import Addresses
from periplus.technique.match import authentic, distances, near
from periplus.technique.model import Check, Table
from periplus.wire.cookie import NUMBER_STEP, PORT_SHIFTS, cookie, port_shift
from periplus.wire.decode import Decoded, Kind

__all__ = ["ByNumber", "ByPort", "Heard", "Tries"]

STEP = np.uint32(NUMBER_STEP)
LAST = np.uint32(PORT_SHIFTS - 1)
LOW = np.uint32(0xFFFF)


class Heard(NamedTuple):
    """Of each answer whether it is ours, and to which try."""

    ours: Mask
    attempt: I64


class Tries(Protocol):
    """Gives tries their ports and numbers, and knows them again."""

    def ask(self, me: int, them: Addresses, port_them: U16, attempt: U8) -> tuple[U16, U32]:
        """Return source ports and numbers of tries."""

    def hear(self, table: Table, signal: U16, decoded: Decoded) -> Heard:
        """Judge answers."""

    def sent(self, decoded: Decoded) -> Mask:
        """Which rows are probes of ours that came back, as on the loopback interface."""


@dataclass(frozen=True, slots=True)
class ByPort:
    """Each try has its port. `behind`: bytes of data in each probe, which a TCP may acknowledge."""

    key: int
    ports: range
    behind: int = 0

    def ask(self, me: int, them: Addresses, port_them: U16, attempt: U8) -> tuple[U16, U32]:
        """The first port is drawn by the key, the others follow."""
        shift = port_shift(self.key, me, them, port_them)
        port_me = (self.ports.start + (shift + attempt) % PORT_SHIFTS).astype(np.uint16)
        return port_me, cookie(self.key, me, them, port_them, port_me)

    def hear(self, table: Table, signal: U16, decoded: Decoded) -> Heard:
        """The port tells the try, and is part of the cookie."""
        numbers = cookie(self.key, decoded.me, decoded.them, decoded.port_them, decoded.port_me)
        shift = port_shift(self.key, decoded.me, decoded.them, decoded.port_them)
        place = decoded.port_me.astype(np.int64) - self.ports.start
        right = authentic(table, signal, decoded, numbers, self.behind)
        return Heard(right & (place >= 0) & (place < PORT_SHIFTS), (place - shift) % PORT_SHIFTS)

    def sent(self, decoded: Decoded) -> Mask:
        """A TCP probe carries the whole cookie, the others half of it."""
        number = cookie(self.key, decoded.them, decoded.me, decoded.port_me, decoded.port_them)
        mine: Mask = np.where(
            decoded.kind == Kind.TCP, decoded.seq == number, _identified(decoded, number) == 0
        )
        return mine


@dataclass(frozen=True, slots=True)
class ByNumber:
    """All tries have one port. `portless`: what stands for their port is a protocol, and ours in no answer."""

    key: int
    port: int
    portless: bool = False
    behind: int = 0

    def ask(self, me: int, them: Addresses, port_them: U16, attempt: U8) -> tuple[U16, U32]:
        """The numbers of a question lie a step apart."""
        port_me = np.full(len(port_them), self.port, np.uint16)
        step = (LAST - attempt.astype(np.uint32)) * STEP
        return port_me, cookie(self.key, me, them, port_them, port_me) + step

    def hear(self, table: Table, signal: U16, decoded: Decoded) -> Heard:
        """How many steps the number lies behind the cookie tells the try; what is over is the answer's own."""
        port_me = np.full(len(decoded), self.port, np.uint16)
        base = cookie(self.key, decoded.me, decoded.them, decoded.port_them, port_me)
        distance = distances(table, signal, decoded, base)
        attempt = int(LAST) - (distance // STEP).astype(np.int64)
        bare = (table.check[signal] == Check.SOURCE_PORT) | (table.check[signal] == Check.SENDER)
        attempt[bare] = 0
        right = near(table, signal, distance % STEP, self.behind) & (attempt >= 0)
        return Heard(right if self.portless else right & (decoded.port_me == self.port), attempt)

    def sent(self, decoded: Decoded) -> Mask:
        """All carry half of their number as identification; a reset may have the same sequence number."""
        port_me = np.full(len(decoded), self.port, np.uint16)
        port_them = decoded.port_them if self.portless else decoded.port_me
        number = cookie(self.key, decoded.them, decoded.me, port_them, port_me)
        mine: Mask = _identified(decoded, number) % STEP == 0
        return mine if self.portless else mine & (decoded.port_them == self.port)


def _identified(decoded: Decoded, number: U32) -> U32:
    """How far behind this number a packet's identification lies."""
    return (decoded.ip_id - number) & LOW

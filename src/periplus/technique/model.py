"""What a technique is: a frozen description and a response table.

A technique says what its probe looks like, where the cookie sits, and for every answer, and for silence, which
state and reason follow. The engine has one interpreter of these tables and knows no technique by name.

A row names an `Answer` (which signals it covers), the `Check` that an answer must pass to count as ours, and the
verdict. Rows are read from the top; the first that covers a signal decides. What no row covers is "unexpected":
it changes nothing and is counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property

import numpy as np

from periplus.columns import U8
from periplus.technique.signal import (
    ICMP_CODES,
    PROTOCOL_REPLY,
    SIGNALS,
    SILENCE,
    TCP_FLAG_BITS,
    UDP_REPLY,
    errno_signal,
    icmp_reply_signal,
    icmp_signal,
    sctp_signal,
    tcp_signal,
)
from periplus.technique.verdict import Reason, State
from periplus.wire.question import Probe

__all__ = [
    "UNEXPECTED",
    "Answer",
    "Check",
    "Datagram",
    "Errno",
    "Icmp",
    "IcmpReply",
    "ProtocolReply",
    "Row",
    "SctpChunk",
    "Silence",
    "Table",
    "Tcp",
    "Technique",
]

UNEXPECTED = 255  # in a compiled table: no row covers this signal


class Check(IntEnum):
    """What must hold before an answer counts (RFC 9293 section 3.10.7.3 for the TCP ones)."""

    NONE = 0  # the kernel matched it to its socket
    ACK_IS_NEXT = 1  # acknowledges our sequence number plus the SYN
    QUOTE = 2  # an ICMP error that quotes our sequence number, or our identification where there is no number
    SOURCE_PORT = 3  # carries no number of ours: only the port, which is keyed by the cookie, binds it
    NUMBERED = 4  # acknowledges our number, with or without SYN and FIN, or goes on where we acknowledged
    TAG = 5  # carries our tag as its verification tag (RFC 9260 section 8.5)
    ECHOED = 6  # gives our number back
    ECHOED_LOW = 7  # gives the low half of our number back
    SENDER = 8  # that the asked host speaks this protocol is all that was asked

    @property
    def sentence(self) -> str:
        """The check in words, for the documentation."""
        return _CHECK_SENTENCES[self]


_CHECK_SENTENCES = {
    Check.NONE: "matched by the kernel",
    Check.ACK_IS_NEXT: "ack = cookie + 1",
    Check.QUOTE: "quotes the cookie",
    Check.SOURCE_PORT: "keyed source port",
    Check.NUMBERED: "ack = cookie, + 1 or + 2, or seq = cookie",
    Check.TAG: "verification tag = cookie",
    Check.ECHOED: "echoes the cookie",
    Check.ECHOED_LOW: "echoes half of the cookie",
    Check.SENDER: "from the target",
}


@dataclass(frozen=True, slots=True)
class Tcp:
    """Segments in which the flags named in `look_at` are exactly those named in `are_set` (letters FSRPAU).

    `window`: only those with a window (True) or without one (False); None: all.
    """

    are_set: str
    look_at: str
    window: bool | None = None

    def signals(self) -> Iterator[int]:
        """Every signal that this answer covers."""
        wanted, mask = _flags(self.are_set), _flags(self.look_at)
        windows = (0, 1) if self.window is None else (int(self.window),)
        return (
            tcp_signal(flags, window)
            for flags in range(TCP_FLAG_BITS + 1)
            for window in windows
            if flags & mask == wanted
        )

    def __str__(self) -> str:
        clear = "".join(letter for letter in self.look_at if letter not in self.are_set)
        window = {None: "", True: " with a window", False: " with window 0"}[self.window]
        return f"TCP {self.are_set}" + (f" without {clear}" if clear else "") + window


@dataclass(frozen=True, slots=True)
class Datagram:
    """A UDP datagram, whatever is in it."""

    def signals(self) -> Iterator[int]:
        """The one signal of a datagram."""
        return iter((UDP_REPLY,))

    def __str__(self) -> str:
        return "UDP datagram"


@dataclass(frozen=True, slots=True)
class SctpChunk:
    """SCTP packets whose first chunk is of this type."""

    kind: int

    def signals(self) -> Iterator[int]:
        """The one signal of that chunk."""
        return iter((sctp_signal(self.kind),))

    def __str__(self) -> str:
        return f"SCTP {_CHUNK_NAMES.get(self.kind, f'chunk type {self.kind}')}"


_CHUNK_NAMES = {2: "INIT ACK", 6: "ABORT", 9: "ERROR", 11: "COOKIE ACK"}


@dataclass(frozen=True, slots=True)
class IcmpReply:
    """Replies to the question of this ICMP type."""

    question: int

    def signals(self) -> Iterator[int]:
        """The one signal of that reply."""
        return iter((icmp_reply_signal(self.question),))

    def __str__(self) -> str:
        return _REPLY_NAMES[self.question]


_REPLY_NAMES = {8: "ICMP echo reply", 13: "ICMP timestamp reply", 17: "ICMP address mask reply"}


@dataclass(frozen=True, slots=True)
class ProtocolReply:
    """Any packet in the protocol that was asked for, but for an ICMP error about the question."""

    def signals(self) -> Iterator[int]:
        """The one signal of it."""
        return iter((PROTOCOL_REPLY,))

    def __str__(self) -> str:
        return "a packet in that protocol"


@dataclass(frozen=True, slots=True)
class Icmp:
    """ICMP errors of one type; `codes` None: all; `sender` is ``target``, ``router`` or ``any``."""

    family: int
    kind: int
    codes: tuple[int, ...] | None = None
    sender: str = "any"

    def signals(self) -> Iterator[int]:
        """Every signal that this answer covers."""
        senders = {"target": (True,), "router": (False,), "any": (False, True)}[self.sender]
        codes = range(ICMP_CODES) if self.codes is None else self.codes
        return (icmp_signal(self.family, self.kind, code, sender) for code in codes for sender in senders)

    def __str__(self) -> str:
        name = "ICMP" if self.family == 4 else "ICMPv6"
        codes = "any code" if self.codes is None else "code " + ", ".join(map(str, self.codes))
        origin = {"target": " from the target", "router": " from a router", "any": ""}[self.sender]
        return f"{name} type {self.kind} {codes}{origin}"


@dataclass(frozen=True, slots=True)
class Errno:
    """Outcomes of an ordinary socket; names as in errno(3), ``success`` for none."""

    names: tuple[str, ...]
    numbers: tuple[int, ...]

    def signals(self) -> Iterator[int]:
        """Every signal that this answer covers."""
        return map(errno_signal, self.numbers)

    def __str__(self) -> str:
        return ", ".join(self.names)


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer to any try."""

    def signals(self) -> Iterator[int]:
        """The one signal of silence."""
        return iter((SILENCE,))

    def __str__(self) -> str:
        return "silence"


Answer = Tcp | Datagram | SctpChunk | IcmpReply | ProtocolReply | Icmp | Errno | Silence


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a response table."""

    answer: Answer
    state: State
    reason: Reason
    check: Check = Check.NONE
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A compiled response table: arrays of length SIGNALS, `UNEXPECTED` where no row applies.

    `rationed`: 1 for ICMP errors. Their senders limit how many they send, so that a missing one tells no loss.
    """

    state: U8
    reason: U8
    check: U8
    row: U8
    rationed: U8


@dataclass(frozen=True)
class Technique:
    """A technique: `probe` is None when an ordinary socket asks, and then no privilege is needed.

    `name` is for programs, `title` for people.
    """

    name: str
    title: str
    flag: str
    summary: str
    proto: str
    probe: Probe | None
    cookie: str
    rows: tuple[Row, ...]

    @property
    def needs_raw(self) -> bool:
        """Whether the technique sends packets of its own making."""
        return self.probe is not None

    @property
    def asks_protocols(self) -> bool:
        """Whether IP protocols stand in the place of ports."""
        return self.proto == "ip"

    @cached_property
    def table(self) -> Table:
        """The rows compiled; the first row that covers a signal wins."""
        columns = [np.full(SIGNALS, UNEXPECTED, np.uint8) for _ in range(5)]
        for number, row in reversed(list(enumerate(self.rows))):
            covered = list(row.answer.signals())
            values = (row.state, row.reason, row.check, number, isinstance(row.answer, Icmp))
            for column, value in zip(columns, values, strict=True):
                column[covered] = value
        for column in columns:
            column.setflags(write=False)
        return Table(*columns)

    @property
    def silence(self) -> tuple[State, Reason]:
        """What silence after the last try means."""
        return State(int(self.table.state[SILENCE])), Reason(int(self.table.reason[SILENCE]))

    @cached_property
    def resets_hide_open(self) -> bool:
        """Whether every reset means closed and only silence can mean open.

        Then a stack that resets whatever comes, as many do, looks as if nothing were open.
        """
        resets = list(Tcp("R", "R").signals())
        return self.silence[0] == State.OPEN_FILTERED and bool(
            (self.table.state[resets] == State.CLOSED).all()
        )

    @property
    def opens_by_handshake(self) -> bool:
        """Whether a TCP port can be open because it took a connection."""
        handshakes = (Reason.SYN_ACK, Reason.SPLIT_HANDSHAKE_SYN)
        opening = (row.reason for row in self.rows if row.state == State.OPEN)
        return self.proto == "tcp" and any(reason in handshakes for reason in opening)

    @property
    def finds_open(self) -> bool:
        """Whether a port of TCP or UDP can be open, so that somebody may be asked there."""
        return self.proto in ("tcp", "udp") and any(row.state == State.OPEN for row in self.rows)

    @property
    def rations_closed(self) -> bool:
        """Whether hosts tell closed ports by answers that they ration."""
        closed = self.table.state == State.CLOSED
        return bool((self.table.rationed[closed] > 0).any())

    @property
    def unwaited(self) -> "Technique":
        """The same for those who do not wait for rationed answers: what is silent may be closed, open hardly."""
        rows = tuple(
            replace(row, state=State.CLOSED_FILTERED) if isinstance(row.answer, Silence) else row
            for row in self.rows
        )
        return replace(self, rows=rows)


_FLAG_LETTERS = "FSRPAU"  # in the order of their bits


def _flags(letters: str) -> int:
    """Return the bits of flags given by letters, e.g. ``SA``."""
    return sum(1 << _FLAG_LETTERS.index(letter) for letter in letters)

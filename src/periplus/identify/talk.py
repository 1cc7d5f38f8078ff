"""A conversation without I/O: bytes in, events out, and two answers kept apart, which protocol and what it says.

Whoever describes a protocol writes a generator, a *talk*, that yields what it wants and is sent what came:

    def talk_untrusted(peer: Peer) -> Talk:
        line = yield Line(255)
        if not line.startswith(b"SSH-2.0-"):
            raise BadReply("no SSH")
        yield Known(0.99, "begins with SSH-2.0-")
        yield Told(texts={"ssh.software": ...})
        yield Say(b"SSH-2.0-Periplus\\r\\n")
        ...

`Conversation` runs it in the manner of h11 and aioquic: `feed` takes bytes in whatever pieces they come, and returns
events until it says `NEED_DATA` or `DONE`. What a talk has said by `Known` and `Told` stays, however it ends: by its
own end, by a `BadReply`, or by the peer's end, which is thrown into the talk as `Ended`.

Limits: of one peer at most `MOST_BYTES` are taken, and a reading want has its own bound, so that nothing a peer sends
makes a conversation grow. How long to wait is the driver's business; a want may only ask for less.
"""

from collections import deque
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from periplus.errors import BadReply
from periplus.findings import Detail, Way, Words

if TYPE_CHECKING:
    from periplus.identify.tls.client import Handshake

__all__ = [
    "DONE",
    "MOST_BYTES",
    "NEED_DATA",
    "Afresh",
    "Conversation",
    "Detail",
    "End",
    "Ended",
    "Envelope",
    "Event",
    "Exactly",
    "Known",
    "Line",
    "Say",
    "Secure",
    "Secured",
    "Some",
    "Talk",
    "Told",
    "Unsealed",
    "Until",
    "Want",
]

MOST_BYTES = 1 << 20


class End(Enum):
    """Why no more bytes come."""

    CLOSED = "closed"
    RESET = "reset"
    SILENT = "silent"  # nothing came for as long as the driver waits
    TOO_MUCH = "too much"  # the bound on what is taken of one peer


class Ended(BadReply):
    """No more bytes come: thrown into a talk that wants some. `rest`: what has come and was not taken."""

    def __init__(self, why: End, rest: bytes) -> None:
        super().__init__(f"the peer {why.value}")
        self.why = why
        self.rest = rest


@dataclass(frozen=True, slots=True)
class Say:
    """Send these bytes; over UDP, one datagram, which is sent again when nothing comes.

    `sealed`: a datagram of a connection that is encrypted and sends again by itself; so are the answers to it.
    """

    data: bytes
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Envelope:
    """Packets of another protocol, in which TLS is carried until it is agreed on.

    `unpack_untrusted` gives what the whole packets at the beginning hold, and the rest; it may raise BadReply.
    """

    pack: Callable[[bytes], bytes]
    unpack_untrusted: Callable[[bytes], tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Secure:
    """Begin TLS on this connection, as after STARTTLS; what was read before and not taken is dropped."""

    envelope: Envelope | None = None


@dataclass(frozen=True, slots=True)
class Afresh:
    """A new connection to the same port (with TLS if this one has it); what was not taken is dropped.

    `alpn`: protocols to agree on within TLS; where it does not come to that the talk is sent `Ended`.
    """

    alpn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Some:
    """Whatever comes next, at least one byte and at most `most`; over UDP one datagram."""

    most: int = 65_535
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Exactly:
    """So many bytes."""

    count: int
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Until:
    """Bytes up to and with the mark, of which there are at most `most`; more is the peer's mistake."""

    mark: bytes
    most: int = 65_535
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of at most `most` bytes; it is given without its CR and LF."""

    most: int = 4_096
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Secured:
    """TLS has come about within the talk's own datagrams, as in QUIC."""

    handshake: "Handshake"


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What one side has said in sealed datagrams, in plain text, for whoever reads the conversation."""

    way: Way
    data: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """Which protocol this is, as far as the talk's own goes: `confidence` 0..1, and by what.

    `carries`: the protocol that was found within this one, and by whose name the service goes then.
    """

    confidence: float
    why: str
    carries: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Words):
    """What the service says of itself, as the protocol states it. Later words add to earlier ones and replace them.

    `texts` are for signatures, by field (``ssh.software``, ``http.server``). `detail` is what a reader may want
    beside, plain values as in JSON.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    detail: Mapping[str, Detail] = field(default_factory=dict)


class _Mark(Enum):
    NEED_DATA = "need data"
    DONE = "done"


NEED_DATA = _Mark.NEED_DATA
DONE = _Mark.DONE

Reading = Some | Exactly | Until | Line
Want = Reading | Say | Secure | Afresh | Secured | Unsealed | Known | Told
Talk = Generator[Want, bytes, None]
Event = Say | Secure | Afresh | Secured | Unsealed | _Mark


class Conversation:
    """Runs one talk; see the module.

    After `start`, `feed`, `ready` and `end` the events are to be carried out in their order; the last one is
    `NEED_DATA` (feed or end it), `DONE`, or one of `Secure` and `Afresh` (call `ready` when that is done).
    """

    def __init__(self, talk: Talk, most_bytes: int = MOST_BYTES, datagrams: bool = False) -> None:
        """`datagrams`: what is fed stays in the pieces in which it came."""
        self.known: Known | None = None
        self.told: list[Told] = []
        self.fault: BadReply | None = None  # how the talk failed, if it did
        self.wait_s: float | None = None  # what the present want asks for
        self.done = False
        self._talk = talk
        self._datagrams = datagrams
        self._pieces: deque[bytearray] = deque()
        self._left = most_bytes
        self._want: Reading | None = None

    def start(self) -> list[Event]:
        """Begin; to be called once, before all else."""
        return self._run(lambda: next(self._talk))

    def ready(self) -> list[Event]:
        """`Secure` or `Afresh` was carried out."""
        self._pieces.clear()
        return self._run(lambda: self._talk.send(b""))

    def feed(self, data: bytes) -> list[Event]:
        """Take what the peer sent."""
        if self.done:
            return [DONE]
        self._left -= len(data)
        if self._left < 0:
            return self.end(End.TOO_MUCH)
        self._hold(data)
        want = self._want
        return [NEED_DATA] if want is None else self._run(lambda: want)

    def end(self, why: End) -> list[Event]:
        """Nothing more comes on this connection, or not in time."""
        if self.done:
            return [DONE]
        rest = b"".join(self._pieces)
        self._pieces.clear()
        return self._run(lambda: self._talk.throw(Ended(why, rest)))

    def close(self) -> None:
        """Leave the talk where it is."""
        self._talk.close()

    def _hold(self, data: bytes) -> None:
        if self._pieces and not self._datagrams:
            self._pieces[0].extend(data)
        elif data:
            self._pieces.append(bytearray(data))

    def _run(self, resume: Callable[[], Want]) -> list[Event]:
        """Run the talk up to the next thing that the driver must do. A loop: peers choose how often it turns."""
        events: list[Event] = []
        try:
            want = resume()
            while True:
                given = self._given(want, events)
                if given is None:
                    return events
                want = self._talk.send(given) if isinstance(given, bytes) else self._talk.throw(given)
        except StopIteration:
            pass
        except BadReply as fault:
            self.fault = fault
        self.done = True
        return [*events, DONE]

    def _given(self, want: Want, events: list[Event]) -> bytes | BadReply | None:
        """Return what the want is answered with; None: it is the driver's turn, with the events."""
        if isinstance(want, Known):
            self.known = want
        elif isinstance(want, Told):
            self.told.append(want)
        elif isinstance(want, Say | Secure | Afresh | Secured | Unsealed):
            events.append(want)
            return None if isinstance(want, Secure | Afresh) else b""
        else:
            self._want, self.wait_s = want, want.wait_s
            return self._read(want, events)
        return b""

    def _read(self, want: Reading, events: list[Event]) -> bytes | BadReply | None:
        try:
            length = _length_untrusted(want, self._pieces[0]) if self._pieces else None
        except BadReply as fault:
            return fault
        if length is None:
            events.append(NEED_DATA)
            return None
        self._want = None
        held = self._pieces[0]
        taken = bytes(held[:length])
        del held[:length]
        if self._datagrams or not held:
            self._pieces.popleft()
        return taken.rstrip(b"\r\n") if isinstance(want, Line) else taken


def _length_untrusted(want: Reading, held: bytearray) -> int | None:
    """How many of the held bytes are what is wanted; None: not all of it is there yet."""
    if isinstance(want, Some):
        return min(len(held), want.most) or None
    if isinstance(want, Exactly):
        return want.count if len(held) >= want.count else None
    mark = b"\n" if isinstance(want, Line) else want.mark
    at = held.find(mark, 0, want.most)
    if at >= 0:
        return at + len(mark)
    if len(held) >= want.most:
        raise BadReply(f"no {mark!r} in the first {want.most} bytes")
    return None

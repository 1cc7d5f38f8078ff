"""One QUIC connection as a piece of a talk: handshake, messages on streams of their own, a polite end.

RFC 9000 and 9001, by aioquic's connection without I/O: keys, packets, acknowledgements and loss would be thousands of
lines. It is told the time and says when it wants to be woken. The time is `Peer.clock`, and its waking is how long a
want waits; so the driver knows nothing of timers. Nothing is verified and nobody is authenticated. What TLS says is
read on the way (`tls/flight.py`), since the library shows neither chain nor parameters.

Limits: versions 1 and 2. No hybrid key exchange is offered, so that a server prefers one is not seen. The library
draws identifiers and keys itself. A server's preferred address is never used.
"""

import logging
import ssl
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from periplus.errors import BadReply
from periplus.findings import Way
from periplus.identify.model import Peer
from periplus.identify.talk import End, Ended, Say, Some, Unsealed, Want
from periplus.identify.tls.flight import Flight, flight_untrusted

if TYPE_CHECKING:
    from aioquic.quic.connection import QuicConnection
    from aioquic.quic.events import QuicEvent

__all__ = ["Closed", "Quic", "Stream"]

PATIENCE_S = 3.0  # of silence
LEAST_WAIT_S = 0.001
MOST_STEPS = 300  # datagrams and wakings
MOST_IN_FLIGHT = 128 << 10
ANYWHERE = ("peer", 0)  # the one place that there is: it names no address, so none is preferred to it
FROM_SERVER, ONE_WAY = 1, 2  # bits of a stream's number
HANDLE = "handle_message"
# How a library stumbles over what its author did not foresee: the peer's doing, as all that it reads is.
STUMBLES = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Closed:
    """How a connection was ended: a number of the transport's or the application's, and words."""

    error: int
    by_transport: bool
    reason: str


@dataclass(slots=True)
class Stream:
    """What came on a stream."""

    data: bytearray = field(default_factory=bytearray)
    ended: bool = False


class Quic:
    """One connection. Its generators are for ``yield from`` in a talk; they raise BadReply."""

    def __init__(self, peer: Peer, alpn: Sequence[str], version: int) -> None:
        """`alpn`: the protocols to offer."""
        self.closed: Closed | None = None
        self.agreed: str | None = None  # the protocol, once the handshake is complete
        self.streams: dict[int, Stream] = {}
        self._messages = bytearray()  # of TLS
        self._clock = peer.clock
        self._now = self._heard = peer.clock()
        self._steps = 0
        self._quic = _connection(peer.name, alpn, version)

    @property
    def flight(self) -> Flight:
        """What the server said in the handshake."""
        return flight_untrusted(bytes(self._messages))

    def connect(self) -> Generator[Want, bytes, bool]:
        """Do the handshake; return whether it is complete, else the server has ended it."""
        with _blamed():
            self._quic.connect(ANYWHERE, self._time())
            self._listen()
        while self.agreed is None and self.closed is None:
            yield from self._step()
        return self.agreed is not None

    def exchange(
        self, message: bytes, enough: Callable[[Stream], bool], no_more: int
    ) -> Generator[Want, bytes, Stream]:
        """Say a message on a new stream, which ends with it; return what came on it until it was enough or ended.

        `no_more`: the application's number for that the rest is not wanted.
        """
        self._still_there()
        with _blamed():
            number = self._quic.get_next_available_stream_id()
            self._quic.send_stream_data(number, message, end_stream=True)
        yield Unsealed(Way.OURS, message)
        stream = self.streams.setdefault(number, Stream())
        while not stream.ended and not enough(stream):
            try:
                yield from self._step()
            except BadReply:
                if not stream.data:
                    raise
                break
        yield Unsealed(Way.THEIRS, bytes(stream.data))
        if not stream.ended and self.closed is None:
            with _blamed():
                self._quic.stop_stream(number, no_more)
        return stream

    def tell(self, message: bytes) -> None:
        """Say something on a stream in one direction, which stays open. Raises BadReply."""
        with _blamed():
            number = self._quic.get_next_available_stream_id(is_unidirectional=True)
            self._quic.send_stream_data(number, message)

    def told(self) -> list[bytes]:
        """Return what the server says on streams in one direction."""
        both = FROM_SERVER | ONE_WAY
        return [bytes(each.data) for number, each in self.streams.items() if number & both == both]

    def close(self, error: int) -> Generator[Want, bytes, None]:
        """Take leave by an error of the application's, of which one means that there is none."""
        if self.closed is None:
            with _blamed():
                self._quic.close(error)
            yield from self._say()

    def _time(self) -> float:
        """Return the time, which does not go back behind a waking."""
        self._now = max(self._now, self._clock())
        return self._now

    def _still_there(self) -> None:
        if self.closed is not None:
            raise BadReply(f"QUIC: the connection has ended ({self.closed.reason or hex(self.closed.error)})")

    def _listen(self) -> None:
        """Read along what TLS is given; after a Retry it is begun anew."""
        tls = self._quic.tls
        if HANDLE in vars(tls):
            return
        handle: Callable[..., None] = tls.handle_message

        def read_along(data: bytes, output: object) -> None:
            if self.agreed is None:
                self._messages += data
            handle(data, output)

        vars(tls)[HANDLE] = read_along  # the one place where the library holds them in plain text

    def _say(self) -> Generator[Want, bytes, None]:
        with _blamed():
            datagrams = self._quic.datagrams_to_send(self._time())
        for data, _ in datagrams:
            yield Say(data, sealed=True)

    def _step(self) -> Generator[Want, bytes, None]:
        """Say what is due, take a datagram or a waking."""
        self._still_there()
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise BadReply("QUIC: it has no end")
        yield from self._say()
        gives_up = self._heard + PATIENCE_S
        timer = self._quic.get_timer()
        until = gives_up if timer is None else min(timer, gives_up)
        try:
            data = yield Some(wait_s=max(until - self._time(), LEAST_WAIT_S))
        except Ended as ended:
            self._now = max(self._time(), until)
            if ended.why is not End.SILENT or self._now >= gives_up:
                raise
            with _blamed():
                self._quic.handle_timer(self._now)
        else:
            self._heard = self._time()
            with _blamed():
                self._quic.receive_datagram(data, ANYWHERE, self._now)
                self._listen()
        for event in iter(self._quic.next_event, None):
            self._take(event)

    def _take(self, event: "QuicEvent") -> None:
        from aioquic.quic import events

        if isinstance(event, events.HandshakeCompleted):
            self.agreed = event.alpn_protocol or ""
        elif isinstance(event, events.StreamDataReceived):
            stream = self.streams.setdefault(event.stream_id, Stream())
            stream.data += event.data
            stream.ended |= event.end_stream
        elif isinstance(event, events.StreamReset):
            self.streams.setdefault(event.stream_id, Stream()).ended = True
        elif isinstance(event, events.ConnectionTerminated):
            self.closed = Closed(event.error_code, event.frame_type is not None, event.reason_phrase)


def _connection(name: str | None, alpn: Sequence[str], version: int) -> "QuicConnection":
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.connection import QuicConnection

    logging.getLogger("quic").disabled = True  # it would tell our user about every peer's mistake
    return QuicConnection(
        configuration=QuicConfiguration(
            alpn_protocols=[*alpn],
            max_data=2 * MOST_IN_FLIGHT,
            max_stream_data=MOST_IN_FLIGHT,
            server_name=name and name.encode("idna").decode("ascii"),
            supported_versions=[version],
            verify_mode=ssl.CERT_NONE,
        )
    )


@contextmanager
def _blamed() -> Iterator[None]:
    """Blame the peer for what the library makes of its bytes, and say nothing of its certificates' oddities."""
    from cryptography.exceptions import UnsupportedAlgorithm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (*STUMBLES, UnsupportedAlgorithm) as error:
            raise BadReply(f"QUIC: {str(error) or type(error).__name__}") from None

"""One TCP connection to a peer, with TLS over it when asked: bytes out, bytes or an `End` in.

Every wait has a bound. What was said is kept as passages, up to `MOST_KEPT` bytes.
"""

import asyncio
import struct
from collections.abc import Callable, Sequence
from socket import AF_INET, AF_INET6, SO_LINGER, SOCK_STREAM, SOL_SOCKET, socket
from typing import TYPE_CHECKING

from periplus.errors import BadReply
from periplus.findings import Passage, Way
from periplus.identify.talk import End, Envelope

if TYPE_CHECKING:
    from periplus.identify.tls.client import Handshake, TlsClient

__all__ = ["MOST_KEPT", "Clock", "NoConnection", "Opener", "ResetAtOnce", "Stream", "plain_socket"]

PIECE = 65_536
MOST_KEPT = 64 << 10
_RESET_AT_ONCE, _AS_USUAL = struct.pack("ii", 1, 0), struct.pack("ii", 0, 0)
Clock = Callable[[], float]
Opener = Callable[[int], socket]  # makes a socket of a family


def plain_socket(family: int) -> socket:
    """Return a TCP socket on which nothing is set."""
    return socket(family, SOCK_STREAM)


class NoConnection(Exception):
    """The port takes no connection (any more)."""


class ResetAtOnce(NoConnection):
    """The port took the connection, and reset it before anything could be said."""


class Stream:
    """A connection, in plain text or through TLS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, now_ms: Clock) -> None:
        self.passages: list[Passage] = []
        self.ended: End | None = None
        self._reader = reader
        self._writer = writer
        self._now_ms = now_ms
        self._began_ms = now_ms()
        self._kept = 0
        self._tls: TlsClient | None = None
        self._early = b""  # plain text that came with the end of the handshake
        self._envelope: Envelope | None = None
        self._packed = b""  # the beginning of a packet

    @classmethod
    async def open(
        cls, address: str, port: int, wait_s: float, now_ms: Clock, opener: Opener = plain_socket
    ) -> "Stream":
        """Connect by a socket of the opener; raises NoConnection."""
        try:
            sock = opener(AF_INET6 if ":" in address else AF_INET)
        except OSError as error:
            raise NoConnection(f"no socket: {error.strerror}") from None
        try:
            sock.setblocking(False)
            sock.setsockopt(SOL_SOCKET, SO_LINGER, _AS_USUAL)
            async with asyncio.timeout(wait_s):
                await asyncio.get_running_loop().sock_connect(sock, (address, port))
            reader, writer = await asyncio.open_connection(sock=sock, limit=PIECE)
        except (OSError, TimeoutError) as error:
            sock.close()
            kind = ResetAtOnce if isinstance(error, ConnectionResetError) else NoConnection
            raise kind(str(error) or "no answer") from None
        except asyncio.CancelledError:
            sock.close()
            raise
        if _met_itself(sock):
            writer.transport.abort()
            raise NoConnection("it met itself")
        return cls(reader, writer, now_ms)

    @property
    def handshake(self) -> "Handshake | None":
        """The TLS handshake, if there was one."""
        return self._tls.handshake if self._tls else None

    def note(self, what: str) -> None:
        """Keep what happened among the passages."""
        self._keep(Way.NOTE, what.encode("ascii", "replace"))

    def _keep(self, way: Way, data: bytes) -> None:
        room = max(MOST_KEPT - self._kept, 0)
        if data[:room]:
            self.passages.append(Passage(way, data[:room], self._now_ms() - self._began_ms))
        self._kept += len(data)

    def _end(self, end: End) -> End:
        if self.ended is None or end is not End.SILENT:
            self.note(end.value)
        self.ended = end
        return end

    async def send(self, data: bytes, wait_s: float) -> End | None:
        """Send; return how the connection ended, if it did."""
        self._keep(Way.OURS, data)
        if self._tls is not None:
            self._tls.say(data)
            data = self._tls.outgoing()
        return await self._put(data, wait_s)

    async def _put(self, data: bytes, wait_s: float) -> End | None:
        try:
            async with asyncio.timeout(wait_s):
                self._write(data)
                await self._writer.drain()
        except TimeoutError:
            return self._end(End.SILENT)
        except OSError:
            return self._end(End.RESET)
        return None

    async def receive(self, wait_s: float) -> bytes | End:
        """Return what comes next, in plain text."""
        try:
            async with asyncio.timeout(wait_s):
                data = await self._plain()
        except TimeoutError:
            return self._end(End.SILENT)
        except (OSError, BadReply):
            return self._end(End.RESET)
        if not data:
            return self._end(End.CLOSED)
        self._keep(Way.THEIRS, data)
        return data

    async def _plain(self) -> bytes:
        """Read until there is plain text; none: the peer is done."""
        if self._tls is None:
            return await self._read()
        early, self._early = self._early, b""
        if early:
            return early
        while not self._tls.ended:
            plain = self._tls.feed_untrusted(await self._reader.read(PIECE))
            self._writer.write(self._tls.outgoing())
            if plain:
                return plain
        return b""

    def pack(self, envelope: Envelope | None) -> None:
        """Send and receive in packets from now on; None: no longer."""
        self._envelope = envelope

    def _write(self, data: bytes) -> None:
        self._writer.write(self._envelope.pack(data) if self._envelope and data else data)

    async def _read(self) -> bytes:
        """Read what comes, out of its packets; raises BadReply where these are none."""
        while data := await self._reader.read(PIECE):
            if self._envelope is None:
                return data
            data, self._packed = self._envelope.unpack_untrusted(self._packed + data)
            if data:
                return data
        return b""

    async def secure(
        self, name: str | None, wait_s: float, alpn: Sequence[str], envelope: Envelope | None = None
    ) -> "Handshake":
        """Begin TLS; raises BadReply. `alpn`: the protocols that we speak, if that is said."""
        from periplus.identify.tls.client import TlsClient, TlsRefused

        self.note("TLS begins")
        tls = TlsClient(name, alpn)
        self.pack(envelope)
        try:
            async with asyncio.timeout(wait_s):
                while tls.handshake is None:
                    self._write(tls.outgoing())
                    self._early = tls.feed_untrusted(await self._read())
                self._write(tls.outgoing())
        except (OSError, TimeoutError) as error:
            raise TlsRefused(str(error) or "no answer to our hello") from None
        self.pack(None)
        self._tls = tls
        self.note(f"{tls.handshake.version} {tls.handshake.cipher}")
        return tls.handshake

    def close(self) -> None:
        """End the connection in the ordinary way."""
        self._writer.close()

    def part(self) -> None:
        """End the connection in the ordinary way, unless the peer does not even take what was said.

        A reset is an error to servers, which log it, and has stopped careless ones; a peer that goes on sending gets
        one from the kernel.
        """
        if self._writer.transport.get_write_buffer_size():
            self.abort()
        else:
            self.close()

    def abort(self) -> None:
        """Reset the connection, unless it was closed."""
        if self._writer.is_closing():
            return
        sock = self._writer.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            sock.setsockopt(SOL_SOCKET, SO_LINGER, _RESET_AT_ONCE)
        self._writer.transport.abort()


def _met_itself(sock: socket) -> bool:
    """Return whether a connect to this machine was given the very port that it went to."""
    try:
        return bool(sock.getsockname()[:2] == sock.getpeername()[:2])
    except OSError:  # the peer has reset it already, which the first read will tell
        return False

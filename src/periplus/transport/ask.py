"""Connections with data: who accepts one, is there anybody behind it?

A handshake proves that something on the way speaks TCP, and no more. Izhikevich et al. (LZR, USENIX Security 2021)
tell services from middleboxes by sending data with it: a service's kernel acknowledges the data, a tarpit or a SYN
proxy without a service behind it does not. So each question connects, sends one harmless request (a line of HTTP/1.0,
which most services answer, be it by a complaint) and watches what becomes of it.

Ordinary sockets do this, as the kernel would reset a connection whose handshake we had made by raw packets. Whether
data was acknowledged it tells in `tcpi_bytes_acked` (tcp(7), linux/tcp.h, RFC 4898), where the SYN counts as a byte.

This file is a plain loop over connections, as `connect.py` is; it asks a sample of a few hosts and is no hot path.

Limits: where the kernel does not tell of acknowledgements (other systems than Linux), data counts as acknowledged. Of
what the peer says only the first bytes are kept.
"""

import errno
import selectors
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from periplus.columns import U16
from periplus.transport.connect import FILES_RESERVE, open_socket, raise_file_limit

if TYPE_CHECKING:
    from periplus.space.address import Addresses

__all__ = ["FIRST_BYTES", "REQUEST", "Answer", "Asks", "Met"]

REQUEST: Final = b"GET / HTTP/1.0\r\n\r\n"
FIRST_BYTES: Final = 24  # of an answer: enough to tell services apart, too few to hold a date
MOST: Final = 2_000  # connections at once
FILES_SHARE: Final = 8  # of the files that we may open at most one in eight: the scan itself connects too
CONNECT_US: Final = 2_000_000
_FAMILIES: Final = (socket.AF_INET6, socket.AF_INET)  # indexed by is_v4
_WAITING: Final = frozenset({errno.EINPROGRESS, errno.EALREADY, errno.EAGAIN})
_OWN_SHORTAGE: Final = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM}
)
_INFO_BYTES: Final = 128
_BYTES_ACKED: Final = struct.Struct("=120xQ")  # of struct tcp_info
_SYN: Final = 1

Clock = Callable[[], int]


class Met(IntEnum):
    """What a connection with data met, from nothing at all to somebody who speaks."""

    NOBODY = 0  # no connection came about
    DEAF = 1  # the data was never acknowledged
    SILENT = 2  # it was acknowledged, and nothing else came
    CLOSING = 3  # the peer ended the connection without a word
    SAID = 4  # the peer said something


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question came to; `said` are the first bytes."""

    token: int
    met: Met
    said: bytes = b""


@dataclass(eq=False, slots=True)
class _Talk:
    token: int
    sock: socket.socket
    deadline_us: int
    patience_us: int
    connected: bool = False


class Asks:
    """Asks ports and tells what they met. `most` only lowers the bound that files set; `opener` makes sockets."""

    def __init__(
        self, most: int | None = None, opener: "Callable[[int], socket.socket] | None" = None
    ) -> None:
        files = max(1, (raise_file_limit() - FILES_RESERVE) // FILES_SHARE)
        self._limit = min(most or MOST, files)
        self._open = opener or open_socket
        self._selector = selectors.DefaultSelector()
        self._talks: dict[int, _Talk] = {}  # by file
        self._ended: list[Answer] = []

    def room(self) -> int:
        """How many questions may be begun now."""
        return self._limit - len(self._talks)

    def begin(self, tokens: list[int], them: "Addresses", ports: U16, patience_us: int, now_us: Clock) -> int:
        """Begin to ask; return how many were begun, from the front. The rest may be offered again.

        `patience_us`: how long to wait for an answer to the data.
        """
        taken = 0
        rows = zip(tokens, them.text(), ports.tolist(), them.is_v4.tolist(), strict=True)
        for token, address, port, is_v4 in rows:
            if self.room() <= 0 or not self._connect(token, (address, port), is_v4, patience_us, now_us()):
                break
            taken += 1
        return taken

    def _connect(
        self, token: int, endpoint: tuple[str, int], is_v4: bool, patience_us: int, now_us: int
    ) -> bool:
        """Begin one connection; False when this machine has none to spare."""
        try:
            sock = self._open(_FAMILIES[is_v4])
        except OSError as error:
            self._ended += [] if error.errno in _OWN_SHORTAGE else [Answer(token, Met.NOBODY)]
            return error.errno not in _OWN_SHORTAGE
        status = sock.connect_ex(endpoint)
        if status in (0, *_WAITING):
            talk = _Talk(token, sock, now_us + max(CONNECT_US, patience_us), patience_us)
            self._selector.register(sock, selectors.EVENT_WRITE, talk)
            self._talks[sock.fileno()] = talk
            return True
        sock.close()
        if status in _OWN_SHORTAGE:
            return False
        self._ended.append(Answer(token, Met.NOBODY))
        return True

    def poll(self, now_us: Clock) -> list[Answer]:
        """Return what has ended since the last call; waits for nothing."""
        now = now_us()
        for key, _ in self._selector.select(0) if self._talks else ():
            self._go_on(key.data, now)
        for talk in [each for each in self._talks.values() if each.deadline_us <= now]:
            self._end(talk, _after_silence(talk))
        ended, self._ended = self._ended, []
        return ended

    def _go_on(self, talk: _Talk, now_us: int) -> None:
        if talk.connected:
            self._hear_untrusted(talk)
        elif talk.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) or _met_itself(talk.sock):
            self._end(talk, Met.NOBODY)
        else:
            self._send(talk, now_us)

    def _send(self, talk: _Talk, now_us: int) -> None:
        """The connection is there: say our line, and listen."""
        talk.connected = True
        talk.deadline_us = now_us + talk.patience_us
        try:
            talk.sock.send(REQUEST)
        except OSError as error:
            self._end(talk, _after_error(talk, error))
            return
        self._selector.modify(talk.sock, selectors.EVENT_READ, talk)

    def _hear_untrusted(self, talk: _Talk) -> None:
        try:
            said = talk.sock.recv(FIRST_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(talk, _after_error(talk, error))
            return
        self._end(talk, Met.SAID if said else Met.CLOSING, said)

    def _end(self, talk: _Talk, met: Met, said: bytes = b"") -> None:
        self._selector.unregister(talk.sock)
        del self._talks[talk.sock.fileno()]
        talk.sock.close()
        self._ended.append(Answer(talk.token, met, said))

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        for talk in self._talks.values():
            talk.sock.close()
        self._talks.clear()
        self._selector.close()
        self._limit = 0


def _after_silence(talk: _Talk) -> Met:
    if not talk.connected:
        return Met.NOBODY
    return Met.SILENT if _acknowledged(talk.sock) else Met.DEAF


def _after_error(talk: _Talk, error: OSError) -> Met:
    """A reset before the data was acknowledged comes from nobody who had a use for it; EPIPE follows a proper end."""
    return Met.CLOSING if error.errno == errno.EPIPE or _acknowledged(talk.sock) else Met.DEAF


def _acknowledged(sock: socket.socket) -> bool:
    """Whether the peer has acknowledged data, as far as the kernel tells."""
    if sys.platform != "linux":
        return True
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
    except OSError:
        return True
    return len(info) < _INFO_BYTES or int(_BYTES_ACKED.unpack(info)[0]) > _SYN


def _met_itself(sock: socket.socket) -> bool:
    """Whether a connect to this machine was given the very port that it went to (see `connect.py`)."""
    try:
        return bool(sock.getsockname()[:2] == sock.getpeername()[:2])
    except OSError:
        return False

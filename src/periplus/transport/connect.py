"""Ordinary sockets: probes go out as non-blocking connects and come back as outcomes, without privileges.

The kernel makes the packets, so there is one socket a probe and no batch to hand over. This file is a plain
loop over probes, and what it saves is system calls. Three things make it fast:

- A near host has often answered before `connect` returns. A second `connect` on the same socket (connect(2))
  tells the result at the price of one short system call, and the selector never hears of that socket.
- On Linux a socket whose connect was refused is as good as new (`tcp_disconnect` has cleaned it and freed its
  local port), so it serves the next probe: 13-15 us a refused port over a veth pair, against 18-25 us with a
  fresh socket each. Elsewhere the state after a failure is unspecified (POSIX), so a probe has its own.
- Sockets that wait are in a selector and in a heap by deadline; only these cost anything after `send`.

Three traps of connecting that bare packets do not have:

- A connect to a port of this machine may be given that very port as its local one and then meets itself
  (RFC 9293 figure 8). The kernel gives only ports that nobody holds, so this is a refusal and no open port.
- An ICMPv6 error that arrives while `connect` still runs is lost on Linux, and the next comes with the repeated
  SYN a second later. With IPV6_RECVERR it waits in the socket's error queue (since Linux 5.19) and is found.
- A connection that we close first leaves its port in TIME_WAIT; with SO_LINGER 0 it is reset instead.

Limits: the errno is all that is known of an answer. This machine's own shortages are never outcomes: `send`
takes fewer probes than offered, from the front, and the caller offers the rest again.
"""

import contextlib
import errno
import heapq
import itertools
import os
import resource
import selectors
import socket
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from periplus.columns import I32, I64, U16
from periplus.errors import CannotScan

if TYPE_CHECKING:
    from periplus.space.address import Addresses

__all__ = [
    "ConnectTransport",
    "Outcomes",
    "Sent",
    "local_ports",
    "open_socket",
    "raise_file_limit",
    "way_problem",
]

MAX_IN_FLIGHT: Final = 8_000
PORTS_SHARE: Final = 4  # of the local ports we take at most one in four: other programs connect too
FILES_RESERVE: Final = 64  # descriptors left for output files, pipes, the selector and libraries
PATIENCE_US: Final = 10_000_000  # a shortage that lasts this long with nothing of ours in flight is an error
OWN_SHORTAGE: Final = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN}
)
WAITING: Final = frozenset({errno.EINPROGRESS, errno.EALREADY})
EPHEMERAL_PORTS: Final = range(49152, 65536)  # RFC 6335 section 6; where the kernel does not say
DISCARD_PORT: Final = 9
DARWIN_OPEN_MAX: Final = 10240  # macOS takes no soft limit over this, whatever the hard one says
PORTS_FILE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")

_LINUX: Final = sys.platform == "linux"
_FAMILIES: Final = (socket.AF_INET6, socket.AF_INET)  # indexed by is_v4
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # struct linger
_ERROR_QUEUE: Final = ((41, 25), (0, 11))  # level and option of IPV6_RECVERR, IP_RECVERR; indexed by is_v4
_EXTENDED_ERROR: Final = struct.Struct("=I4B2I")  # struct sock_extended_err: errno, origin, type, code, ...
_ICMP_ORIGINS: Final = frozenset({2, 3})

Clock = Callable[[], int]
Endpoint = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How connects ended; columns of equal length. `errno` 0 is a connection, `time_us` when we knew."""

    token: I64
    errno: I32
    time_us: I64
    rtt_us: I64

    def __len__(self) -> int:
        return len(self.token)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a batch: its first `taken` probes wait or are in `outcomes`; the rest is untouched."""

    taken: int
    outcomes: Outcomes


@dataclass(eq=False, slots=True)
class _Flight:
    """A connect that waits for its answer."""

    token: int
    sock: socket.socket
    endpoint: Endpoint
    is_v4: bool
    begun_us: int
    waits: bool = True


_Row = tuple[int, int, int, int]  # a row of Outcomes


class ConnectTransport:
    """Begins connects and tells how they ended.

    Making one raises the process's soft limit of open files. A connect without an answer at its deadline is
    closed and no more is said of it: what silence means the engine judges. `max_in_flight` only lowers the
    bound that files and local ports set. `opener` makes a socket of a family, for tests.
    """

    def __init__(
        self, max_in_flight: int | None = None, opener: "Callable[[int], socket.socket] | None" = None
    ) -> None:
        ports = len(local_ports()) // PORTS_SHARE
        most_files = raise_file_limit()
        files = most_files - min(FILES_RESERVE, most_files // 4) - _open_files()
        self._limit = max(1, min(max_in_flight or MAX_IN_FLIGHT, ports, files))
        self._open = opener or open_socket
        self._spare: tuple[list[socket.socket], list[socket.socket]] = ([], [])  # indexed by is_v4
        self._selector = selectors.DefaultSelector()
        self._deadlines: list[tuple[int, int, _Flight]] = []
        self._serial = itertools.count()  # keeps the heap from comparing flights
        self._in_flight = 0
        self._short = False
        self._short_since_us: int | None = None

    def room(self) -> int:
        """How many connects may be begun now; after a shortage none until the next `receive`."""
        return 0 if self._short else self._limit - self._in_flight

    def send(self, tokens: I64, them: "Addresses", ports: U16, deadlines_us: I64, now_us: Clock) -> Sent:
        """Begin connects, given as columns of equal length, until the batch or the room ends.

        Raises CannotScan when this machine has had no socket for us for ten seconds while we held none.
        """
        rows: list[_Row] = []
        taken = 0
        room = 0 if self._short else self._limit
        batch = zip(
            tokens.tolist(), _endpoints(them, ports), them.is_v4.tolist(), deadlines_us.tolist(), strict=True
        )
        for token, endpoint, is_v4, deadline in batch:
            if self._in_flight >= room:
                break
            begun = now_us()
            status, sock = self._connect(endpoint, is_v4)
            if sock is not None and status in WAITING:
                self._watch(_Flight(token, sock, endpoint, is_v4, begun), deadline)
            elif status in OWN_SHORTAGE:
                self._run_short(status, sock, None if taken else begun)
                break
            else:
                status = self._release(sock, status, endpoint, is_v4)
                now = now_us()
                rows.append((token, status, now, now - begun))
            taken += 1
        return Sent(taken, _columns(rows))

    def receive(self, timeout_us: int, now_us: Clock) -> Outcomes:
        """Wait for answers, at most so long or until the next deadline, then close what is past its own."""
        self._short = False
        now = now_us()
        wait_us = min(timeout_us, self._next_deadline(now + timeout_us) - now)
        events = self._selector.select(max(0, wait_us) / 1e6)
        now = now_us()
        rows = [row for key, _ in events if (row := self._settle(key.data, now))]
        self._expire(now)
        return _columns(rows)

    def files(self) -> tuple[int, ...]:
        """The selector's own descriptor (epoll, kqueue), which is readable when a connect has ended."""
        number = getattr(self._selector, "fileno", None)
        return () if number is None else (number(),)

    def close(self) -> None:
        """Close every socket; a second call does nothing."""
        for key in list((self._selector.get_map() or {}).values()):
            key.data.sock.close()
        self._selector.close()
        for sock in itertools.chain(*self._spare):
            sock.close()
        self._spare[0].clear()
        self._spare[1].clear()
        self._in_flight = self._limit = 0

    def _connect(self, endpoint: Endpoint, is_v4: bool) -> tuple[int, socket.socket | None]:
        """Begin one connect; returns its errno so far and the socket, None when there was none to have."""
        spare = self._spare[is_v4]
        try:
            sock = spare.pop() if spare else self._open(_FAMILIES[is_v4])
        except OSError as error:
            no_such_family = error.errno == errno.EAFNOSUPPORT
            return (errno.ENETUNREACH if no_such_family else error.errno or errno.EIO), None
        status = sock.connect_ex(endpoint)
        if status == errno.EINPROGRESS and _LINUX:
            status = sock.connect_ex(endpoint)
        elif status == errno.EADDRNOTAVAIL and not _has_source(endpoint, is_v4):
            status = errno.ENETUNREACH
        return status, sock

    def _release(self, sock: socket.socket | None, status: int, endpoint: Endpoint, is_v4: bool) -> int:
        """Keep or close the socket of a connect that has ended; returns the errno to report."""
        if sock is None:
            return status
        if status == errno.ECONNREFUSED and _LINUX:
            self._spare[is_v4].append(sock)
            return status
        if status in (0, errno.EISCONN):
            status = errno.ECONNREFUSED if _met_itself(sock, endpoint) else 0
        sock.close()
        return status

    def _watch(self, flight: _Flight, deadline_us: int) -> None:
        self._selector.register(flight.sock, selectors.EVENT_WRITE, flight)
        heapq.heappush(self._deadlines, (deadline_us, next(self._serial), flight))
        self._in_flight += 1

    def _land(self, flight: _Flight) -> None:
        """Forget a flight; its socket stays open. Its entry in the heap goes when it comes to the top."""
        self._selector.unregister(flight.sock)
        flight.waits = False
        self._in_flight -= 1

    def _settle(self, flight: _Flight, now: int) -> _Row | None:
        """Take the answer of a flight that the selector named; None when it still waits."""
        status = _answer(flight.sock, flight.endpoint)
        queued = status == errno.EALREADY
        if queued:
            status = _queued_error(flight.sock, flight.endpoint, flight.is_v4)
        if status in WAITING:
            return None
        self._land(flight)
        if queued:  # the kernel goes on asking with this socket, so it cannot serve again
            flight.sock.close()
        else:
            status = self._release(flight.sock, status, flight.endpoint, flight.is_v4)
        return flight.token, status, now, now - flight.begun_us

    def _next_deadline(self, default: int) -> int:
        while self._deadlines and not self._deadlines[0][2].waits:
            heapq.heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else default

    def _expire(self, now: int) -> None:
        """Close the flights whose deadline has come."""
        while self._next_deadline(now + 1) <= now:
            flight = heapq.heappop(self._deadlines)[2]
            self._land(flight)
            flight.sock.close()

    def _run_short(self, status: int, sock: socket.socket | None, begun_us: int | None) -> None:
        """Stop sending until something has ended; `begun_us` is None when the batch had some success."""
        if sock is not None:
            sock.close()
        self._short = True
        if self._in_flight or begun_us is None:
            self._short_since_us = None
        elif self._short_since_us is None:
            self._short_since_us = begun_us
        elif begun_us - self._short_since_us > PATIENCE_US:
            raise CannotScan(f"this machine cannot open connections now: {os.strerror(status)}")


def open_socket(family: int) -> socket.socket:
    """Return a TCP socket that does not block and is reset, not shut down, when closed. Raises OSError."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    if _LINUX:
        with contextlib.suppress(
            OSError
        ):  # kernels that only look like Linux lack it; the scan works without
            sock.setsockopt(*_ERROR_QUEUE[family == socket.AF_INET], 1)
    return sock


def way_problem(address: str) -> int:
    """Ask the kernel whether it has a way to an address; return the errno of why not, 0 if it has. Sends nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            return sock.connect_ex((address, DISCARD_PORT))
    except OSError as error:
        return error.errno or errno.ENETUNREACH


def local_ports(path: Path = PORTS_FILE) -> range:
    """The ports that the kernel gives to connects."""
    try:
        first, last = map(int, path.read_text().split())
    except OSError:
        return EPHEMERAL_PORTS
    return range(first, last + 1)


def raise_file_limit() -> int:
    """Raise the soft limit of open files to the hard one, or as far as the kernel lets it; returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (hard, DARWIN_OPEN_MAX):
        with contextlib.suppress(ValueError, OSError):
            if wanted == hard or wanted > soft:
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                break
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def _open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def _endpoints(them: "Addresses", ports: U16) -> Iterable[Endpoint]:
    """Address and port as connect wants them; a batch to one host writes its address once."""
    if len(them) and (them.lo == them.lo[0]).all() and (them.hi == them.hi[0]).all():
        texts: Iterable[str] = itertools.repeat(them[:1].text()[0])
    else:
        texts = them.text()
    return zip(texts, ports.tolist(), strict=False)


def _columns(rows: list[_Row]) -> Outcomes:
    table = np.array(rows, np.int64).reshape(-1, 4)
    return Outcomes(table[:, 0], table[:, 1].astype(np.int32), table[:, 2], table[:, 3])


def _has_source(endpoint: Endpoint, is_v4: bool) -> bool:
    """Whether this machine has an address to reach them from; if so, EADDRNOTAVAIL meant: no port is free.

    Connecting a datagram socket chooses the source address, and sends nothing.
    """
    try:
        with socket.socket(_FAMILIES[is_v4], socket.SOCK_DGRAM) as sock:
            return sock.connect_ex(endpoint) != errno.EADDRNOTAVAIL
    except OSError:
        return True


def _met_itself(sock: socket.socket, endpoint: Endpoint) -> bool:
    name: Endpoint = sock.getsockname()[:2]
    return name == endpoint


def _answer(sock: socket.socket, endpoint: Endpoint) -> int:
    """The errno of a connect that the selector named."""
    return sock.connect_ex(endpoint) if _LINUX else sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def _queued_error(sock: socket.socket, endpoint: Endpoint, is_v4: bool) -> int:
    """The errno of an ICMP error about this connect in the socket's error queue, else EALREADY.

    A queue outlives its connect when a socket serves twice, so each entry's destination is compared.
    """
    for destination, kind, data in _error_queue(sock):
        if destination == endpoint and kind == _ERROR_QUEUE[is_v4]:
            number, origin, *_ = _EXTENDED_ERROR.unpack_from(data)
            if origin in _ICMP_ORIGINS:
                return int(number)
    return errno.EALREADY


def _error_queue(sock: socket.socket) -> Iterator[tuple[Endpoint, tuple[int, int], bytes]]:
    """Empty the error queue (ip(7)): the destination quoted, level and type, and the extended error."""
    with contextlib.suppress(BlockingIOError):
        while True:
            _, ancillary, _, name = sock.recvmsg(0, 512, socket.MSG_ERRQUEUE)
            for level, kind, data in ancillary:
                yield name[:2], (level, kind), data

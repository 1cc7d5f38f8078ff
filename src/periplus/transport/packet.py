"""Frames through the Linux kernel, in batches: AF_PACKET out and in, raw IP sockets towards ourselves.

One receive socket listens on every interface, since an answer may come back another way than the question
left. Its filter is attached before it is bound, so not one foreign packet is queued. Each interface gets a
send socket of protocol 0, which receives nothing, with PACKET_QDISC_BYPASS: our pace is our own, a queue
would only hide drops.

Frames for this machine's own addresses cannot go through AF_PACKET: the kernel drops them on `lo` as
martians, because they carry no route. Raw IP sockets take the ordinary output path instead; the destination
that these want is copied from the frames, column-wise. Packets on that path also meet the machine's own
firewall.

Source: packet(7), raw(7), ip(7), ipv6(7). Limits: Linux; wants CAP_NET_RAW, and CAP_NET_ADMIN for buffers
over the system's limit.
"""

import errno
import os
import socket
import struct
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from periplus.columns import I64, U8
from periplus.errors import CannotScan
from periplus.transport.bpf import attach, reply_filter
from periplus.transport.calls import LinkDown, SendRefused
from periplus.transport.syscalls import BATCH, Inbox, Outbox, Readable, bind_link, link_address
from periplus.wire.headers import ETHERTYPE_IP4, ETHERTYPE_IP6, IP4_DST, IP6_DST, PROTOCOL_TCP, PROTOCOL_UDP
from periplus.wire.lane import Lane, Link
from periplus.wire.packets import WIDTH, Packets

__all__ = [
    "SEND_BUFFER",
    "SEND_BYTES",
    "Express",
    "Outlet",
    "PacketTransport",
    "Patience",
    "grow",
    "hold_port",
    "reserve_ports",
]

_ROWS: Final = 4096
_ANSWER_COST: Final = (
    1024  # what a short packet takes of a receive buffer: 768 bytes (skb->truesize), rounded up
)
SEND_BYTES: Final = 8 << 20
_LOWEST: Final = 16384  # lower ports belong to servers, and firewalls treat them so
_DRAWS: Final = 64

# Values of Linux' uapi headers; the standard library has names for few of these, or only of late.
_ETH_P_ALL: Final = 3
_SOL_PACKET, _PACKET_STATISTICS, _PACKET_QDISC_BYPASS, _PACKET_IGNORE_OUTGOING = 263, 6, 20, 23
_ADD_MEMBERSHIP, _MR_ALLMULTI = 1, 2
_SO_TIMESTAMPNS: Final = 35
# How to ask for a buffer: SO_SNDBUFFORCE or SO_RCVBUFFORCE, which want CAP_NET_ADMIN, and what is left without.
SEND_BUFFER: Final = (32, socket.SO_SNDBUF)
_RECEIVE_BUFFER: Final = (33, socket.SO_RCVBUF)
_IPV6_HDRINCL: Final = 36
_SO_MEMINFO: Final = 55
_MEMORY: Final = struct.Struct("II")  # the first two of SK_MEMINFO: bytes taken, and the most
_STATISTICS: Final = struct.Struct("II")  # struct tpacket_stats: packets, drops
_MEMBERSHIP: Final = struct.Struct("=iHH8s")  # struct packet_mreq

_V4_NAME: Final = struct.pack("=HHI8x", socket.AF_INET, 0, 0)  # struct sockaddr_in
_V6_NAME: Final = struct.pack("=HHI16xI", socket.AF_INET6, 0, 0, 0)  # struct sockaddr_in6
# Where the destination stands in the socket address, and in the frame.
_V4_DESTINATION: Final = (slice(4, 8), slice(IP4_DST, IP4_DST + 4))
_V6_DESTINATION: Final = (slice(8, 24), slice(IP6_DST, IP6_DST + 16))

_PASSING: Final = (errno.ENOBUFS, errno.EAGAIN, errno.EINTR, errno.ENOMEM)
# Without a carrier a send fails as if a queue were full; an outage as short as this may pass.
_PATIENCE_S: Final = 3.0
_REFUSALS: Final = 10
_DOWN: Final = (errno.ENETDOWN, errno.ENXIO, errno.ENODEV)


class Patience:
    """Tells a queue that is full from one that nothing leaves."""

    def __init__(self) -> None:
        self._refusals = 0
        self._full_since = 0.0

    def moved(self) -> None:
        """Notes that something was taken."""
        self._refusals = 0

    def stuck(self) -> bool:
        """Notes that nothing was taken; True when that has gone on too long to be a full queue."""
        now = time.monotonic()
        if not self._refusals:
            self._full_since = now
        self._refusals += 1
        return self._refusals > _REFUSALS and now - self._full_since > _PATIENCE_S


class Outlet(Protocol):
    """Where frames leave by one interface."""

    most: int  # frames of one call

    def send(self, frames: U8) -> int:
        """How many left, from the front; OSError when the first one did not."""

    def stuck(self) -> bool:
        """Notes that nothing was taken; True when that has gone on too long to be a full queue."""


class Express(Protocol):
    """A faster way out than a packet socket, for some lanes."""

    def outlet(self, lane: Lane) -> Outlet | None:
        """Where frames of this lane leave; None: by a packet socket."""


class _Outlet(Patience):
    """A socket that sends, and its message array; some kinds need a destination beside each frame."""

    most = BATCH

    def __init__(
        self, sock: socket.socket, names: U8 | None, destination: tuple[slice, slice] | None
    ) -> None:
        super().__init__()
        self.sock = sock
        self._fd = sock.fileno()
        self._names = names
        self._destination = destination
        self._outbox = Outbox(names)

    def send(self, frames: U8) -> int:
        if self._names is not None and self._destination is not None:
            there, here = self._destination
            self._names[: len(frames), there] = frames[:, here]
        taken = self._outbox.send(self._fd, frames)
        self.moved()
        return taken


class PacketTransport:
    """Sends frames along lanes and receives what may answer them: a `calls.FrameTransport`."""

    def __init__(
        self,
        ports: range,
        lanes: Iterable[Lane],
        buffer_bytes: int = 32 << 20,
        protocols: tuple[int, ...] = (PROTOCOL_TCP,),
        program: bytes = b"",
        express: Express | None = None,
        width: int = WIDTH,
    ) -> None:
        """Opens everything that `lanes` need; others open when first used.

        `ports` are our source ports, `protocols` what answers come in; `buffer_bytes` is how much may arrive
        before we read. A filter `program` takes the place of that for ports and protocols. Lanes that `express`
        takes leave there; who made it closes it. Of each packet `width` bytes are kept. `CannotScan` when the
        privilege is missing or an interface is gone.
        """
        self._outlets: dict[tuple[Link, int, bool], Outlet] = {}
        self._own: list[_Outlet] = []
        self._express = express
        self._drops = 0
        try:
            self._sock = _receiver(program or reply_filter(ports, protocols, width), buffer_bytes)
        except OSError as error:
            raise _cannot_open("every interface", error) from error
        self._inbox = Inbox(_ROWS, width)
        self._nothing = Packets.of_bytes([], width=width)
        self._readable = Readable(self._sock.fileno())
        try:
            for lane in lanes:
                self._outlet(lane)
        except CannotScan:
            self.close()
            raise

    def send(self, lane: Lane, frames: U8) -> int:
        """Offers frames U8[n, width], IP packets with an Ethernet header iff the link has one; returns how
        many left.

        Fewer than n means that a queue is full: wait and offer the rest again. Raises `LinkDown`,
        `SendRefused` or `CannotScan` when the first frame met trouble that waiting does not cure.
        """
        outlet = self._outlet(lane)
        sent = 0
        while sent < len(frames):
            batch = frames[sent : sent + outlet.most]
            try:
                taken = outlet.send(batch)
            except OSError as error:
                if not sent and (error.errno not in _PASSING or outlet.stuck()):
                    raise _cannot_send(lane, error) from error
                break
            sent += taken
            if taken < len(batch):
                break
        return sent

    def receive(self, limit: int = _ROWS) -> Packets:
        """At most `limit` packets that have arrived, in order; times are of their arrival in the kernel."""
        inbox = self._inbox
        count = inbox.receive(self._sock.fileno(), limit)
        if not count:
            return self._nothing
        packets = Packets(
            data=inbox.data[:count].copy(),
            length=inbox.lengths(count),
            time_us=_monotonic_us(inbox.stamps_ns(count)),
            ifindex=inbox.ifindexes(count),
            ethertype=inbox.ethertypes(count),
        )
        inbox.clear(count)
        return packets

    def wait(self, timeout_us: int) -> bool:
        """Waits for a packet, at most so many microseconds; True when one is there."""
        return self._readable.wait(timeout_us)

    def hear_groups(self, lane: Lane) -> None:
        """From now on its interface also takes frames to multicast groups that this machine is no member of."""
        member = _MEMBERSHIP.pack(lane.ifindex, _MR_ALLMULTI, 0, bytes(8))
        try:
            self._sock.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, member)
        except OSError as error:
            raise _cannot_open(lane.ifname, error) from error

    def files(self) -> tuple[int, ...]:
        """The receiving socket."""
        return (self._sock.fileno(),)

    def capacity(self) -> int:
        """Answers that the receive buffer holds. Without CAP_NET_ADMIN the system's limit makes it a few hundred."""
        return max(self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // _ANSWER_COST, 1)

    def backlog(self) -> float:
        """How full the receive buffer is."""
        found = self._sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMORY.size)
        taken, most = _MEMORY.unpack(found)
        return float(taken / max(most, 1))

    def drops(self) -> int:
        """Packets that passed the filter and found the buffer full, since the start."""
        counters = self._sock.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size)
        self._drops += _STATISTICS.unpack(counters)[1]  # reading sets the kernel's counter to zero
        return self._drops

    def close(self) -> None:
        """Closes every socket."""
        self._sock.close()
        for outlet in self._own:
            outlet.sock.close()
        self._outlets.clear()

    def _outlet(self, lane: Lane) -> Outlet:
        key = (lane.link, lane.ifindex, lane.is_v4)
        outlet = self._outlets.get(key)
        if outlet is None:
            outlet = self._outlets[key] = self._faster(lane) or self._opened(lane)
        return outlet

    def _faster(self, lane: Lane) -> Outlet | None:
        return self._express.outlet(lane) if self._express is not None else None

    def _opened(self, lane: Lane) -> Outlet:
        try:
            outlet = _OPEN[lane.link](lane)
        except OSError as error:
            raise _cannot_open(lane.ifname, error) from error
        self._own.append(outlet)
        return outlet


def _receiver(program: bytes, buffer_bytes: int) -> socket.socket:
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)  # protocol 0: deaf until bound
    try:
        attach(sock, program)
        sock.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        grow(sock, _RECEIVE_BUFFER, buffer_bytes)
        bind_link(sock.fileno(), 0, _ETH_P_ALL)
    except OSError:
        sock.close()
        raise
    return sock


def grow(sock: socket.socket, options: tuple[int, int], size: int) -> None:
    """The first option ignores the system's limit and wants CAP_NET_ADMIN; the second is cut to the limit."""
    force, ask = options
    try:
        sock.setsockopt(socket.SOL_SOCKET, force, size)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, ask, size)


def _open_link(lane: Lane) -> _Outlet:
    """A packet socket; where there is no link header the kernel must be told the protocol."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        grow(sock, SEND_BUFFER, SEND_BYTES)
        sock.setsockopt(_SOL_PACKET, _PACKET_QDISC_BYPASS, 1)
        bind_link(sock.fileno(), lane.ifindex, 0)
    except OSError:
        sock.close()
        raise
    if lane.link is Link.ETHERNET:
        return _Outlet(sock, None, None)
    return _Outlet(
        sock, _names(link_address(lane.ifindex, ETHERTYPE_IP4 if lane.is_v4 else ETHERTYPE_IP6), 1), None
    )


def _open_local(lane: Lane) -> _Outlet:
    family = socket.AF_INET if lane.is_v4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    try:
        grow(sock, SEND_BUFFER, SEND_BYTES)
        if lane.is_v4:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
            return _Outlet(sock, _names(_V4_NAME, BATCH), _V4_DESTINATION)
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_HDRINCL, 1)
        return _Outlet(sock, _names(_V6_NAME, BATCH), _V6_DESTINATION)
    except OSError:
        sock.close()
        raise


_OPEN: Final[dict[Link, Callable[[Lane], _Outlet]]] = {
    Link.ETHERNET: _open_link,
    Link.BARE: _open_link,
    Link.LOCAL: _open_local,
}


def _names(name: bytes, count: int) -> U8:
    return np.tile(np.frombuffer(name, np.uint8), (count, 1))


def _monotonic_us(stamps_ns: I64) -> I64:
    """The kernel stamps with the wall clock, which may be set; so the shift is taken afresh."""
    monotonic_ns = time.monotonic_ns()
    shift_ns = monotonic_ns - time.time_ns()
    return np.where(stamps_ns > 0, stamps_ns + shift_ns, monotonic_ns) // 1000


def _cannot_open(where: str, error: OSError) -> CannotScan:
    if error.errno in _DOWN:
        return LinkDown(f"interface {where} is down or gone")
    if error.errno in (errno.EPERM, errno.EACCES):
        return CannotScan("no privilege for raw sockets: run as root or give CAP_NET_RAW")
    return CannotScan(f"cannot open a raw socket on {where}: {_reason(error)}")


def _cannot_send(lane: Lane, error: OSError) -> CannotScan:
    if error.errno in _DOWN:
        return LinkDown(f"interface {lane.ifname} is down or gone")
    if error.errno in _PASSING:
        return LinkDown(f"interface {lane.ifname} takes no frames: no cable, or a firewall")
    if error.errno == errno.EPERM:
        return SendRefused("a firewall on this machine refuses our own packets")
    return CannotScan(f"cannot send on {lane.ifname}: {_reason(error)}")


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or 0)


def reserve_ports(
    draw: Callable[[int], int], count: int = 16, protocols: tuple[int, ...] = (PROTOCOL_TCP,)
) -> tuple[range, list[socket.socket]]:
    """Takes `count` contiguous source ports so that no program of this machine uses them while we scan.

    `draw(n)` gives a number below n, as `random.Random(seed).randrange` does. The ports are bound and not
    listened on, so the kernel itself answers a SYN-ACK with RST; ports of UDP swallow what comes, which else would be
    answered by an ICMP error. For other protocols TCP's are as good as any. They lie outside the range from which the
    kernel serves others when that leaves room. Keep the sockets until the last reply may have come.
    `CannotScan` when nothing is free.
    """
    kinds = _kinds(protocols)
    low, high = _ephemeral()
    outside = [*range(_LOWEST, low - count + 1), *range(high + 1, 65536 - count + 1)]
    anywhere = range(_LOWEST, 65536 - count + 1)
    for bases in (outside, anywhere):
        for _ in range(_DRAWS if bases else 0):
            ports = range(first := bases[draw(len(bases))], first + count)
            if sockets := _hold(ports, kinds):
                return ports, sockets
    raise CannotScan(f"no {count} adjacent ports are free on this machine")


def hold_port(port: int, protocols: tuple[int, ...]) -> list[socket.socket]:
    """Takes this source port as `reserve_ports` does; without a socket when another program has it."""
    return _hold(range(port, port + 1), _kinds(protocols))


def _kinds(protocols: tuple[int, ...]) -> list[socket.SocketKind]:
    """Which kinds of socket hold a port for answers in these protocols."""
    kinds = [socket.SOCK_STREAM] if set(protocols) != {PROTOCOL_UDP} else []
    return [*kinds, *([socket.SOCK_DGRAM] if PROTOCOL_UDP in protocols else [])]


def _ephemeral() -> tuple[int, int]:
    try:
        low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
    except OSError:
        return _LOWEST, 65535
    return int(low), int(high)


def _hold(ports: range, kinds: list[socket.SocketKind]) -> list[socket.socket]:
    """Sockets bound to these ports in both families; none when one of the ports is taken."""
    sockets: list[socket.socket] = []
    try:
        for port in ports:
            sockets.extend(_bound(port, kind) for kind in kinds)
    except OSError:
        for sock in sockets:
            sock.close()
        return []
    return sockets


def _bound(port: int, kind: socket.SocketKind) -> socket.socket:
    """One IPv6 socket holds the port for IPv4 as well, unless the machine has no IPv6."""
    try:
        sock = socket.socket(socket.AF_INET6, kind)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    except OSError:
        sock = socket.socket(socket.AF_INET, kind)
    try:
        sock.bind(("", port))
    except OSError:
        sock.close()
        raise
    return sock

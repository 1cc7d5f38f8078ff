"""Frames by AF_XDP: one and a half times as many a second as by packet sockets, on any Ethernet interface.

Receiving stays with `packet`: this is the way out alone, one socket an interface, shared by all lanes and links of a
scan. Like a packet socket with PACKET_QDISC_BYPASS it passes the queues of `tc` by, and programs that look on at
this machine's own end of the wire see nothing of it. Opening costs two milliseconds and closing eight, so it is for
large scans.

In copy mode everything leaves within the call, or it is known that it did not. What the kernel did not take must not
leave later, as it will be offered again: those entries are made invalid, and the kernel's count of invalid entries
tells how many there were. So the number returned is exact, also in kernels that do not tell how far they came. After
trouble fewer frames are shown at a time, as invalid entries cost a call each.

In zero-copy mode frames count as sent when they are in the ring, as they do elsewhere in the queue of a driver.

Source: Linux Documentation/networking/af_xdp.rst. Limits: Ethernet; frames of at most 2,048 bytes, more than any
probe has; one queue of the interface.
"""

import errno
import os
import threading
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from periplus.columns import U8
from periplus.errors import CannotScan
from periplus.transport.packet import Patience
from periplus.transport.rings import CHUNK, MOST, DoneRing, Laid, SendRing, Trays
from periplus.transport.xdpsocket import XdpSocket, words
from periplus.wire.lane import ETHERNET_LENGTH, Lane, Link

__all__ = ["XdpExpress", "XdpOutlet", "express_for"]

WITHOUT: Final = "leave out --transport xdp"
_LEAST: Final = 64  # frames shown to the kernel at once after trouble
_DOWN: Final = (errno.ENETDOWN, errno.ENXIO)


class Wire(Protocol):
    """An open socket; see `XdpSocket`."""

    zerocopy: bool
    budget: int
    ring: SendRing
    done: DoneRing
    trays: Trays

    def kick(self) -> int:
        """Makes the kernel look at the ring; an errno, or 0."""

    def invalid(self) -> int:
        """Entries that the kernel has passed by."""

    def close(self) -> None:
        """Gives it back."""


class XdpOutlet(Patience):
    """The way out by one interface. Several threads may use it."""

    most = MOST

    def __init__(self, wire: Wire, mtu: int) -> None:
        super().__init__()
        self._wire = wire
        self._longest = min(mtu + ETHERNET_LENGTH, CHUNK)
        self._lock = threading.Lock()
        self._shown = MOST
        self._closed = False

    def send(self, frames: U8) -> int:
        """How many left, from the front; OSError when the first one did not."""
        if frames.shape[1] > self._longest:
            raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))
        with self._lock:
            if self._closed:
                raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
            step = self._queue if self._wire.zerocopy else self._push
            sent = number = 0
            while sent < len(frames) and not number:
                some, number = step(frames[sent:])
                sent += some
        if not sent:
            number = errno.ENOBUFS if number == errno.EBUSY else number
            raise OSError(number, os.strerror(number))
        self.moved()
        return sent

    def close(self) -> None:
        """Closes the socket; what a driver still has of ours in zero-copy mode is lost."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._wire.close()

    def _kick(self) -> int:
        number = self._wire.kick()
        done, trays = self._wire.done, self._wire.trays
        if done.pending == trays.out:
            done.skip()
            trays.clear()
        else:
            trays.back(done.take())
        return number

    def _lay(self, frames: U8) -> Laid | None:
        """Copies frames, as many as there is room for; when there is none it looks once more what came back."""
        laid = self._wire.trays.lay(frames)
        if laid is None:
            self._kick()
            self._kick()  # what the first one saw
            laid = self._wire.trays.lay(frames)
        return laid

    # copy mode

    def _push(self, frames: U8) -> tuple[int, int]:
        """Sends some of the frames; how many, and what kept the next one."""
        if number := self._cleared():
            return 0, number
        laid = self._lay(frames[: self._shown])
        if laid is None:
            return 0, errno.EAGAIN
        self._wire.ring.put(laid)
        number = self._drained(laid.size)
        if not number:
            self._shown = min(2 * self._shown, MOST)
            return laid.size, 0
        self._shown = _LEAST
        return self._recalled(laid, number), number

    def _drained(self, count: int) -> int:
        """Lets the kernel take them all, in as many calls as its budget makes it; what kept it, or 0."""
        for _ in range(count // self._wire.budget + 2):
            number = self._kick()
            if not self._wire.ring.waiting:
                return number if number == errno.EBUSY else 0
            if number not in (0, errno.EAGAIN):
                return number
        return errno.EAGAIN

    def _recalled(self, laid: Laid, number: int) -> int:
        """Takes back what did not leave; how many left. EBUSY: the last one that was taken was dropped."""
        before = self._wire.invalid()
        self._wire.ring.void()
        self._cleared()
        left = self._wire.ring.waiting or self._wire.invalid() - before
        dropped = int(number == errno.EBUSY)
        left = min(left, laid.size - dropped)  # of a device that went down the kernel may tell too late
        self._wire.trays.recall(laid, left)
        return laid.size - left - dropped

    def _cleared(self) -> int:
        """Lets the kernel pass by what was made invalid; what keeps it, or 0."""
        wire = self._wire
        if not wire.ring.waiting:
            return 0
        for _ in range(wire.ring.waiting + 1):
            number = wire.kick()
            if not wire.ring.waiting or number in _DOWN:
                break
        # Some kernels return invalid entries as well, so what came back now must be looked at and not only counted.
        wire.trays.back(wire.done.take())
        wire.invalid()
        wire.trays.back(wire.done.take())
        return (number or errno.EAGAIN) if wire.ring.waiting else 0

    # zero-copy mode

    def _queue(self, frames: U8) -> tuple[int, int]:
        """Puts some of the frames into the ring, and wakes the driver."""
        ring = self._wire.ring
        laid = self._lay(frames[: ring.room]) if ring.room else None
        if laid is None:
            return 0, self._kick() or errno.EAGAIN
        ring.put(laid)
        self._kick()
        return laid.size, 0


class XdpExpress:
    """Opens an outlet for each interface that takes it, once for all links of a scan; says which way frames go."""

    def __init__(
        self,
        tell: Callable[[str], None],
        *,
        must: bool = False,
        opener: Callable[[int, int], XdpSocket] = XdpSocket,
    ) -> None:
        """`must`: that an Ethernet interface refuses is `CannotScan`, as the user asked for it by name."""
        self._tell = tell
        self._must = must
        self._opener = opener
        self._outlets: dict[int, XdpOutlet | None] = {}
        self._lock = threading.Lock()

    def outlet(self, lane: Lane) -> XdpOutlet | None:
        """Where frames of this lane leave; None: by a packet socket, or a raw one."""
        if lane.link is not Link.ETHERNET:
            return None
        with self._lock:
            if lane.ifindex not in self._outlets:
                self._outlets[lane.ifindex] = self._opened(lane)
            return self._outlets[lane.ifindex]

    def _opened(self, lane: Lane) -> XdpOutlet | None:
        try:
            sock = self._opener(lane.ifindex, lane.mtu)
        except OSError as error:
            refusal = f"xdp: {lane.ifname} refuses it ({words(error)})"
            if self._must:
                raise CannotScan(f"{refusal}; {WITHOUT}") from error
            self._tell(f"{refusal}; packets go by AF_PACKET")
            return None
        self._tell(f"xdp: packets to {lane.ifname} go by AF_XDP ({sock.mode})")
        return XdpOutlet(sock, lane.mtu)

    def close(self) -> None:
        """Closes all."""
        for outlet in self._outlets.values():
            if outlet is not None:
                outlet.close()
        self._outlets.clear()


def express_for(lanes: Iterable[Lane], tell: Callable[[str], None], *, must: bool) -> XdpExpress:
    """An express for a scan by these lanes; `CannotScan` when it must be and none of them can have it."""
    links = {lane.ifname: lane.link for lane in lanes}
    if must and Link.ETHERNET not in links.values():
        raise CannotScan(f"xdp: {', '.join(links)} carries no Ethernet frames of ours; {WITHOUT}")
    return XdpExpress(tell, must=must)

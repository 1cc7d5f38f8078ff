"""An AF_XDP socket that only sends: what the kernel wants to have set up, in the order in which it wants it.

Without a ring for what arrives, and so without a BPF program: frames are described in the ring that sends, and one
empty `send` a batch makes the kernel look. In copy mode it makes an ordinary packet of each within that call and
gives it to the driver, past the queues of `tc`; that works with every driver. In zero-copy mode the driver reads our
memory by itself. Some drivers say they can and send only while a BPF program is attached; they refuse to be woken,
which is asked before the first frame.

A driver in zero-copy mode takes the memory for what arrives on that queue from us as well, and passes it on as
usual; without any, the machine would be deaf there. So it gets some.

Source: Linux Documentation/networking/af_xdp.rst, linux/if_xdp.h. Limits: queue 0 alone; zero-copy only on x86, whose
stores are seen in order (see `rings`), and where what arrives fits a chunk. A socket keeps the queue some
milliseconds after it was closed, hence the second tries.
"""

import errno
import mmap
import os
import platform
import socket
import struct
import time
from typing import Final

import numpy as np

from periplus.columns import U8
from periplus.transport.packet import SEND_BUFFER, SEND_BYTES, grow
from periplus.transport.rings import CHUNK, MOST, TRAY, DoneRing, Places, SendRing, Trays, feed
from periplus.transport.syscalls import bind
from periplus.wire.lane import ETHERNET_LENGTH

__all__ = ["XdpSocket", "words"]

# Values of Linux' uapi headers.
_AF_XDP, _SOL_XDP = 44, 283
_MMAP_OFFSETS, _TX_RING, _UMEM_REG, _FILL_RING, _COMPLETION_RING, _STATISTICS = 1, 3, 4, 5, 6, 7
_MAX_TX_SKB_BUDGET: Final = 9
_COPY, _ZEROCOPY, _USE_NEED_WAKEUP = 1 << 1, 1 << 2, 1 << 3
_TX_OFFSET, _FILL_OFFSET, _COMPLETION_OFFSET = 0x80000000, 0x100000000, 0x180000000
_OFFSETS: Final = struct.Struct(
    "=16Q"
)  # struct xdp_mmap_offsets: four rings of producer, consumer, entries, flags
_UMEM: Final = struct.Struct("=QQIIII")  # struct xdp_umem_reg
_ADDRESS: Final = struct.Struct("=HHIII")  # struct sockaddr_xdp
_COUNTERS: Final = struct.Struct("=3Q")  # the front of struct xdp_statistics
_NUMBER: Final = struct.Struct("=I")

_TRAYS: Final = 8
_ARRIVALS: Final = 1024  # chunks for what arrives
_DONE: Final = _TRAYS * MOST  # as many as can be out at once
_OLD_BUDGET: Final = 16  # frames of one call in kernels that have no option for it
_QUEUE: Final = 0
_ORDERED: Final = ("x86_64", "i686", "AMD64")
_BUSY_TRIES, _BUSY_S = 20, 0.005


def words(error: OSError) -> str:
    """Why there is no AF_XDP, in a few words."""
    if error.errno == errno.EAFNOSUPPORT:
        return "this kernel has no AF_XDP"
    if error.errno == errno.ENOBUFS:
        return "too little memory may be locked, see ulimit -l"
    return os.strerror(error.errno or 0)


class XdpSocket:
    """The socket and what it shares with the kernel; `mode` says which way frames go, for the user."""

    def __init__(self, ifindex: int, mtu: int, machine: str | None = None) -> None:
        """Opens it on the interface; OSError when the kernel or the driver does not have it."""
        self.zerocopy, self.mode = False, "copy mode"
        refusal = self._no_zerocopy(mtu, machine or platform.machine())
        self._open()
        if not refusal:
            refusal = self._bound_without_copy(ifindex)
        if not self.zerocopy:
            self._bind(ifindex, _COPY)
            self.mode = f"copy mode; zero-copy: {refusal}"

    @staticmethod
    def _no_zerocopy(mtu: int, machine: str) -> str:
        """Why zero-copy is not even tried; empty when it is."""
        if machine not in _ORDERED:
            return f"not on {machine}"
        longest = CHUNK - 256  # XDP_PACKET_HEADROOM: what drivers leave free in front
        return f"frames of {mtu} bytes are too long" if mtu + ETHERNET_LENGTH > longest else ""

    def _open(self) -> None:
        self._sock = socket.socket(_AF_XDP, socket.SOCK_RAW, 0)
        try:
            self._share()
        except OSError:
            self._sock.close()
            raise

    def _share(self) -> None:
        """Makes the memory and the rings, and shows the kernel where they are."""
        sock, size = self._sock, _TRAYS * TRAY
        whole = mmap.mmap(-1, size + _ARRIVALS * CHUNK, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory = np.frombuffer(whole, np.uint8)
        start = int(memory.__array_interface__["data"][0])
        sock.setsockopt(_SOL_XDP, _UMEM_REG, _UMEM.pack(start, len(memory), CHUNK, 0, 0, 0))
        for option, entries in ((_TX_RING, MOST), (_FILL_RING, _ARRIVALS), (_COMPLETION_RING, _DONE)):
            sock.setsockopt(_SOL_XDP, option, _NUMBER.pack(entries))
        grow(sock, SEND_BUFFER, SEND_BYTES)
        self.budget = self._ask_budget()
        offsets = _OFFSETS.unpack(sock.getsockopt(_SOL_XDP, _MMAP_OFFSETS, _OFFSETS.size))
        tx, fill, done = (Places(*offsets[4 * ring :][:3]) for ring in (1, 2, 3))
        self.trays = Trays(memory[:size])
        self.ring = SendRing(self._map(_TX_OFFSET, tx.entries + 16 * MOST), tx)
        self.done = DoneRing(self._map(_COMPLETION_OFFSET, done.entries + 8 * _DONE), done, _DONE)
        arrivals = np.arange(size, len(memory), CHUNK, dtype=np.uint64)
        feed(self._map(_FILL_OFFSET, fill.entries + 8 * _ARRIVALS), fill, arrivals)

    def _map(self, offset: int, size: int) -> U8:
        return np.frombuffer(mmap.mmap(self._sock.fileno(), size, mmap.MAP_SHARED, offset=offset), np.uint8)

    def _ask_budget(self) -> int:
        """How many frames one call sends in copy mode."""
        try:
            self._sock.setsockopt(_SOL_XDP, _MAX_TX_SKB_BUDGET, _NUMBER.pack(MOST))
        except OSError:
            return _OLD_BUDGET
        return MOST

    def _bound_without_copy(self, ifindex: int) -> str:
        """Tries zero-copy; why it is not to be had, or nothing."""
        try:
            bind(
                self._sock.fileno(), _ADDRESS.pack(_AF_XDP, _ZEROCOPY | _USE_NEED_WAKEUP, ifindex, _QUEUE, 0)
            )
        except OSError as error:
            return words(error)
        number = self.kick()
        if number in (0, errno.EAGAIN):
            self.zerocopy, self.mode = True, "zero-copy"
            return ""
        self.close()
        self._open()
        return f"the driver cannot be woken ({os.strerror(number)})"

    def _bind(self, ifindex: int, flags: int) -> None:
        address = _ADDRESS.pack(_AF_XDP, flags, ifindex, _QUEUE, 0)
        for left in reversed(range(_BUSY_TRIES)):
            try:
                return bind(self._sock.fileno(), address)
            except OSError as error:
                if error.errno != errno.EBUSY or not left:
                    self._sock.close()
                    raise
            time.sleep(_BUSY_S)
        return None

    def kick(self) -> int:
        """Makes the kernel look at the ring; what went wrong, as an errno, or 0."""
        try:
            self._sock.send(b"", socket.MSG_DONTWAIT)
        except OSError as error:
            return error.errno or errno.EIO
        return 0

    def invalid(self) -> int:
        """Entries that the kernel has passed by, since the start."""
        counters = self._sock.getsockopt(_SOL_XDP, _STATISTICS, _COUNTERS.size)
        return int(_COUNTERS.unpack(counters)[2])

    def close(self) -> None:
        """Closes the socket and lets its memory go, which the kernel takes for the end of it."""
        self._sock.close()
        del self.ring, self.done, self.trays

"""The system calls that the standard library lacks: `sendmmsg`, `recvmmsg`, `ppoll`, `bind` by interface
number.

One `sendmmsg` call hands the kernel up to 1,024 messages, so the price of a system call and of Python is paid
once a batch. The kernel wants an array of `struct mmsghdr`, each pointing at an iovec, an address and a
control buffer (sendmmsg(2), recvmmsg(2), cmsg(3)). These arrays are NumPy structured arrays made once: a call
writes only the columns that change, and no Python code runs per message.

Limits: Linux only. The layouts are those of C for the machine's word size (`align=True`). Errors are plain
OSError.
"""

import ctypes
import os
import socket
import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from periplus.columns import I32, I64, U8, U16

__all__ = ["BATCH", "Inbox", "Outbox", "Readable", "bind", "bind_link", "link_address"]

BATCH: Final = 1024  # UIO_MAXIOV: sendmmsg takes no more in one call

_LINK_ADDRESS: Final = np.dtype(  # struct sockaddr_ll, packet(7)
    [
        ("family", "=u2"),
        ("protocol", ">u2"),
        ("ifindex", "=i4"),
        ("hardware_type", "=u2"),
        ("packet_type", "u1"),
        ("address_length", "u1"),
        ("address", "u1", 8),
    ]
)
_VECTOR: Final = np.dtype([("base", np.uintp), ("length", np.uintp)], align=True)  # struct iovec
_HEADER: Final = np.dtype(  # struct msghdr
    [
        ("name", np.uintp),
        ("name_length", np.uint32),
        ("vector", np.uintp),
        ("vector_length", np.uintp),
        ("control", np.uintp),
        ("control_length", np.uintp),
        ("flags", np.int32),
    ],
    align=True,
)
_MESSAGE: Final = np.dtype([("header", _HEADER), ("length", np.uint32)], align=True)  # struct mmsghdr
_STAMP: Final = np.dtype(  # struct cmsghdr, then the struct timespec of SCM_TIMESTAMPNS
    [
        ("length", np.uintp),
        ("level", np.int32),
        ("kind", np.int32),
        ("seconds", np.intp),
        ("nanoseconds", np.intp),
    ],
    align=True,
)
_POLL: Final = np.dtype([("fd", np.int32), ("wanted", np.int16), ("seen", np.int16)])  # struct pollfd
_TIMESPEC: Final = struct.Struct("ll")
_POLLIN: Final = 1


def _call(name: str, *kinds: type[Any]) -> Any:
    """The C function; looked up when first needed, so that importing this file works where it is missing."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    function.argtypes = kinds
    function.restype = ctypes.c_int
    return function


def _checked(result: int, name: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def _start(array: NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])


def _starts(array: NDArray[Any], count: int) -> NDArray[np.uintp]:
    """Where each of `count` messages finds its row; a single row serves them all."""
    step = array.strides[0] if len(array) > 1 else 0
    return _start(array) + np.arange(count, dtype=np.uintp) * np.uintp(step)


def _messages(count: int, vectors: NDArray[np.void]) -> NDArray[np.void]:
    messages = np.zeros(count, _MESSAGE)
    messages["header"]["vector"] = _starts(vectors, count)
    messages["header"]["vector_length"] = 1
    return messages


class Outbox:
    """Sends batches of equally long frames straight from the caller's array, without copying them."""

    def __init__(self, names: U8 | None = None) -> None:
        """`names`: socket addresses, U8[BATCH, width], or U8[1, width] when all go to the same; None: bound
        socket.

        The array is kept, so a caller may write the destinations of a batch into it just before `send`.
        """
        self._vectors = np.zeros(BATCH, _VECTOR)
        self._messages = _messages(BATCH, self._vectors)
        self._names = names
        if names is not None:
            self._messages["header"]["name"] = _starts(names, BATCH)
            self._messages["header"]["name_length"] = names.shape[1]
        self._base = self._vectors["base"]
        self._steps = np.arange(BATCH, dtype=np.uintp)
        self._offsets = self._steps
        self._width = self._step = 0
        self._where = _start(self._messages)
        self._sendmmsg = _call("sendmmsg", ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)

    def send(self, fd: int, frames: U8) -> int:
        """How many of U8[n <= BATCH, width] frames the kernel took; raises what the first one met."""
        if frames.strides[1] != 1:
            frames = np.ascontiguousarray(frames)
        count, width = frames.shape
        if count > BATCH:
            raise ValueError(f"{count} frames in one call, {BATCH} are allowed")
        self._shape(width, frames.strides[0])
        self._base[:count] = self._offsets[:count] + np.uintp(_start(frames))
        return _checked(self._sendmmsg(fd, self._where, count, socket.MSG_DONTWAIT), "sendmmsg")

    def _shape(self, width: int, step: int) -> None:
        if (width, step) == (self._width, self._step):
            return
        self._width, self._step = width, step
        self._vectors["length"] = width
        self._offsets = self._steps * np.uintp(step)


class Inbox:
    """Receives a batch into fixed columns; call `clear` before the next batch."""

    def __init__(self, rows: int, width: int) -> None:
        """Room for `rows` packets of at most `width` bytes each; longer ones are cut."""
        self.data: U8 = np.zeros((rows, width), np.uint8)
        self._names = np.zeros(rows, _LINK_ADDRESS)
        self._stamps = np.zeros(rows, _STAMP)
        self._vectors = np.zeros(rows, _VECTOR)
        self._vectors["base"] = _starts(self.data, rows)
        self._vectors["length"] = width
        self._messages = _messages(rows, self._vectors)
        header = self._messages["header"]
        header["name"] = _starts(self._names, rows)
        header["control"] = _starts(self._stamps, rows)
        self._header = header
        self._where = _start(self._messages)
        self._recvmmsg = _call(
            "recvmmsg", ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p
        )
        self.clear(rows)

    def receive(self, fd: int, limit: int) -> int:
        """Fills the first rows with what has arrived; returns their number, at most `limit`."""
        try:
            return _checked(
                self._recvmmsg(fd, self._where, min(limit, len(self.data)), socket.MSG_DONTWAIT, None),
                "recvmmsg",
            )
        except (BlockingIOError, InterruptedError):
            return 0

    def clear(self, count: int) -> None:
        """Makes the first `count` rows ready again: the kernel has overwritten the sizes there."""
        self.data[:count] = 0
        self._header["name_length"][:count] = _LINK_ADDRESS.itemsize
        self._header["control_length"][:count] = _STAMP.itemsize

    def lengths(self, count: int) -> I32:
        """Bytes captured of each packet."""
        return self._messages["length"][:count].astype(np.int32)

    def ifindexes(self, count: int) -> I32:
        """The interface each packet came in by."""
        return self._names["ifindex"][:count].astype(np.int32)

    def ethertypes(self, count: int) -> U16:
        """The protocol of each packet, host order."""
        return self._names["protocol"][:count].astype(np.uint16)

    def stamps_ns(self, count: int) -> I64:
        """When the kernel saw each packet, nanoseconds of the wall clock; 0 where it gave no time."""
        seconds = self._stamps["seconds"][:count].astype(np.int64)
        stamps = seconds * 1_000_000_000 + self._stamps["nanoseconds"][:count]
        return np.where(self._header["control_length"][:count] == _STAMP.itemsize, stamps, 0)


class Readable:
    """Waits until one of some sockets has something to read.

    By `ppoll`, because the standard library's waits count in milliseconds, too coarse for pacing, or end at
    file 1,023.
    """

    def __init__(self, *fds: int) -> None:
        self._poll = np.array([(fd, _POLLIN, 0) for fd in fds], _POLL)
        self._where = _start(self._poll)
        self._ppoll = _call("ppoll", ctypes.c_void_p, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_void_p)

    def wait(self, timeout_us: int) -> bool:
        """True when there is something; False after `timeout_us` microseconds or when a signal came."""
        timeout = _TIMESPEC.pack(timeout_us // 1_000_000, timeout_us % 1_000_000 * 1000)
        try:
            return _checked(self._ppoll(self._where, len(self._poll), timeout, None), "ppoll") > 0
        except InterruptedError:
            return False


def link_address(ifindex: int, ethertype: int) -> bytes:
    """A `struct sockaddr_ll`. Bound to `ethertype` 0 a socket is deaf; `ifindex` 0 is all interfaces."""
    address = np.zeros(1, _LINK_ADDRESS)
    address["family"] = socket.AF_PACKET
    address["protocol"] = ethertype
    address["ifindex"] = ifindex
    return address.tobytes()


def bind_link(fd: int, ifindex: int, ethertype: int) -> None:
    """Binds a packet socket by number, since an interface's name may change meanwhile."""
    bind(fd, link_address(ifindex, ethertype))


def bind(fd: int, address: bytes) -> None:
    """Binds a socket of a family whose addresses the standard library does not know, or not by number."""
    call = _call("bind", ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    _checked(call(fd, address, len(address)), "bind")

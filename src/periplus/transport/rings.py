"""What AF_XDP shares with the kernel, as NumPy views: rings of descriptors, and the memory that frames lie in.

A ring is an array whose size is a power of two, and two counters modulo 2^32: one side adds entries and then moves
the producer's counter, the other takes them and moves the consumer's. An entry is a place in the shared memory, the
UMEM. A batch is copied there by one assignment, and its entries are written by one or two, as the ring wraps.

The memory is cut into trays. A batch lies in a tray, its frames a power of two apart, so that none crosses a border
of the kernel's chunks; a tray is used again when all of it has come back. So frames may come back in any order, and
there is no list of free places to keep.

Source: Linux Documentation/networking/af_xdp.rst, linux/if_xdp.h.

Limits: NumPy has no memory barriers. What we write for the kernel is safe where stores are seen in their order (x86),
and on every machine in copy mode, where the kernel reads the ring within our own system call. What another processor
writes for us, the completions, is safe because an entry is read only after a system call that began after its
counter was seen: hence `DoneRing` is always one call behind.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from periplus.columns import U8, U64

__all__ = ["CHUNK", "MOST", "TRAY", "DoneRing", "Places", "SendRing", "Trays", "feed"]

CHUNK: Final = 2048  # bytes; the least that the kernel allows; no frame crosses a border between two
MOST: Final = 2048  # entries of the ring that sends, and so frames of one call
TRAY: Final = MOST * 64  # bytes: a whole batch of SYNs over IPv4

_LEAST_STEP: Final = 64  # a cache line
_NOWHERE: Final = 1 << 62  # outside the memory: the kernel passes such an entry by, and counts it
_COUNTER: Final = (1 << 32) - 1
_DESCRIPTOR: Final = np.dtype(  # struct xdp_desc
    [("address", np.uint64), ("length", np.uint32), ("options", np.uint32)]
)


class Places(NamedTuple):
    """Where the counters and the entries of a ring stand in its memory, in bytes."""

    producer: int
    consumer: int
    entries: int


def _counter(memory: U8, at: int) -> NDArray[np.uint32]:
    return memory[at : at + 4].view(np.uint32)


class SendRing:
    """Frames on their way out: we produce, the kernel consumes."""

    def __init__(self, memory: U8, places: Places, size: int = MOST) -> None:
        entries = memory[places.entries :][: size * _DESCRIPTOR.itemsize].view(_DESCRIPTOR)
        self._size = size
        self._address, self._length = entries["address"], entries["length"]
        self._producer = _counter(memory, places.producer)
        self._consumer = _counter(memory, places.consumer)
        self._produced = int(self._producer[0])

    @property
    def waiting(self) -> int:
        """Entries that the kernel has not told to have taken."""
        return (self._produced - int(self._consumer[0])) & _COUNTER

    @property
    def room(self) -> int:
        """Entries that may be put now."""
        return self._size - self.waiting

    def put(self, addresses: U64, length: int) -> None:
        """Adds frames of that length, no more than there is room for, and shows them to the kernel."""
        count = len(addresses)
        at = self._produced % self._size
        first = min(count, self._size - at)
        for start, some in ((at, addresses[:first]), (0, addresses[first:])):
            self._address[start : start + len(some)] = some
            self._length[start : start + len(some)] = length
        self._produced = (self._produced + count) & _COUNTER
        self._producer[0] = self._produced

    def void(self) -> None:
        """Makes the waiting entries invalid. Only while the kernel does not look at the ring: in copy mode."""
        at = np.arange(self._produced - self.waiting, self._produced) % self._size
        self._address[at] = _NOWHERE


class DoneRing:
    """Places that come back: the kernel produces, we consume."""

    def __init__(self, memory: U8, places: Places, size: int) -> None:
        self._size = size
        self._entries = memory[places.entries :][: size * 8].view(np.uint64)
        self._producer = _counter(memory, places.producer)
        self._consumer = _counter(memory, places.consumer)
        self._seen = self._taken = int(self._consumer[0])

    def take(self) -> U64:
        """The places that had come back when this was called before; call it once after each system call."""
        count = (self._seen - self._taken) & _COUNTER
        at = self._taken % self._size
        first = min(count, self._size - at)
        taken = np.concatenate((self._entries[at : at + first], self._entries[: count - first]))
        self._taken = self._seen
        self._consumer[0] = self._taken
        self._seen = int(self._producer[0])
        return taken


class Trays:
    """The memory from which frames leave."""

    def __init__(self, memory: U8) -> None:
        """`memory` is a whole number of trays."""
        self._memory = memory.reshape(-1, TRAY)
        self._out = np.zeros(len(self._memory), np.int64)  # frames of each tray that have not come back
        self._steps = {step: _steps(step) for step in (64, 128)}
        self._tray = self._used = 0
        self._step = _LEAST_STEP

    def lay(self, frames: U8) -> U64:
        """Copies frames U8[n, width <= CHUNK], as many of the first as find room in a tray; returns their places."""
        width = frames.shape[1]
        step = max(_LEAST_STEP, 1 << (width - 1).bit_length())
        if not self._fits(step):
            return np.zeros(0, np.uint64)
        start = self._used
        rows = self._memory[self._tray].reshape(-1, step)[start : start + len(frames)]
        rows[:, :width] = frames[: len(rows)]
        self._used += len(rows)
        self._out[self._tray] += len(rows)
        if step not in self._steps:
            self._steps[step] = _steps(step)
        places: U64 = self._steps[step][start : self._used] + np.uint64(self._tray * TRAY)
        return places

    def back(self, addresses: U64) -> None:
        """These places are free again."""
        if len(addresses):
            self._out -= np.bincount(
                (addresses // np.uint64(TRAY)).astype(np.int64), minlength=len(self._out)
            )

    @property
    def out(self) -> int:
        """Frames that have not come back."""
        return int(self._out.sum())

    def _fits(self, step: int) -> bool:
        """Goes on with the tray in use, from its beginning when nothing of it is out, or takes another."""
        if self._out[self._tray] and (step != self._step or self._used == TRAY // step):
            free = np.flatnonzero(self._out == 0)
            if not len(free):
                return False
            self._tray = int(free[0])
        if not self._out[self._tray]:
            self._used, self._step = 0, step
        return True


def _steps(step: int) -> U64:
    return np.arange(0, TRAY, step, dtype=np.uint64)


def feed(memory: U8, places: Places, addresses: U64) -> None:
    """Fills an empty ring of places for what arrives; it must be large enough."""
    memory[places.entries :][: len(addresses) * 8].view(np.uint64)[:] = addresses
    _counter(memory, places.producer)[0] = len(addresses)

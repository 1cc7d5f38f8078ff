"""What AF_XDP shares with the kernel, as NumPy views: rings of descriptors, and the memory that frames lie in.

A ring is an array whose size is a power of two, and two counters modulo 2^32: one side adds entries and then moves
the producer's counter, the other takes them and moves the consumer's. An entry is a place in the shared memory, the
UMEM. A batch is copied there by one assignment, and its entries are written by one or two, as the ring wraps.

The memory is cut into trays. A batch lies in a tray, its frames a power of two apart, so that none crosses a border
of the kernel's chunks; a tray is used again when all of it has come back. So frames may come back in any order, and
there is no list of free places to keep. Usually all have come back when the call returns, which the counter tells.

The thread that sends should be back in the kernel soon. NumPy gives the interpreter's lock away for each larger
operation, and another thread that computes keeps it for a while; so a batch costs copies of memory alone, in pieces
too small for that, and descriptors are prepared. Measured with probes being made meanwhile: 0.5 ms between two calls
before, 0.1 ms after.

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

__all__ = ["CHUNK", "MOST", "TRAY", "DoneRing", "Laid", "Places", "SendRing", "Trays", "feed"]

CHUNK: Final = 2048  # bytes; the least that the kernel allows; no frame crosses a border between two
MOST: Final = 2048  # entries of the ring that sends, and so frames of one call
TRAY: Final = MOST * 64  # bytes: a whole batch of SYNs over IPv4

_LEAST_STEP: Final = 64  # a cache line
_UNDIVIDED: Final = 480  # elements; NumPy gives the interpreter's lock away for more than 500
_KEPT: Final = 32  # tables of descriptors
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


class Laid(NamedTuple):
    """Frames that lie in a tray, and their descriptors."""

    tray: int
    size: int
    descriptors: memoryview


class SendRing:
    """Frames on their way out: we produce, the kernel consumes."""

    def __init__(self, memory: U8, places: Places, size: int = MOST) -> None:
        entries = memory[places.entries :][: size * _DESCRIPTOR.itemsize]
        self._size = size
        self._address = entries.view(_DESCRIPTOR)["address"]
        self._entries = entries.data
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

    def put(self, laid: Laid) -> None:
        """Adds these frames, no more than there is room for, and shows them to the kernel."""
        width = _DESCRIPTOR.itemsize
        at = self._produced % self._size
        first = min(laid.size, self._size - at) * width
        over = laid.size * width - first
        self._entries[at * width : at * width + first] = laid.descriptors[:first]
        self._entries[:over] = laid.descriptors[first:]
        self._produced = (self._produced + laid.size) & _COUNTER
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

    @property
    def pending(self) -> int:
        """How many have come back and were not taken."""
        return (int(self._producer[0]) - self._taken) & _COUNTER

    def skip(self) -> None:
        """Takes all that have come back, without a look at them."""
        self._taken = self._seen = int(self._producer[0])
        self._consumer[0] = self._taken

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
        self._out = [0] * len(self._memory)  # frames of each tray that have not come back
        self.out = 0  # and of all
        self._descriptors: dict[tuple[int, int], memoryview] = {}
        self._tray = self._used = 0
        self._step = _LEAST_STEP

    def lay(self, frames: U8) -> Laid | None:
        """Copies frames U8[n, width <= CHUNK], as many of the first as find room in a tray; None: all are out."""
        width = frames.shape[1]
        step = max(_LEAST_STEP, 1 << (width - 1).bit_length())
        if not self._fits(step):
            return None
        start = self._used
        count = min(len(frames), TRAY // step - start)
        rows = self._memory[self._tray].reshape(-1, step)[start : start + count, :width].view(f"V{width}")
        source = np.ascontiguousarray(frames[:count]).view(f"V{width}")
        for at in range(0, count, _UNDIVIDED):
            rows[at : at + _UNDIVIDED] = source[at : at + _UNDIVIDED]
        self._used += count
        self._out[self._tray] += count
        self.out += count
        entries = self._described(width, step)
        size = _DESCRIPTOR.itemsize
        return Laid(self._tray, count, entries[start * size : (start + count) * size])

    def back(self, addresses: U64) -> None:
        """These places are free again; some kernels return those of invalid entries as well."""
        if len(addresses):
            trays = (addresses[addresses < self._memory.size] // np.uint64(TRAY)).astype(np.int64)
            counts = np.bincount(trays, minlength=len(self._out)).tolist()
            # Never under zero: kernels that do not tell how far they came may send what counts as recalled.
            self._out = [max(out - count, 0) for out, count in zip(self._out, counts, strict=True)]
            self.out = sum(self._out)

    def recall(self, laid: Laid, count: int) -> None:
        """So many of these frames never left."""
        self._out[laid.tray] -= count
        self.out -= count

    def clear(self) -> None:
        """All have come back."""
        self._out = [0] * len(self._out)
        self.out = 0

    def _fits(self, step: int) -> bool:
        """Goes on with the tray in use, from its beginning when nothing of it is out, or takes another."""
        if self._out[self._tray] and (step != self._step or self._used == TRAY // step):
            if 0 not in self._out:
                return False
            self._tray = self._out.index(0)
        if not self._out[self._tray]:
            self._used, self._step = 0, step
        return True

    def _described(self, width: int, step: int) -> memoryview:
        """The descriptors of all frames of the tray in use, made once for a width."""
        key = self._tray, width
        if key not in self._descriptors:
            if len(self._descriptors) >= _KEPT:
                self._descriptors.clear()
            made = np.zeros(TRAY // step, _DESCRIPTOR)
            made["address"] = np.arange(0, TRAY, step) + self._tray * TRAY
            made["length"] = width
            self._descriptors[key] = made.view(np.uint8).data
        return self._descriptors[key]


def feed(memory: U8, places: Places, addresses: U64) -> None:
    """Fills an empty ring of places for what arrives; it must be large enough."""
    memory[places.entries :][: len(addresses) * 8].view(np.uint64)[:] = addresses
    _counter(memory, places.producer)[0] = len(addresses)

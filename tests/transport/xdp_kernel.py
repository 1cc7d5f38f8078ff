"""The kernel's half of AF_XDP, slow and plain: it takes descriptors one by one and copies or holds their frames.

`Kernel` is a `Wire` without a socket. What befalls its frames is scripted: each frame in turn meets the next word of
`fate`, and fine weather when there is none. Kernels differ in what they tell and how much they do in one call; that
is `told` and `patient`.
"""

import errno
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from periplus.columns import U8
from periplus.transport.rings import TRAY, DoneRing, Places, SendRing, Trays

__all__ = ["DOWN", "DROP", "FINE", "FULL", "Kernel", "ring_memory"]

FINE, DROP, FULL, DOWN = "fine", "drop", "full", "down"
PLACES = Places(0, 64, 128)
COUNTER = 1 << 32


def ring_memory(size: int, entry: int, start: int = 0) -> U8:
    """The memory of an empty ring whose counters stand at `start`."""
    memory = np.zeros(PLACES.entries + size * entry, np.uint8)
    for at in (PLACES.producer, PLACES.consumer):
        memory[at : at + 4].view(np.uint32)[0] = start % COUNTER
    return memory


@dataclass
class Kernel:
    """Memory of so many trays, a ring of so many entries, and counters that begin anywhere.

    `told`: every call shows how far it came; else only one that finds the ring empty. `patient`: one call passes by
    all invalid entries, else one. `returns`: these come back as well. `lag`: so many completions are held back, and
    come in another order.
    """

    fate: Iterable[str] = ()
    trays_count: int = 3
    size: int = 16
    budget: int = 16
    told: bool = True
    patient: bool = False
    returns: bool = False
    lag: int = 0
    start: int = 0
    zerocopy: bool = False
    sent: list[bytes] = field(default_factory=list)
    calls: int = 0
    closed: bool = False

    def __post_init__(self) -> None:
        self._words = iter(self.fate)
        self._down = 0
        self.memory = np.zeros(self.trays_count * TRAY, np.uint8)
        self._tx = ring_memory(self.size, 16, self.start)
        self._slots = 1 << 14
        self._cq = ring_memory(self._slots, 8, self.start)
        self.trays = Trays(self.memory)
        self.ring = SendRing(self._tx, PLACES, self.size)
        self.done = DoneRing(self._cq, PLACES, self._slots)
        self._at = self.start % COUNTER
        self._came = self.start % COUNTER
        self._invalid = 0
        self._held: list[tuple[int, bytes]] = []

    def kick(self) -> int:
        self.calls += 1
        if self.zerocopy:
            return self._wake()
        if self._down:
            self._down -= 1
            return errno.ENETDOWN
        number, sent = self._transmit()
        if sent and self.told:
            self._publish()
        return number

    def _transmit(self) -> tuple[int, bool]:
        """The errno, and whether a frame was sent."""
        left, sent = self.budget, False
        while self._at != self._produced():
            address, length = self._entry()
            if address >= len(self.memory):
                self._invalid += 1
                self._step()
                if self.returns:
                    self._come_back(address)
                if self.patient:
                    continue
                return 0, sent
            if not left:
                return errno.EAGAIN, sent
            left -= 1
            word = next(self._words, FINE)
            if word == FULL:
                return errno.EAGAIN, sent
            if word in (DROP, DOWN):
                self._down = int(word == DOWN)
                self._complete(address, self._bytes(address, length))
                self._step()
                return errno.EBUSY, sent
            self._leave(address, length)
            sent = True
        self._publish()
        return 0, sent

    def _wake(self) -> int:
        """A driver takes what there is until the next word that is not fine."""
        while self._at != self._produced():
            word = next(self._words, FINE)
            if word != FINE:
                self._publish()
                return errno.ENETDOWN if word == DOWN else 0
            self._leave(*self._entry())
        self._publish()
        return 0

    def _leave(self, address: int, length: int) -> None:
        frame = self._bytes(address, length)
        assert length
        assert address // 2048 == (address + length - 1) // 2048, "a frame crosses a chunk's border"
        self.sent.append(frame)
        self._complete(address, frame)
        self._step()

    def _complete(self, address: int, frame: bytes) -> None:
        """Gives places back, the last first, once more than `lag` are held; nobody may have written there."""
        self._held.append((address, frame))
        if len(self._held) > self.lag:
            self.settle()

    def settle(self) -> None:
        """Gives all places back."""
        for address, frame in reversed(self._held):
            assert self._bytes(address, len(frame)) == frame, "a frame changed before it was done with"
            self._come_back(address)
        self._held.clear()

    def _come_back(self, address: int) -> None:
        self._cq[PLACES.entries :].view(np.uint64)[self._came % self._slots] = address
        self._came = (self._came + 1) % COUNTER
        self._cq[:4].view(np.uint32)[0] = self._came

    def _bytes(self, address: int, length: int) -> bytes:
        return self.memory[address : address + length].tobytes()

    def _entry(self) -> tuple[int, int]:
        at = PLACES.entries + self._at % self.size * 16
        address = int(self._tx[at : at + 8].view(np.uint64)[0])
        length, options = self._tx[at + 8 : at + 16].view(np.uint32).tolist()
        assert not options
        return address, length

    def _produced(self) -> int:
        return int(self._tx[:4].view(np.uint32)[0])

    def _step(self) -> None:
        self._at = (self._at + 1) % COUNTER

    def _publish(self) -> None:
        self._tx[64:68].view(np.uint32)[0] = self._at

    def invalid(self) -> int:
        return self._invalid

    def close(self) -> None:
        self.closed = True

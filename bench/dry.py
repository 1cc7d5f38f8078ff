"""A whole scan in memory, timed: ``python bench/dry.py ADDRESSES PORTS`` writes one line of JSON.

Loop, engine, frames and verdicts are the program's own, in real time; the way to the network is `Echoing`, which
answers every frame at once, by the same hash as the lab's responder (`bench/truth.py`). So this is what a scan costs
without a kernel, a network and anybody who has to answer, and its time is the least that any size can take.

Limits: findings are counted, and no results are written.
"""

import json
import resource
import sys
import time
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import numpy as np
from bench.truth import Manner, below

from periplus.columns import U8, U16, U32, U64
from periplus.engine.timing import Timing
from periplus.result.batch import Hosts
from periplus.result.row import PortRow
from periplus.scan.clock import Clock
from periplus.scan.config import ScanConfig, Work
from periplus.scan.loop import Loop
from periplus.scan.menu import Menu
from periplus.scan.naming import Naming
from periplus.scan.open import Links
from periplus.scan.raw import RawLink
from periplus.scan.snapshot import Snapshot
from periplus.space.ip import parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.syn import TECHNIQUE
from periplus.transport.memory import MemoryTransport
from periplus.transport.neighbours import Resolver
from periplus.transport.routes import Path as Way
from periplus.wire.headers import ETHERTYPE_IP4
from periplus.wire.lane import Lane, Link
from periplus.wire.packets import WIDTH, Packets
from periplus.wire.tcp import ACK, RST, SYN

MANNER = Manner.of(0.01, 0.89)  # a tenth is silent
FIRST = parse_ip("198.19.0.0")
LANE = Lane(2, "tun0", Link.BARE, parse_ip("198.18.0.1"), b"", 1500)  # frames begin with the IPv4 header
PORTS_ME = range(50_000, 50_016)
PLACES = 1 << 16
SOURCE, DESTINATION = slice(12, 16), slice(16, 20)  # of an IPv4 header
PORT_ME, PORT_THEM, SEQ, ACKED = (
    slice(20, 22),
    slice(22, 24),
    slice(24, 28),
    slice(28, 32),
)  # of TCP's, behind it
LENGTH = 40


class Echoing(MemoryTransport):
    """Takes every frame and lets the target's answer arrive; nothing of what was sent is kept."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(places=PLACES)
        self._clock = clock

    def send(self, lane: Lane, frames: U8) -> int:
        """Takes all."""
        self.deliver(answers(lane, frames, self._clock.now_us()))
        return len(frames)

    def wait(self, timeout_us: int) -> bool:
        """Lets real time pass when nothing waits to be read, as nothing can come meanwhile."""
        if not super().wait(timeout_us) and timeout_us > 0:
            time.sleep(timeout_us / 1e6)
        return super().wait(timeout_us)


def answers(lane: Lane, frames: U8, now_us: int) -> Packets:
    """What the targets of these SYNs (bare IPv4 without options) say to them."""
    them = number(frames[:, DESTINATION], ">u4").astype(np.uint32)
    port_them = number(frames[:, PORT_THEM], ">u2").astype(np.uint16)
    heard = below(them, port_them, MANNER.closed_below)
    frames, them, port_them = frames[heard], them[heard], port_them[heard]
    data = np.zeros((len(frames), WIDTH), np.uint8)
    data[:, :20] = frames[:, :20]
    data[:, 2:4] = 0, LENGTH
    data[:, SOURCE], data[:, DESTINATION] = frames[:, DESTINATION], frames[:, SOURCE]
    data[:, PORT_ME], data[:, PORT_THEM] = frames[:, PORT_THEM], frames[:, PORT_ME]
    following: U32 = number(frames[:, SEQ], ">u4").astype(np.uint32) + np.uint32(1)
    data[:, ACKED] = following.astype(">u4").view(np.uint8).reshape(-1, 4)
    data[:, 32] = 5 << 4
    data[:, 33] = np.where(below(them, port_them, MANNER.open_below), SYN | ACK, RST | ACK)
    each = np.ones(len(frames), np.int64)
    return Packets(
        data=data,
        length=(each * LENGTH).astype(np.int32),
        time_us=each * now_us,
        ifindex=(each * lane.ifindex).astype(np.int32),
        ethertype=(each * ETHERTYPE_IP4).astype(np.uint16),
    )


def number(octets: U8, kind: str) -> U64:
    """Big-endian numbers, one a row."""
    return np.ascontiguousarray(octets).view(kind).reshape(-1).astype(np.uint64)


class Counting:
    """A listener that counts what it is told to be open."""

    def __init__(self) -> None:
        self.open = 0

    def findings(self, rows: Iterable[PortRow]) -> None:
        """So many more."""
        self.open += sum(1 for _ in rows)

    def hosts(self, hosts: Hosts) -> None:
        """Nothing."""

    def snapshot(self, snapshot: Snapshot) -> None:
        """Nothing."""


def scanned(addresses: int, ports: U16) -> Counting:
    """Scan the first so many addresses; what was counted."""
    space = Space.of([(AddressSpace.of([(FIRST, FIRST + addresses - 1)]), ports)])
    clock, told = Clock(), Counting()
    way = Way(FIRST, FIRST + addresses - 1, LANE)
    link = RawLink(space, Menu((TECHNIQUE,)), [way], Echoing(clock), PORTS_ME, 7, clock.now_us, Resolver())
    config = ScanConfig(
        (Work(TECHNIQUE, space),), Timing(), seed=7, assume_up=True, reverse=False, tell_down=False
    )
    naming = Naming(reverse=False)
    Loop(config, Links((link,)), told, clock, lambda ports, proto: {}, naming, lambda: False).run()
    return told


def main(addresses: str, ports: str) -> None:
    began = time.perf_counter()
    told = scanned(int(addresses), np.arange(1, int(ports) + 1).astype(np.uint16))
    seconds = time.perf_counter() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "found": told.open, "peak_mb": peak_mb}))


if __name__ == "__main__":
    main(*sys.argv[1:])

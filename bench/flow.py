"""What went over a limited link, and when: a process samples its counters (`bench/gauge.py`), columns tell of them.

    with reading(net.router, "far0") as lines:
        ...
    flow = Flow.of(lines)

Limits: as exact in time as the samples are close; whoever else uses the link is counted as well.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
from tests.lab import scanners
from tests.lab.network import Node, wait_until

from periplus.columns import F64

__all__ = ["Flow", "reading"]

EVERY_MS = 50
STRAY = 5  # frames, neighbour discovery and the like, that are no beginning yet
NANO = 1e9


@dataclass(frozen=True, slots=True)
class Flow:
    """By sample, from just before the first frames on: the time; what was offered, carried and dropped by then."""

    at_s: F64
    offered: F64
    carried: F64
    dropped: F64
    began_s: float = 0.0  # on the monotonic clock

    @classmethod
    def of(cls, lines: Sequence[str]) -> "Flow":
        """From what was printed."""
        at_ns, let_out, drops, waiting = np.array([line.split() for line in lines], np.float64).T
        carried, dropped = let_out - let_out[0], drops - drops[0]
        offered = carried + dropped + waiting
        begin = max(int(np.searchsorted(offered, STRAY, side="right")) - 1, 0)
        since_s = (at_ns - at_ns[begin]) / NANO
        after = slice(begin, None)
        began_s = float(at_ns[begin]) / NANO
        return cls(since_s[after], offered[after], carried[after], dropped[after], began_s)

    def when(self, frames: float) -> float:
        """When so many had been offered, or all."""
        at = np.searchsorted(self.offered, min(frames, self.offered[-1]))
        return float(self.at_s[at])

    def grown(self, column: F64, from_s: float, to_s: float) -> float:
        """How much one of the columns grew between two times."""
        first, last = np.interp([from_s, to_s], self.at_s, column)
        return float(last - first)

    def lost(self, from_s: float = 0.0) -> float:
        """Which share of what was offered since then was dropped."""
        offered = self.grown(self.offered, from_s, np.inf)
        return self.grown(self.dropped, from_s, np.inf) / max(offered, 1.0)

    def rates(self, column: F64, every_s: float, until_s: float) -> list[tuple[float, float]]:
        """What a column grew a second, as points in the middle of each such time."""
        edges = np.arange(0.0, min(until_s, float(self.at_s[-1])) + every_s / 2, every_s)
        grown = np.diff(np.interp(edges, self.at_s, column)) / every_s
        return list(zip((edges[:-1] + every_s / 2).tolist(), grown.tolist(), strict=True))


@contextmanager
def reading(node: Node, link: str, every_ms: int = EVERY_MS) -> Iterator[list[str]]:
    """The samples while the block runs, and two more; the list is filled when it ends."""
    lines: list[str] = []
    words = [sys.executable, "-P", str(Path(__file__).with_name("gauge.py")), link, str(every_ms)]
    with TemporaryFile("w+") as out:
        child = node.start(*words, stdout=out, env=scanners.environment())
        wait_until("the gauge", lambda: os.fstat(out.fileno()).st_size > 0, 60)
        yield lines
        known = _lines(out.fileno())
        wait_until("two more samples", lambda: _lines(out.fileno()) >= known + 2, 60)
        node.children.remove(child)
        with child:
            child.kill()
        out.seek(0)
        _, *samples = out.read().splitlines()
    lines += samples


def _lines(file: int) -> int:
    return os.pread(file, os.fstat(file).st_size, 0).count(b"\n")

"""Frames cut into IPv4 fragments (RFC 791 section 3.2), by columns: every fragment of a batch at once.

A probe's fragments leave one right after the other, since a batch may hold two probes of one identification to one
host, which must not meet in its reassembly. For that all have one width, and the last may have to be filled up: what
stands behind the length that the IP header declares is padding, as in every short Ethernet frame. Only a raw IP
socket takes the width for the length, so frames to this very machine get a last array of their own.

Limits: IPv4 alone. IPv6 would want another header, and a quote of it hides the probe from who reads the answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from periplus.columns import I64, U8
from periplus.wire.checksum import finish
from periplus.wire.headers import IP4_CHECKSUM, IP4_LENGTH
from periplus.wire.lane import Lane, Link
from periplus.wire.network import HAS_PORTS
from periplus.wire.question import Maker, Probe, Questions
from periplus.wire.shape import Shape
from periplus.wire.spared import SparingMaker

__all__ = ["FragmentMaker", "fragments", "maker_for"]

_TOTAL = 2  # of an IPv4 header: the length of the whole packet, then identification, then flags and offset
_OFFSET = 6
_MORE = 0x2000
_UNIT = 8


def maker_for(probe: Probe, lane: Lane, shape: Shape) -> Maker:
    """Return what makes the probe's frames on that lane, in fragments and without data where the shape says so."""
    maker = probe.maker(lane, shape)
    if shape.data and shape.spared and HAS_PORTS[probe.protocol]:
        maker = SparingMaker(maker, probe.maker(lane, replace(shape, data=b"")), shape.spared)
    return FragmentMaker(maker, lane, shape.fragment) if shape.fragment else maker


@dataclass(frozen=True, slots=True)
class FragmentMaker:
    """The frames of another maker, in fragments of so many bytes of IP payload."""

    maker: Maker
    lane: Lane
    size: int

    def __post_init__(self) -> None:
        if not self.lane.is_v4:
            raise ValueError(f"lane {self.lane.ifname}: only IPv4 is fragmented")

    def make(self, questions: Questions) -> list[tuple[U8, I64]]:
        """Return arrays of fragments, each with the rows of the questions that they belong to."""
        made = self.maker.make(questions)
        return [part for frames, rows in made for part in self._cut(frames, rows)]

    def _cut(self, frames: U8, rows: I64) -> Iterator[tuple[U8, I64]]:
        fill = self.lane.link is not Link.LOCAL
        for piece, owner in fragments(frames, self.lane.header, self.size, fill):
            yield piece, rows[owner]


def fragments(frames: U8, link: int, size: int, fill: bool) -> list[tuple[U8, I64]]:
    """Cut frames u1[n, width] with `link` bytes before an IPv4 header without options; `size` is a multiple of 8.

    Each array comes with the numbers of the frames that its fragments are of. With `fill` there is one array, in
    which the fragments of a frame follow each other; else shorter last fragments have a second one. Frames that need
    no second fragment stay as they are.
    """
    head = link + IP4_LENGTH
    n, width = frames.shape
    starts = np.arange(0, width - head, size)
    lengths = np.minimum(size, width - head - starts)
    if len(starts) < 2:
        return [(frames, np.arange(n))]
    whole = len(starts) if fill or lengths[-1] == size else len(starts) - 1
    parts = [(starts[:whole], lengths[:whole]), (starts[whole:], lengths[whole:])]
    return [
        (
            _pieces(frames, head, begin, length, begin + length < width - head),
            np.repeat(np.arange(n), len(begin)),
        )
        for begin, length in parts
        if len(begin)
    ]


def _pieces(frames: U8, head: int, begin: I64, length: I64, more: "np.ndarray") -> U8:
    """Fragments that begin there, as long as the longest of them; u1[n * k, head + longest]."""
    n, width = frames.shape
    column = head + begin[:, None] + np.arange(length[0])
    inside = column < width
    pieces = np.empty((n, len(begin), head + length[0]), np.uint8)
    pieces[:, :, :head] = frames[:, None, :head]
    pieces[:, :, head:] = np.where(inside, frames[:, np.where(inside, column, 0)], 0)
    header = pieces[:, :, head - IP4_LENGTH : head]
    header[:, :, _TOTAL : _TOTAL + 2] = _octets(IP4_LENGTH + length)
    header[:, :, _OFFSET : _OFFSET + 2] = _octets(begin // _UNIT | np.where(more, _MORE, 0))
    header[:, :, IP4_CHECKSUM : IP4_CHECKSUM + 2] = 0
    sums = np.ascontiguousarray(header).view(">u2").sum(axis=2, dtype=np.uint64)
    header[:, :, IP4_CHECKSUM : IP4_CHECKSUM + 2] = _octets(finish(sums))
    return pieces.reshape(n * len(begin), -1)


def _octets(values: "np.ndarray") -> U8:
    """Values as two bytes each, in a last dimension of their own."""
    return np.ascontiguousarray(values.astype(">u2")).view(np.uint8).reshape(*values.shape, 2)

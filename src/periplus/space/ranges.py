"""Sets of addresses as sorted, merged, disjoint ranges, held as columns.

Two ideas carry the module. *Algebra by sweeping*: every set operation sorts the borders of all ranges
and counts, border by border, how many ranges of each operand are open; the result is where the counts
say so (vectorised, n log n, adjacent ranges merge by themselves). *Look-up by bisection*: a rank becomes
an address, and an address a rank, by one binary search over the columns, and by none for a single range.

A border is exclusive at the end, so that the end of 2001:db8::/32 is the beginning of what follows; the
border after the last address of all, 2**128, needs a third word.

Limits: sets of any size can be built, combined and asked for membership; ranks exist only for sets of
less than 2**63 addresses.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Self

import numpy as np

from periplus.columns import I64, U64, Mask
from periplus.space.address import Addresses
from periplus.space.ip import TOP, format_ip

__all__ = ["AddressSpace", "Spans"]

MOST_RANKED = 1 << 63  # ranks are i8
_WORD = (1 << 64) - 1
_ONE = np.uint64(1)


class Spans:
    """Disjoint ranges sorted by address, as u8 columns: first and last address, both inclusive.

    Neighbours may touch (an `AddressSpace` never lets them, a `Space` does when their ports differ).
    """

    def __init__(self, first: Addresses, last: Addresses) -> None:
        self.first = first
        self.last = last

    def __len__(self) -> int:
        return len(self.first)

    @cached_property
    def sizes(self) -> list[int]:
        """Addresses in each range, as Python integers of any width."""
        pairs = zip(self.first.ints(), self.last.ints(), strict=True)
        return [last - first + 1 for first, last in pairs]

    def find(self, a: Addresses) -> tuple[I64, U64]:
        """The row of the range that holds each address, or -1, and the low word of its offset there."""
        if len(self) == 0:
            return np.full(len(a), -1), np.zeros(len(a), np.uint64)
        row = self._candidates(a)
        near, far = (self.first, self.last) if row is None else (self.first[row], self.last[row])
        offset = a.lo - near.lo
        offset_hi = a.hi - near.hi - (a.lo < near.lo)
        width = far.lo - near.lo
        width_hi = far.hi - near.hi - (far.lo < near.lo)
        inside = (offset_hi < width_hi) | ((offset_hi == width_hi) & (offset <= width))
        return np.where(inside, 0 if row is None else row, -1), offset

    def _candidates(self, a: Addresses) -> I64 | None:
        """The only row that can hold each address: the last that begins not above it. None: always row 0."""
        if len(self) == 1:
            return None
        # with one high word in all rows, an address with another gets a wrong row, which `find` then refuses
        after = np.searchsorted(self.first.lo, a.lo, side="right") if self._one_hi else self._bisect(a)
        return np.maximum(after - 1, 0)

    @cached_property
    def _one_hi(self) -> bool:
        return bool(self.first.hi[0] == self.last.hi[-1])

    def _bisect(self, a: Addresses) -> I64:
        """How many rows have a first that is not above each address; compares two words."""
        low = np.searchsorted(self.first.hi, a.hi, side="left")
        high = np.searchsorted(self.first.hi, a.hi, side="right")
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            middle = (low + high) >> 1
            open_ = low < high
            not_above = open_ & (self.first.lo[np.minimum(middle, len(self) - 1)] <= a.lo)
            low = np.where(not_above, middle + 1, low)
            high = np.where(open_ & ~not_above, middle, high)
        return low

    def pick(self, row: I64 | int, offset: U64) -> Addresses:
        """The addresses that lie `offset` behind the beginning of ranges `row`."""
        lo = self.first.lo[row] + offset
        return Addresses(self.first.hi[row] + (lo < offset), lo)


class AddressSpace:
    """An immutable set of addresses. `at` and `rank_of` number its members 0..size-1 in ascending order."""

    def __init__(self, spans: Spans) -> None:
        """From ranges that are sorted, disjoint and apart; others use `of`."""
        self.spans = spans

    @classmethod
    def of(cls, ranges: Iterable[tuple[int, int]]) -> Self:
        """From inclusive (first, last) pairs of 128-bit integers, in any order, overlapping or not."""
        pairs = list(ranges)
        for first, last in pairs:
            if not 0 <= first <= last <= TOP:
                raise ValueError(f"range {first}..{last} is empty or no range of addresses")
        firsts = Addresses.of_ints(pair[0] for pair in pairs)
        lasts = Addresses.of_ints(pair[1] for pair in pairs)
        return cls(_merged(Spans(firsts, lasts)))

    @classmethod
    def union(cls, spaces: Iterable["AddressSpace"]) -> Self:
        """What is in any of the sets; for many sets this is one sort, where repeated ``|`` is many."""
        parts = [space.spans for space in spaces]
        first = Addresses.concat([part.first for part in parts])
        last = Addresses.concat([part.last for part in parts])
        return cls(_merged(Spans(first, last)))

    def __or__(self, other: "AddressSpace") -> "AddressSpace":
        return AddressSpace.union([self, other])

    def __and__(self, other: "AddressSpace") -> "AddressSpace":
        return AddressSpace(
            _sweep([self.spans, other.spans], lambda counts: (counts[0] > 0) & (counts[1] > 0))
        )

    def __sub__(self, other: "AddressSpace") -> "AddressSpace":
        return AddressSpace(
            _sweep([self.spans, other.spans], lambda counts: (counts[0] > 0) & (counts[1] == 0))
        )

    def __contains__(self, address: int) -> bool:
        return bool(self.holds(Addresses.of_ints([address]))[0])

    def __bool__(self) -> bool:
        return len(self.spans) > 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AddressSpace) and self.ranges() == other.ranges()

    def __hash__(self) -> int:
        return hash(tuple(self.ranges()))

    def __repr__(self) -> str:
        shown = [f"{format_ip(first)}-{format_ip(last)}" for first, last in self.ranges()[:3]]
        return f"AddressSpace({', '.join(shown)}{', ...' if len(self.spans) > 3 else ''})"

    @cached_property
    def size(self) -> int:
        """How many addresses, as a Python integer (up to 2**128)."""
        return sum(self.spans.sizes)

    def ranges(self) -> list[tuple[int, int]]:
        """The ranges as inclusive pairs of 128-bit Python integers, ascending, never touching."""
        return list(zip(self.spans.first.ints(), self.spans.last.ints(), strict=True))

    def holds(self, a: Addresses) -> Mask:
        """Which of the addresses are in the set; for sets of any size."""
        return self.spans.find(a)[0] >= 0

    def at(self, ranks: U64 | I64) -> Addresses:
        """The addresses with these ranks (each 0..size-1, else IndexError or a wrong address)."""
        wanted = ranks.astype(np.uint64, copy=False)
        if len(self.spans) == 1:
            return self.spans.pick(0, wanted)
        row = np.searchsorted(self._bases, wanted, side="right") - 1
        return self.spans.pick(row, wanted - self._bases[row])

    def rank_of(self, a: Addresses) -> I64:
        """The rank of each address, i8; -1 for those that are not in the set."""
        row, offset = self.spans.find(a)
        if not len(self.spans):
            return row
        rank = self._bases[np.maximum(row, 0)] + offset
        return np.where(row >= 0, rank.view(np.int64), -1)

    @cached_property
    def _bases(self) -> U64:
        """The rank of each range's first address."""
        if self.size >= MOST_RANKED:
            raise OverflowError(f"{self.size} addresses are too many to number")
        bases = np.zeros(len(self.spans), np.uint64)
        np.cumsum(np.fromiter(self.spans.sizes[:-1], np.uint64, len(bases) - 1), out=bases[1:])
        return bases


def _merged(spans: Spans) -> Spans:
    """The same addresses as sorted ranges that lie apart; `spans` may be in any order and overlap."""
    if len(spans) < 2:  # ten thousand targets of one address each come through here
        return spans
    return _sweep([spans], lambda counts: counts[0] > 0)


def _sweep(operands: Sequence[Spans], keep: Callable[[Sequence[I64]], Mask]) -> Spans:
    """Where `keep` holds, as merged ranges; it is told how many ranges of each operand are open."""
    edges, counts = _count(operands)
    kept = keep(counts)
    before = np.concatenate([[False], kept[:-1]])
    starts, ends = kept & ~before, before & ~kept
    end = edges[ends]
    return Spans(edges[starts], Addresses(end.hi - (end.lo == 0), end.lo - _ONE))


def _count(operands: Sequence[Spans]) -> tuple[Addresses, list[I64]]:
    """All distinct borders, ascending, and the number of each operand's ranges open from there on."""
    first = [spans.first for spans in operands]
    last = [spans.last for spans in operands]
    end = Addresses.concat(last)
    lo = end.lo + _ONE
    hi = end.hi + (lo == 0)
    over = (hi == 0) & (lo == 0)  # the border after the last address of all
    border = Addresses.concat([*first, Addresses(hi, lo)])
    top = np.concatenate([np.zeros(len(over), np.bool_), over])
    order = np.lexsort((border.lo, border.hi, top))
    border, top = border[order], top[order]
    final = np.ones(len(border), np.bool_)  # the last of equal borders has seen all of them
    final[:-1] = (border.lo[1:] != border.lo[:-1]) | (border.hi[1:] != border.hi[:-1]) | (top[1:] != top[:-1])
    counts = []
    lengths = [len(part) for part in first] * 2
    for index in range(len(operands)):
        signs = [0] * len(lengths)
        signs[index], signs[index + len(operands)] = 1, -1
        counts.append(np.cumsum(np.repeat(signs, lengths)[order])[final])
    return border[final], counts

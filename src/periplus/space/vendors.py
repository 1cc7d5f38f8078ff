"""Who a hardware address was assigned to, from the text of the lists that machines have.

The IEEE's Registration Authority assigns blocks of EUI-48 addresses by their first 24, 28 or 36 bits (MA-L, MA-M,
MA-S; IEEE Std 802, clause 8). Four layouts of its lists are read, told apart line by line:

- the IEEE's own for MA-L: ``AA-BB-CC (hex) NAME``, and below it ``AABBCC (base 16) NAME``
- the IEEE's own for smaller blocks: below the first line stands ``D00000-DFFFFF (base 16) NAME``
- a prefix, its length if it is no whole number of digits, a short name and a long one, with tabs between them
- hexadecimal digits, a blank and a name

A list has tens of thousands of entries and a network a handful of vendors. So the lists become no dictionary. The
first few vendors are searched for in the text, which costs a few milliseconds each; when more are wanted, the first
24 bits of every line become a column once. Both find the same lines, and only these are read in full.

Limits: within a list all octets are written alike, with capitals and the mark that its first entry has between them.
Any such line that looks like an entry is one. The longest block counts, and of equal ones the first.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from periplus.columns import I64

__all__ = ["Text", "VendorLists"]

BITS, OUI_BITS = 48, 24
FEW = 3  # so many searches take as long as the column does
LINE_FEED = ord("\n")
NO_DIGIT = 16
NIBBLES = np.frombuffer(
    bytes(int(chr(each), 16) if chr(each) in "0123456789ABCDEF" else NO_DIGIT for each in range(256)),
    np.uint8,
)

Block = tuple[int, int, bytes]  # length of the prefix in bits, the prefix, the name

_FIRST = re.compile(rb"^[0-9A-F]{2}([:-]?)[0-9A-F]{2}\1[0-9A-F]{2}", re.MULTILINE)
_IEEE = re.compile(
    rb"[0-9A-F-]{8}[ \t]+\(hex\)[ \t]+([^\r\n]*)\r?\n([0-9A-F]{6})(?:-([0-9A-F]{6}))?[ \t]+\(base 16\)"
)
_PLAIN = re.compile(rb"([0-9A-F:-]{6,17})(?:/(\d\d))?[ \t]+(?![ \t]|\((?:hex|base 16)\))([^\r\n]+)")
_COMMENT = re.compile(rb"(?:^|\s)#")


class Text(Protocol):
    """A list's bytes, or a file's that are mapped into memory, so that nothing is copied."""

    def find(self, sub: bytes, start: int, /) -> int:
        """Where `sub` comes first, from `start` on; -1: nowhere."""

    def __buffer__(self, flags: int, /) -> memoryview:
        """Show the bytes."""


class VendorLists:
    """Several lists as one. Addresses are 48-bit numbers."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self._lists = [_List(text) for text in texts]
        self._blocks: dict[int, list[Block]] = {}

    def vendor(self, mac: int) -> str | None:
        """Return the name with the longest prefix of `mac`."""
        oui = mac >> BITS - OUI_BITS
        if oui not in self._blocks:
            found = self._blocks_of(oui, few=len(self._blocks) < FEW)
            # Sorting keeps the order of equals, so that the first of them counts.
            self._blocks[oui] = sorted(found, key=lambda block: -block[0])
        for bits, prefix, name in self._blocks[oui]:
            if mac >> BITS - bits == prefix:
                return " ".join(name.decode("utf-8", "replace").split()) or None
        return None

    def _blocks_of(self, oui: int, *, few: bool) -> Iterator[Block]:
        for each in self._lists:
            for start in each.searched(oui) if few else each.looked_up(oui):
                block = _block(each.text, start, oui)
                if block is not None:
                    yield block


class _List:
    """The text of one list, and two ways to find the lines that begin with three octets."""

    def __init__(self, text: Text) -> None:
        self.text = text
        first = _FIRST.search(text)
        self._mark = first[1] if first else b""
        self._column: tuple[I64, I64] | None = None

    def searched(self, oui: int) -> Iterator[int]:
        """Yield where such lines begin; reads the whole text."""
        digits = f"{oui:06X}".encode()
        word = self._mark.join((digits[:2], digits[2:4], digits[4:]))
        if memoryview(self.text)[: len(word)] == word:
            yield 0
        at = -1
        while (at := self.text.find(b"\n" + word, at + 1)) >= 0:
            yield at + 1

    def looked_up(self, oui: int) -> list[int]:
        """Return where such lines begin; reads the whole text the first time only."""
        if self._column is None:
            self._column = _column(self.text, self._mark)
        starts, ouis = self._column
        found: list[int] = starts[ouis == oui].tolist()
        return found


def _column(text: Text, mark: bytes) -> tuple[I64, I64]:
    """Where the lines begin that begin with three octets, `mark` between them, and these octets."""
    cells = np.frombuffer(memoryview(text), np.uint8)
    starts = np.concatenate([np.zeros(1, np.int64), np.flatnonzero(cells == LINE_FEED) + 1])
    starts = starts[starts + OUI_BITS // 4 + 2 * len(mark) <= len(cells)]
    starts = starts[NIBBLES[cells[starts]] != NO_DIGIT]  # most lines of the IEEE's are postal addresses
    if mark:
        starts = starts[(cells[starts + 2] == mark[0]) & (cells[starts + 5] == mark[0])]
    ouis = np.zeros(len(starts), np.int64)
    good = np.ones(len(starts), np.bool_)
    for digit in range(OUI_BITS // 4):
        nibble = NIBBLES[cells[starts + digit + len(mark) * (digit // 2)]]
        good &= nibble != NO_DIGIT
        ouis = ouis << 4 | nibble
    return starts[good], ouis[good]


def _block(text: Text, start: int, oui: int) -> Block | None:
    """Read the entry at `start`; None: it is none."""
    ieee = _IEEE.match(text, start)
    if ieee is not None:
        return _ieee_block(oui, ieee[2], ieee[3], ieee[1])
    plain = _PLAIN.match(text, start)
    if plain is None:
        return None
    digits = plain[1].replace(b":", b"").replace(b"-", b"")
    bits = int(plain[2] or 4 * len(digits))
    if not OUI_BITS <= bits <= BITS or 4 * len(digits) > BITS:
        return None
    address = int(digits, 16) << BITS - 4 * len(digits)
    return bits, address >> BITS - bits, _plain_name(plain[3])


def _ieee_block(oui: int, first: bytes, last: bytes | None, name: bytes) -> Block | None:
    if last is None:
        return (OUI_BITS, oui, name) if int(first, 16) == oui else None
    low = int(first, 16) ^ int(last, 16)  # the bits in which the ends of the block differ
    if low & (low + 1) or int(first, 16) & low:
        return None
    bits = BITS - low.bit_length()
    return bits, (oui << OUI_BITS | int(first, 16)) >> BITS - bits, name


def _plain_name(text: bytes) -> bytes:
    """The long name where there is one."""
    names = [field for field in _COMMENT.split(text, maxsplit=1)[0].split(b"\t") if field.strip()]
    return names[min(1, len(names) - 1)] if names else b""

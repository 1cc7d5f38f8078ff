"""Reading what is written in the Basic Encoding Rules: definite lengths, low tag numbers (X.690, section 8)."""

from dataclasses import dataclass

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import Piece
from periplus.identify.talk import Exactly

__all__ = ["Element", "element_untrusted", "elements_untrusted", "oid_untrusted", "taken", "within_untrusted"]

MOST_ELEMENTS = 10_000
LONG_TAG, LONG_LENGTH = 0x1F, 0x80
MOST_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Element:
    """A tag and what it holds."""

    tag: int
    value: bytes

    @property
    def number(self) -> int:
        """The value as a number with sign."""
        return int.from_bytes(self.value, "big", signed=True)

    @property
    def text(self) -> str:
        """The value as text, whatever it is."""
        return self.value.decode("utf-8", "replace")

    def inner_untrusted(self) -> list["Element"]:
        """Return the elements that it holds; raises BadReply."""
        return elements_untrusted(self.value)


def element_untrusted(cursor: Cursor) -> Element:
    """Return the next element; raises BadReply."""
    tag, length = cursor.number(1), cursor.number(1)
    if tag & LONG_TAG == LONG_TAG or length == LONG_LENGTH:
        raise BadReply("BER of a kind that is not read here")
    if length & LONG_LENGTH:
        size = length & ~LONG_LENGTH
        if size > MOST_LENGTH_BYTES:
            raise BadReply("a BER length without bounds")
        length = cursor.number(size)
    return Element(tag, cursor.take(length))


def elements_untrusted(data: bytes) -> list[Element]:
    """Return the elements that stand in a row; raises BadReply."""
    cursor = Cursor(data)
    found: list[Element] = []
    while cursor.left:
        found.append(element_untrusted(cursor))
        if len(found) > MOST_ELEMENTS:
            raise BadReply("too many BER elements")
    return found


def oid_untrusted(value: bytes) -> str:
    """Return an object identifier with dots; raises BadReply."""
    numbers, number = [], 0
    for byte in value:
        number = number << 7 | byte & 0x7F
        if number >> 64:
            raise BadReply("an object identifier with too large a number")
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    if not numbers:
        raise BadReply("an empty object identifier")
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def within_untrusted(data: bytes, *tags: int) -> bytes:
    """Return the value at the end of a path of tags, each looked for inside the one before; raises BadReply."""
    for tag in tags:
        found = next((each.value for each in elements_untrusted(data) if each.tag == tag), None)
        if found is None:
            raise BadReply(f"no element {tag:#x}")
        data = found
    return data


def taken(most: int, wait_s: float | None = None) -> Piece:
    """Take one whole element from a connection, tag and length included; a piece of a talk."""
    head = yield Exactly(2, wait_s)
    length = head[1]
    if length & LONG_LENGTH:
        size = length & ~LONG_LENGTH
        if not 0 < size <= MOST_LENGTH_BYTES:
            raise BadReply("BER of a kind that is not read here")
        wide = yield Exactly(size)
        head, length = head + wide, int.from_bytes(wide, "big")
    if length > most:
        raise BadReply(f"an element of {length} bytes")
    return head + ((yield Exactly(length)) if length else b"")

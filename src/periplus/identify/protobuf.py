"""Protocol Buffers without their descriptions: the fields of one message (protobuf.dev, "Encoding")."""

from collections.abc import Iterator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor

__all__ = ["message_untrusted", "text_field", "varint", "varint_field"]

VARINT, FIXED_64, SIZED, FIXED_32 = 0, 1, 2, 5
MOST_VARINT = 10
Field = tuple[int, int | bytes]


def message_untrusted(data: bytes) -> Iterator[Field]:
    """Yield number and value of each field: a number, or bytes where more than that is in it; raises BadReply."""
    cursor = Cursor(data, order="little")
    while cursor.left:
        key = _varint(cursor)
        kind = key & 7
        if kind == VARINT:
            yield key >> 3, _varint(cursor)
        elif kind == SIZED:
            yield key >> 3, cursor.take(_varint(cursor))
        elif kind in (FIXED_32, FIXED_64):
            yield key >> 3, cursor.number(4 if kind == FIXED_32 else 8)
        else:
            raise BadReply("no Protocol Buffers")


def _varint(cursor: Cursor) -> int:
    number = 0
    for place in range(MOST_VARINT):
        byte = cursor.number(1)
        number |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return number
    raise BadReply("a number without end")


def varint(number: int) -> bytes:
    """Return a number in its shortest form."""
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def varint_field(number: int, value: int) -> bytes:
    """Return a field that is a number."""
    return varint(number << 3 | VARINT) + varint(value)


def text_field(number: int, value: bytes) -> bytes:
    """Return a field that is text, or a message."""
    return varint(number << 3 | SIZED) + varint(len(value)) + value

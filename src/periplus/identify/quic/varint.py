"""Numbers of QUIC, whose first two bits say how long they are: of packets, transport parameters, and HTTP/3's frames.

RFC 9000, section 16.
"""

from periplus.identify.cursor import Cursor

__all__ = ["LARGEST", "varint", "varint_untrusted"]

LARGEST = (1 << 62) - 1


def varint_untrusted(cursor: Cursor) -> int:
    """Read a number; raises BadReply."""
    first = cursor.number(1)
    more = (1 << (first >> 6)) - 1
    return (first & 0x3F) << 8 * more | cursor.number(more)


def varint(number: int) -> bytes:
    """Return a number in as few bytes as hold it."""
    power = next(each for each in range(4) if number >> (8 << each) - 2 == 0)
    return (number | power << (8 << power) - 2).to_bytes(1 << power, "big")

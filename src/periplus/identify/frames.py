"""Messages whose head says how long they are, taken from a connection within bounds.

`framed` is a piece of a talk, for ``yield from``; `periplus.identify.cursor` reads what it takes.
"""

from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.cursor import Order
from periplus.identify.talk import Exactly, Want

__all__ = ["Piece", "framed", "printable"]

MOST = 65_535
Piece = Generator[Want, bytes, bytes]


def framed(
    head: int,
    at: int,
    wide: int,
    *,
    order: Order = "big",
    more: int = 0,
    times: int = 1,
    most: int = MOST,
    wait_s: float | None = None,
) -> Piece:
    """Take a head and what follows it: ``length * times + more`` bytes, the length being a number at `at`."""
    start = yield Exactly(head, wait_s)
    length = int.from_bytes(start[at : at + wide], order) * times + more
    if not 0 <= length <= most:
        raise BadReply(f"a message of {length} bytes")
    return start + ((yield Exactly(length)) if length else b"")


def printable(data: bytes, encoding: str = "utf-8") -> str:
    """Return text of a peer, without the zeros and blanks around it."""
    return data.decode(encoding, "replace").strip("\0 \r\n\t")

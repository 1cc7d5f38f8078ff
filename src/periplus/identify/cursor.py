"""Reading a peer's bytes from front to back: what is not there is the peer's mistake, a `BadReply`."""

from typing import Literal

from periplus.errors import BadReply

__all__ = ["Cursor", "Order"]

Order = Literal["big", "little"]


class Cursor:
    """A place in some bytes; every reading moves it on. `order` is that of numbers for which none is given."""

    __slots__ = ("at", "data", "order")

    def __init__(self, data: bytes, at: int = 0, order: Order = "big") -> None:
        self.data = data
        self.at = at
        self.order = order

    @property
    def left(self) -> int:
        """How many bytes there are still."""
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        """Return the next so many bytes."""
        if not 0 <= count <= self.left:
            raise BadReply(f"{count} bytes are wanted where {self.left} are left")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size: int, order: Order | None = None) -> int:
        """Return the next bytes as a number without sign."""
        return int.from_bytes(self.take(size), order or self.order)

    def sized(self, size: int, order: Order | None = None) -> bytes:
        """Return what stands behind its own length."""
        return self.take(self.number(size, order))

    def until(self, mark: bytes = b"\0") -> bytes:
        """Return the bytes up to the mark, and pass the mark."""
        end = self.data.find(mark, self.at)
        if end < 0:
            raise BadReply(f"no {mark!r} where one is wanted")
        taken = self.data[self.at : end]
        self.at = end + len(mark)
        return taken

    def text(self, mark: bytes = b"\0") -> str:
        """Return the bytes up to the mark as text, whatever they are."""
        return self.until(mark).decode("utf-8", "replace")

    def expect(self, wanted: bytes, what: str) -> None:
        """Pass these very bytes; `what` they would have shown."""
        if self.take(len(wanted)) != wanted:
            raise BadReply(f"no {what}")

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(self.left)

    def align(self, to: int) -> None:
        """Go on at the next multiple."""
        self.take(-self.at % to)

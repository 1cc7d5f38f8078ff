"""A frame as it looks before its fields are known, and the copies of it that a batch patches."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from periplus.columns import U8

__all__ = ["Template"]


class Template:
    """`frame` with named fields at byte offsets; formats are NumPy's with their byte order, at any alignment."""

    __slots__ = ("_cells", "_frame", "width")

    def __init__(self, frame: bytes, fields: Mapping[str, tuple[str, int]]) -> None:
        """`fields` maps a name to its format and offset, e.g. ``{"seq": (">u4", 38)}``."""
        self.width = len(frame)
        # Void cells, since a copy of a structured cell may leave out the bytes between its fields.
        self._frame = np.frombuffer(frame, f"V{self.width}")
        formats, offsets = zip(*fields.values(), strict=True)
        self._cells = np.dtype(
            {"names": list(fields), "formats": formats, "offsets": offsets, "itemsize": self.width}
        )

    def copies(self, n: int) -> tuple[U8, NDArray[np.void]]:
        """New frames u1[n, width], and the same memory as n cells whose fields can be assigned to."""
        copies = np.repeat(self._frame, n)
        return copies.view(np.uint8).reshape(n, self.width), copies.view(self._cells)

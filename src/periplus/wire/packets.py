"""Packets that came in, as columns: the first bytes of each from its network header on, usually 128.

128 bytes hold every header that decides a verdict: the longest plain case is an ICMPv6 error (40 + 8) around
our own probe (40 + 24). What does not fit is not needed; what is shorter is padded with zeros. Who wants to know what
datagrams say has rows of `WIDE` bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from periplus.columns import I32, I64, U8, U16, U32
from periplus.wire.headers import ETHERTYPE_IP4, ETHERTYPE_IP6
from periplus.wire.table import Table

__all__ = ["WIDE", "WIDTH", "Packets"]

WIDTH = 128
"""Bytes kept of a packet; a multiple of four, since every header starts on a 4-byte border."""

WIDE = 1_548
"""An IPv6 header, one of UDP, and 1,500 bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Packets(Table):
    """A batch of n packets.

    data u1[n, width]: from the network header on, zero padded; length i4: bytes captured (at most the width);
    time_us i8: monotonic clock; ifindex i4; ethertype u2: as the kernel names the network protocol.
    """

    data: U8
    length: I32
    time_us: I64
    ifindex: I32
    ethertype: U16

    @classmethod
    def empty(cls) -> "Packets":
        """No packets."""
        return cls.of_bytes([])

    @classmethod
    def of_bytes(
        cls,
        packets: Sequence[bytes],
        time_us: int | Sequence[int] = 0,
        ethertype: int | Sequence[int] | None = None,
        ifindex: int = 0,
        width: int = WIDTH,
    ) -> "Packets":
        """Packets from byte strings that start at the network header; longer ones are cut.

        Without `ethertype` it follows from the version in the first byte: 6 is IPv6, all else IPv4.
        """
        n = len(packets)
        if ethertype is None:
            ethertype = [ETHERTYPE_IP6 if (one or b"\0")[0] >> 4 == 6 else ETHERTYPE_IP4 for one in packets]
        data = b"".join(one[:width].ljust(width, b"\0") for one in packets)
        return cls(
            data=np.frombuffer(bytearray(data), np.uint8).reshape(n, width),
            length=np.array([min(len(one), width) for one in packets], np.int32),
            time_us=np.full(n, time_us, np.int64),
            ifindex=np.full(n, ifindex, np.int32),
            ethertype=np.full(n, ethertype, np.uint16),
        )

    @property
    def width(self) -> int:
        """Bytes that a row has room for."""
        return int(self.data.shape[1])

    @property
    def words(self) -> U32:
        """All rows, one after the other, as big-endian words."""
        return self.data.view(">u4").ravel()

    @property
    def begins(self) -> I64:
        """The word at which each row begins."""
        return np.arange(len(self), dtype=np.int64) * (self.width // 4)

    @classmethod
    def concat(cls, batches: "Sequence[Packets]") -> "Packets":
        """One batch after the other."""
        if not batches:
            return cls.empty()
        return cls(
            *(np.concatenate([getattr(one, column.name) for one in batches]) for column in fields(cls))
        )

"""CRC32c (Castagnoli), SCTP's checksum, by columns (RFC 9260 appendix A).

The register takes four bytes a step: four tables, one a byte position, say what each byte leaves in it four
bytes later ("slicing", Kounavis and Berry 2005). The steps follow one another, so there is a loop over the
width of a row, never over rows.

A CRC is linear, so a template's share of it could be found once, as with the internet checksum. It is not: a
probe has 20 to 32 bytes of SCTP, about half of them its own, which would save little and cost a table a byte.
"""

import numpy as np

from periplus.columns import U8, U32

__all__ = ["WIRE_FORMAT", "crc32c"]

WIRE_FORMAT = "<u4"
"""How the value stands in an SCTP header: its least significant byte first (RFC 9260 appendix A)."""

_POLYNOMIAL = np.uint32(0x82F63B78)  # 0x1EDC6F41 with its bits turned round
_ONE = np.uint32(1)
_SLICES = 4


def _tables() -> tuple[U32, ...]:
    """Table k: what a byte leaves in the register once it and k zero bytes have passed."""
    first: U32 = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        first = (first >> _ONE) ^ (_POLYNOMIAL * (first & _ONE))
    tables = [first]
    while len(tables) < _SLICES:
        tables.append((tables[-1] >> 8) ^ first[tables[-1] & 0xFF])
    return tuple(tables)


_TABLES = _tables()


def crc32c(rows: U8) -> U32:
    """The CRC32c of every row of u1[n, width], u4[n] in host order; see `WIRE_FORMAT`."""
    n, width = rows.shape
    # Little-endian, so that the register's bytes come in the order of the row's.
    register = np.full(n, 0xFFFFFFFF, "<u4")
    tail = width - width % _SLICES
    for at in range(0, tail, _SLICES):
        register ^= np.ascontiguousarray(rows[:, at : at + _SLICES]).view("<u4")[:, 0]
        octets = register.view(np.uint8).reshape(n, _SLICES)
        register = _TABLES[3][octets[:, 0]].astype("<u4", copy=False)
        for place in (1, 2, 3):
            register ^= _TABLES[3 - place][octets[:, place]]
    for at in range(tail, width):
        register = (register >> 8) ^ _TABLES[0][(register ^ rows[:, at]) & 0xFF]
    return ~register.astype(np.uint32)

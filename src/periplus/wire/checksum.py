"""The internet checksum (RFC 1071) by columns: sum what never changes once, add the rest, fold at the end.

The checksum is the complement of a sum of 16-bit words modulo 65,535. Two facts make it cheap here. Sums may
be taken in any order and in parts (RFC 1071 section 2 (A)), so a template is summed once. And 2^16 is 1
modulo 65,535, so a 32-bit value may be added whole instead of as two halves (section 2 (B)). Parts are
kept in 64 bits, where 2^32 summands cannot overflow.
"""

import numpy as np

from periplus.columns import U16, U64

__all__ = ["finish", "halves", "partial_sum"]


def partial_sum(data: bytes) -> int:
    """The sum, not folded, of the big-endian 16-bit words of `data` (padded with a zero byte when odd)."""
    padded = data + bytes(len(data) % 2)
    return sum(int.from_bytes(padded[at : at + 2]) for at in range(0, len(padded), 2))


def finish(sums: U64) -> U16:
    """Fold sums to 16 bits and complement them: the values to write into checksum fields (host order).

    A sum of zero gives 0xffff, as in RFC 1071; no header has one, since its version or protocol is not zero.
    """
    folded = halves(sums)
    for _ in range(3):  # 33 bits, then 18, then 17, then 16
        folded = (folded >> 16) + (folded & 0xFFFF)
    return ~folded.astype(np.uint16)


def halves(column: U64) -> U64:
    """The sum of both 32-bit halves: a summand for 64-bit columns, which could overflow when added whole."""
    return (column >> np.uint64(32)) + (column & np.uint64(0xFFFFFFFF))

"""MurmurHash3 of 32 bits (Austin Appleby, public domain), by which Shodan and others index favicons.

Such an index takes the hash, as a signed number, of the icon in base64 with a line break behind every 76 characters
and at the end. Twenty lines, run once a page: a compiled package for it would weigh more than it saves.
"""

import base64
import struct

__all__ = ["icon_hash", "murmur3"]

MASK = 0xFFFFFFFF
C1, C2, STEP = 0xCC9E2D51, 0x1B873593, 0xE6546B64


def murmur3(data: bytes, seed: int = 0) -> int:
    """Return MurmurHash3_x86_32, unsigned."""
    mixed = seed
    whole = len(data) & ~3
    for (block,) in struct.iter_unpack("<I", data[:whole]):
        mixed = _rotated(mixed ^ _scrambled(block), 13) * 5 + STEP & MASK
    mixed ^= _scrambled(int.from_bytes(data[whole:], "little")) ^ len(data)
    mixed = (mixed ^ mixed >> 16) * 0x85EBCA6B & MASK
    mixed = (mixed ^ mixed >> 13) * 0xC2B2AE35 & MASK
    return mixed ^ mixed >> 16


def _rotated(value: int, by: int) -> int:
    return (value << by | value >> 32 - by) & MASK


def _scrambled(block: int) -> int:
    return _rotated(block * C1 & MASK, 15) * C2 & MASK


def icon_hash(icon: bytes) -> int:
    """Return an icon's hash as its indexes write it: signed."""
    unsigned = murmur3(base64.encodebytes(icon))
    return unsigned - (1 << 32) if unsigned >> 31 else unsigned

"""The cookie: a keyed hash of both ends' addresses and ports, by which we know answers to our own probes.

It travels in the sequence number (and, four bits of it, in the choice of the source port), and comes back in
the acknowledgement number or in an ICMP error's quote, so no state is needed to tell a reply from noise.
After D. J. Bernstein's SYN cookies, turned round.

The hash is a chain of multiply and xor-shift steps on 64 bits (the finaliser family of MurmurHash3 and
SplitMix64), with the two halves of a 128-bit key mixed in before the steps. The key is new in each run. It
resists blind forging: who has not seen our probe guesses right once in 2^32 packets. It is no MAC: a target
that studies many cookies sent to itself might in theory learn the key and forge answers of others in the same
run. SipHash would resist that and costs five times as much.
"""

import numpy as np

from periplus.columns import U16, U32, U64
from periplus.space.address import Addresses

__all__ = ["NUMBER_STEP", "PORT_SHIFTS", "cookie", "port_shift"]

PORT_SHIFTS = 16
"""How many values `port_shift` has."""

NUMBER_STEP = 1 << 12
"""Where tries share a cookie, how far their numbers lie apart: 16 of them fill half of a cookie."""

_MASK_64 = (1 << 64) - 1
_HALF = np.uint64(32)
_PORT_BITS = np.uint64(16)
_PORT_SHIFT_DOMAIN = np.uint64(1 << 32)  # above both ports, so that the two hashes never have the same input
# Odd multipliers with well spread bits: the golden ratio and SplitMix64's two (Steele, Lea, Flood 2014).
_FIRST = np.uint64(0x9E3779B97F4A7C15)
_SECOND = np.uint64(0xBF58476D1CE4E5B9)
_THIRD = np.uint64(0x94D049BB133111EB)


def cookie(key: int, me: int | Addresses, them: Addresses, port_them: U16, port_me: U16) -> U32:
    """The cookies of n probes, u4[n]. `key` has 128 bits; `me` is one address (mapped) or a column of n."""
    ports = port_them.astype(np.uint64)
    ports <<= _PORT_BITS
    ports |= port_me
    return (_hash(key, me, them, ports) >> _HALF).astype(np.uint32)


def port_shift(key: int, me: int | Addresses, them: Addresses, port_them: U16) -> U16:
    """Which of 16 source ports a first try uses, u2[n] of 0..15, by the same hash under another domain."""
    ports = port_them.astype(np.uint64) | _PORT_SHIFT_DOMAIN
    return (_hash(key, me, them, ports) >> np.uint64(60)).astype(np.uint16)


def _hash(key: int, me: int | Addresses, them: Addresses, ports: U64) -> U64:
    high, low = np.uint64((key >> 64) & _MASK_64), np.uint64(key & _MASK_64)
    ours = Addresses.of_ints([me]) if isinstance(me, int) else me
    state = _stir(ours.hi ^ high, _FIRST)
    state = _stir(state + (ours.lo ^ low), _SECOND)
    state = _stir(state + (them.hi ^ high), _THIRD)
    state = _stir(state + (them.lo ^ low), _FIRST)
    state = _stir(state + (ports ^ high), _SECOND)
    state = _stir(state ^ low, _THIRD)
    return _stir(state, _FIRST)


def _stir(state: U64, multiplier: np.uint64) -> U64:
    """Spread every bit upwards by the product, then bring the upper half down; changes `state` in place."""
    state *= multiplier
    state ^= state >> _HALF
    return state

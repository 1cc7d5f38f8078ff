"""A keyed permutation of 0..size-1: in which order the probes of a space are sent.

Method: the generalised Feistel cipher on Z_a x Z_b of Black and Rogaway, "Ciphers with Arbitrary Finite
Domains" (CT-RSA 2002), sections "Generalized-Feistel" and "Cycle-walking". A number m is taken apart as
m = a * right + left. In turn, left gets a keyed function of right added modulo a, and right one of left
modulo b; each such round can be undone, so the whole is one-to-one on 0..a*b-1. The few results of at
least `size` are put through again until they fall inside, which keeps it one-to-one on 0..size-1.

With a near sqrt(size) and b = ceil(size / a), fewer than a numbers are too many: at most about one in
sqrt(size) walks. A walk costs a small batch as much as a whole pass, so of the first few a the one that
fits best is taken (1000 = 40 * 25 never walks). Nothing is stored, any position can be asked for alone,
and the inverse is as cheap. How many rounds a size wants was found by the tests for evenness.

Limits: this spreads load and makes runs repeatable; it is no cipher. The round function is a
multiply-xorshift mix, not a cryptographic one, and the key does not hide the order from an adversary.
"""

from math import isqrt

import numpy as np

from periplus.columns import I64, U64

__all__ = ["MOST", "Order"]

MOST = 1 << 62  # sizes go up to here: both halves then fit in 31 bits and their sums in 32
ROUNDS = ((1 << 20, 4), (1 << 8, 6), (0, 12))  # (least size, rounds): short halves mix less in a round
FACTORS = 64  # how many values of a are tried; more would make the halves uneven
CHUNK = 1 << 14  # elements worked on at once: five columns of them stay in a 1 MiB cache

_WORD = (1 << 64) - 1
_GOLDEN = 0x9E37_79B9_7F4A_7C15  # 2**64 divided by the golden ratio; keeps words of zero apart
_MIX_A = np.uint64(0x9FB2_1C65_1E98_DF25)  # odd multipliers with well-spread bits
_MIX_B = np.uint64(0xD6E8_FEB8_6659_FD93)
_HALF = np.uint64(32)


class Order:
    """A permutation of 0..size-1 chosen by an integer key of any width; immutable.

    A `tweak` is a further key for each element: equal tweaks share a permutation, different tweaks have
    independent ones. So one `Order` gives every host its own order of the ports.
    """

    __slots__ = ("_a", "_b", "_keys", "size")

    def __init__(self, size: int, key: int) -> None:
        if not 1 <= size <= MOST:
            raise ValueError(f"size {size} is not within 1..2**62")
        self.size = size
        a = _factor(size)
        self._a = np.uint64(a)
        self._b = np.uint64(-(-size // a))
        self._keys = _round_keys(key, next(rounds for least, rounds in ROUNDS if size >= least))

    def at(self, positions: U64 | I64, tweak: U64 | None = None) -> I64:
        """The elements at these positions (each 0..size-1), as i8 of equal length."""
        return self._all(positions, tweak, inverse=False)

    def position_of(self, indices: U64 | I64, tweak: U64 | None = None) -> I64:
        """The exact inverse of `at`: at which positions these elements stand."""
        return self._all(indices, tweak, inverse=True)

    def _all(self, numbers: U64 | I64, tweak: U64 | None, *, inverse: bool) -> I64:
        wide = numbers.astype(np.uint64, copy=False)
        out = np.empty(len(wide), np.uint64)
        for start in range(0, len(wide), CHUNK):
            part = slice(start, start + CHUNK)
            out[part] = self._walk(wide[part], None if tweak is None else _mix(tweak[part]), inverse=inverse)
        return out.view(np.int64)

    def _walk(self, numbers: U64, tweak: U64 | None, *, inverse: bool) -> U64:
        step = self._decrypt if inverse else self._encrypt
        out = step(numbers, tweak)
        outside = np.flatnonzero(out >= np.uint64(self.size))
        while len(outside):
            again = step(out[outside], None if tweak is None else tweak[outside])
            out[outside] = again
            outside = outside[again >= np.uint64(self.size)]
        return out

    def _encrypt(self, numbers: U64, tweak: U64 | None) -> U64:
        right = numbers // self._a
        left = numbers - right * self._a
        for turn, key in enumerate(self._keys):
            if turn % 2 == 0:
                _add(left, _keyed(right, key, tweak, self._a), self._a)
            else:
                _add(right, _keyed(left, key, tweak, self._b), self._b)
        right *= self._a
        right += left
        return right

    def _decrypt(self, numbers: U64, tweak: U64 | None) -> U64:
        right = numbers // self._a
        left = numbers - right * self._a
        for turn, key in reversed([*enumerate(self._keys)]):
            if turn % 2 == 0:
                _subtract(left, _keyed(right, key, tweak, self._a), self._a)
            else:
                _subtract(right, _keyed(left, key, tweak, self._b), self._b)
        right *= self._a
        right += left
        return right


def _factor(size: int) -> int:
    """The a from ceil(sqrt(size)) on, up to a third more, for which a * ceil(size / a) is the least."""
    root = isqrt(size - 1) + 1
    return min(range(root, root + max(1, min(root // 3, FACTORS))), key=lambda a: -size % a)


def _keyed(half: U64, key: np.uint64, tweak: U64 | None, modulus: np.uint64) -> U64:
    """The round function: a keyed mix of `half`, reduced to 0..modulus-1 by multiply and shift."""
    mixed = half ^ key
    if tweak is not None:
        mixed ^= tweak
    mixed *= _MIX_A
    mixed ^= mixed >> _HALF
    mixed *= _MIX_B
    mixed >>= _HALF
    mixed *= modulus  # below 2**32 * 2**31
    mixed >>= _HALF
    return mixed


def _add(half: U64, term: U64, modulus: np.uint64) -> None:
    """half = (half + term) mod modulus in place: below the modulus the subtraction wraps to a huge number."""
    half += term
    np.minimum(half, half - modulus, out=half)


def _subtract(half: U64, term: U64, modulus: np.uint64) -> None:
    """half = (half - term) mod modulus in place; a negative difference wraps, and the addition wraps back."""
    half -= term
    np.minimum(half, half + modulus, out=half)


def _mix(tweak: U64) -> U64:
    mixed = tweak.astype(np.uint64) * _MIX_A
    mixed ^= mixed >> _HALF
    mixed *= _MIX_B
    mixed ^= mixed >> _HALF
    return mixed


def _round_keys(key: int, rounds: int) -> tuple[np.uint64, ...]:
    """A key for each round by SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) over all words of the key."""
    state = 0
    rest = abs(key) * 2 + (key < 0)
    while rest:
        state = _splitmix(state + _GOLDEN ^ (rest & _WORD))
        rest >>= 64
    return tuple(np.uint64(_splitmix(state + turn * _GOLDEN)) for turn in range(1, rounds + 1))


def _splitmix(word: int) -> int:
    word &= _WORD
    word = (word ^ word >> 30) * 0xBF58_476D_1CE4_E5B9 & _WORD
    word = (word ^ word >> 27) * 0x94D0_49BB_1331_11EB & _WORD
    return word ^ word >> 31

"""MurmurHash3: vectors that its implementations share, and a plain twin on bytes."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from periplus.identify.http.murmur import icon_hash, murmur3

VECTORS = (
    (b"", 0, 0),
    (b"", 1, 0x514E28B7),
    (b"test", 0, 0xBA6BD213),
    (b"Hello, world!", 0, 0xC0363E43),
    (b"aaaa", 0x9747B28C, 0x5A97808A),
    (b"The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD),
)


def slowly(data: bytes, seed: int) -> int:
    """The same, word by word, as the reference has it."""

    def turned(x: int, r: int) -> int:
        return (x << r | x >> (32 - r)) % 2**32

    h = seed
    for at in range(0, len(data), 4):
        piece = data[at : at + 4]
        k = turned(int.from_bytes(piece, "little") * 0xCC9E2D51 % 2**32, 15) * 0x1B873593 % 2**32
        h ^= k
        if len(piece) == 4:
            h = (turned(h, 13) * 5 + 0xE6546B64) % 2**32
    h ^= len(data)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        h = (h ^ h >> shift) * factor % 2**32
    return h


def test_vectors() -> None:
    assert [murmur3(data, seed) for data, seed, _ in VECTORS] == [value for _, _, value in VECTORS]


@given(st.binary(max_size=50), st.integers(0, 2**32 - 1))
def test_it_agrees_with_the_slow_one(data: bytes, seed: int) -> None:
    assert murmur3(data, seed) == slowly(data, seed)


@given(st.binary(max_size=200))
def test_an_icons_hash_is_signed_and_of_base64_in_lines(icon: bytes) -> None:
    lines = base64.b64encode(icon).decode()
    broken = "".join(f"{lines[at : at + 76]}\n" for at in range(0, len(lines), 76))
    assert icon_hash(icon) % 2**32 == murmur3(broken.encode())
    assert -(2**31) <= icon_hash(icon) < 2**31

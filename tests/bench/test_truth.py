"""The hash that says what is open: vectors, a slow twin, shares, and that the C program is given the same numbers."""

import re
from pathlib import Path

import numpy as np
from bench.truth import FIRST, SECOND, SPREAD, WHOLE, Manner, keys, mixed, open_keys
from hypothesis import given
from hypothesis import strategies as st

from periplus.columns import U32

C = (Path(__file__).parents[2] / "bench" / "responder.c").read_text(encoding="utf-8")
BITS = 0xFFFFFFFF
FIRST_ADDRESS = 0xC6130000  # 198.19.0.0


def slowly_mixed(address: int, port: int) -> int:
    """The hash in plain numbers."""
    x = (address ^ (port * SPREAD)) & BITS
    x = ((x ^ (x >> 16)) * FIRST) & BITS
    x = ((x ^ (x >> 15)) * SECOND) & BITS
    return x ^ (x >> 16)


def addresses(count: int) -> U32:
    return np.arange(FIRST_ADDRESS, FIRST_ADDRESS + count, dtype=np.uint32)


def test_vectors() -> None:
    """Where the port is 0 this is lowbias32 of the address."""
    them = np.array([0, 1, FIRST_ADDRESS, FIRST_ADDRESS + 1], np.uint32)
    ports = np.array([0, 0, 80, 65_535], np.uint16)
    assert mixed(them, ports).tolist() == [0, 0x688990C0, 0x6A8C1901, 0x9346936F]


@given(st.integers(0, BITS), st.integers(0, 65_535))
def test_the_hash_is_that_of_its_slow_twin(address: int, port: int) -> None:
    assert mixed(np.array([address], np.uint32), np.array([port], np.uint16))[0] == slowly_mixed(
        address, port
    )


@given(st.integers(0, WHOLE), st.lists(st.integers(1, 65_535), min_size=1, max_size=5, unique=True))
def test_what_is_open_is_what_the_hash_says_one_by_one(open_below: int, ports: list[int]) -> None:
    them = addresses(40)
    expected = sorted(
        int(address) << 16 | port
        for address in them
        for port in ports
        if slowly_mixed(int(address), port) >> 16 < open_below
    )
    assert open_keys(them, np.array(ports, np.uint16), Manner(open_below, WHOLE)).tolist() == expected


def test_shares_are_about_what_is_asked() -> None:
    them, ports = addresses(WHOLE), np.array([80], np.uint16)
    assert abs(len(open_keys(them, ports, Manner.of(0.25, 0.5))) / WHOLE - 0.25) < 0.01
    assert abs(len(open_keys(them, ports, Manner.of(0.25, 0.5), ping=True)) / WHOLE - 0.75) < 0.01
    assert len(open_keys(them, ports, Manner.of(1.0, 0.0))) == WHOLE
    assert len(open_keys(them, ports, Manner.of(0.0, 1.0))) == 0


def test_a_key_tells_address_and_port() -> None:
    assert keys(np.array([FIRST_ADDRESS], np.uint32), np.array([443], np.uint16)).tolist() == [0xC613000001BB]


def test_the_program_in_c_mixes_in_the_same_order() -> None:
    body = re.search(r"__u32 mixed\(.*?\n}", C, re.DOTALL)
    assert body
    assert re.findall(r"x [*^]?= .*?;|return .*?;", body[0]) == [
        "x = address ^ (port * SPREAD);",
        "x ^= x >> 16;",
        "x *= FIRST;",
        "x ^= x >> 15;",
        "x *= SECOND;",
        "return x ^ (x >> 16);",
    ]

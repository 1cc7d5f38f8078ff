"""The cookie: its plain twin, its bits, and that every part of the four-tuple and of the key counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import number

from periplus.columns import U16
from periplus.space.address import Addresses
from periplus.wire.cookie import PORT_SHIFTS, cookie, port_shift

MASK = (1 << 64) - 1
MULTIPLIERS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
V4_ME = number("198.18.0.1")

addresses = st.integers(0, (1 << 32) - 1).map(lambda v4: 0xFFFF << 32 | v4) | st.integers(0, (1 << 128) - 1)
ports = st.integers(0, 0xFFFF)
keys = st.integers(0, (1 << 128) - 1)


def twin(key: int, me: int, them: int, domain: int) -> int:
    """The hash of one probe in Python's integers."""
    high, low = key >> 64, key & MASK
    first, second, third = MULTIPLIERS
    state = 0
    for summand, multiplier in (
        ((me >> 64) ^ high, first),
        ((me & MASK) ^ low, second),
        ((them >> 64) ^ high, third),
        ((them & MASK) ^ low, first),
        (domain ^ high, second),
    ):
        state = (state + summand) * multiplier & MASK
        state ^= state >> 32
    for mask, multiplier in ((low, third), (0, first)):
        state = (state ^ mask) * multiplier & MASK
        state ^= state >> 32
    return state


def column(*values: int) -> U16:
    return np.array(values, np.uint16)


@given(keys, addresses, st.lists(st.tuples(addresses, ports, ports), min_size=1, max_size=5))
def test_the_columns_agree_with_the_twin(key: int, me: int, probes: list[tuple[int, int, int]]) -> None:
    them, port_them, port_me = zip(*probes, strict=True)
    both = Addresses.of_ints(them), column(*port_them)
    expected = [twin(key, me, them, a << 16 | b) >> 32 for them, a, b in probes]
    assert cookie(key, me, *both, column(*port_me)).tolist() == expected
    shifts = [twin(key, me, them, 1 << 32 | port) >> 60 for them, port, _ in probes]
    assert port_shift(key, me, *both).tolist() == shifts


@given(keys, st.lists(st.tuples(addresses, addresses, ports), min_size=1, max_size=5))
def test_our_address_may_differ_from_row_to_row(key: int, probes: list[tuple[int, int, int]]) -> None:
    me, them, port = zip(*probes, strict=True)
    them_, port_ = Addresses.of_ints(them), column(*port)
    whole = cookie(key, Addresses.of_ints(me), them_, port_, port_)
    for i, one in enumerate(me):
        row = slice(i, i + 1)
        assert cookie(key, one, them_[row], port_[row], port_[row])[0] == whole[i]


def test_types_and_the_empty_batch() -> None:
    nobody, none = Addresses.of_ints([]), column()
    cookies, shifts = cookie(1, V4_ME, nobody, none, none), port_shift(1, V4_ME, nobody, none)
    assert (cookies.dtype.name, len(cookies)) == ("uint32", 0)
    assert (shifts.dtype.name, len(shifts)) == ("uint16", 0)


def test_inputs_are_left_as_they_were() -> None:
    them, port = Addresses.of_ints([V4_ME, 5]), column(1, 2)
    me = Addresses.of_ints([7, 8])
    cookie(1 << 100, me, them, port, port)
    assert (me.ints(), them.ints(), port.tolist()) == ([7, 8], [V4_ME, 5], [1, 2])


@pytest.mark.parametrize("part", ["key", "me", "them", "port_them", "port_me"])
def test_every_input_bit_flips_about_half_of_the_output_bits(part: str) -> None:
    rng = np.random.default_rng(2)
    n = 400
    given_: dict[str, int] = {"key": int.from_bytes(rng.bytes(16)), "me": V4_ME}
    them = Addresses.of_v4(rng.integers(0, 1 << 32, n, dtype=np.uint32))
    port_them, port_me = (rng.integers(0, 1 << 16, n, dtype=np.uint16) for _ in range(2))
    plain = cookie(given_["key"], given_["me"], them, port_them, port_me)
    for bit in range({"key": 128, "me": 128, "them": 128}.get(part, 16)):
        flip = 1 << bit
        high, low = np.uint64(flip >> 64), np.uint64(flip & MASK)
        changed = cookie(
            given_["key"] ^ (flip if part == "key" else 0),
            given_["me"] ^ (flip if part == "me" else 0),
            Addresses(them.hi ^ high, them.lo ^ low) if part == "them" else them,
            port_them ^ np.uint16(flip) if part == "port_them" else port_them,
            port_me ^ np.uint16(flip) if part == "port_me" else port_me,
        )
        share = np.bitwise_count(plain ^ changed).mean() / 32
        assert 0.47 < share < 0.53, f"bit {bit} of {part}: {share}"


def test_cookies_of_a_whole_network_spread_evenly_over_their_range() -> None:
    them = Addresses.of_v4(np.arange(0xC6120000, 0xC6130000, dtype=np.uint32))
    http = np.full(len(them), 80, np.uint16)
    values = cookie(12345, V4_ME, them, http, http)
    for shift in (0, 8, 16, 24):
        counts = np.bincount((values >> np.uint32(shift)) & np.uint32(0xFF), minlength=256)
        chi_square = float((((counts - 256) ** 2) / 256).sum())
        assert chi_square < 360  # 255 degrees of freedom: exceeded once in 50,000 by chance
    assert len(np.unique(values)) > 65_500


def test_port_shifts_use_all_their_values_alike() -> None:
    them = Addresses.of_v4(np.arange(0xC6120000, 0xC6130000, dtype=np.uint32))
    counts = np.bincount(port_shift(12345, V4_ME, them, np.full(len(them), 80, np.uint16)))
    assert len(counts) == PORT_SHIFTS
    assert counts.min() > 3850
    assert counts.max() < 4350

"""IP headers read anywhere in a batch: against the twin, and on words that make no sense."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.wire import twins
from tests.wire.twins import extension, ip4, ip6, number

from periplus.wire.network import CHAIN_MAX, choice, read_network_untrusted, word
from periplus.wire.problem import Problem

A4, B4 = number("198.18.0.1"), number("198.18.0.2")
A6, B6 = number("2001:db8::1"), number("2001:db8::2")


def test_choice_answers_for_every_byte_and_cannot_be_changed() -> None:
    table = choice(0, 44, 255)
    assert np.flatnonzero(table).tolist() == [0, 44, 255]
    assert not table.flags.writeable


def test_words_are_big_endian_and_clipped_at_the_end() -> None:
    words = np.frombuffer(bytes(range(12)), ">u4")
    at = np.array([0, 1, 2, 9], np.int64)
    assert word(words, at).tolist() == [0x00010203, 0x04050607, 0x08090A0B, 0x08090A0B]
    assert word(words, at, 1).tolist() == [0x04050607, 0x08090A0B, 0x08090A0B, 0x08090A0B]


def test_headers_of_both_families_are_found_where_they_are() -> None:
    chain = extension(60) + extension(6, 1) + bytes(20)
    first, second = ip4(A4, B4, 6, bytes(4), options=b"\1" * 8, ttl=9), ip6(A6, B6, 0, chain, ttl=8)
    words = np.frombuffer(bytes(8) + first + second, ">u4")
    at = np.array([2, 2 + len(first) // 4])
    read = read_network_untrusted(words, at, np.array([len(first), len(second)]), np.array([True, False]))
    assert read.problem.tolist() == [0, 0]
    assert read.protocol.tolist() == [6, 6]
    assert read.length.tolist() == [28, 40 + 8 + 16]
    assert (read.at - at).tolist() == [7, 16]
    assert read.room.tolist() == [4, 20]
    assert read.declared.tolist() == [len(first), len(second)]
    assert read.ttl.tolist() == [9, 8]
    assert read.source.ints() == [A4, A6]
    assert read.destination.ints() == [B4, B6]


def test_a_chain_of_the_longest_length_is_followed_and_one_more_is_not() -> None:
    problems = []
    for n in (CHAIN_MAX, CHAIN_MAX + 1):
        packet = ip6(A6, B6, 0, extension(0) * (n - 1) + extension(6) + bytes(20))
        words = np.frombuffer(packet, ">u4")
        read = read_network_untrusted(words, np.array([0]), np.array([len(packet)]), np.array([False]))
        problems.append(int(read.problem[0]))
    assert problems == [Problem.OK, Problem.TOO_MANY_HEADERS]


@given(
    st.lists(
        st.tuples(st.binary(min_size=96, max_size=96), st.integers(-8, 96), st.sampled_from([4, 6])),
        min_size=1,
        max_size=6,
    )
)
def test_any_bytes_any_room(rows: list[tuple[bytes, int, int]]) -> None:
    data, room, versions = zip(*rows, strict=True)
    # Half of random packets should get past the version.
    data = tuple(
        bytes([version << 4 | one[0] & 15]) + one[1:] for one, version in zip(data, versions, strict=True)
    )
    words = np.frombuffer(b"".join(data), ">u4")
    is_v4 = np.array([version == 4 for version in versions])
    read = read_network_untrusted(words, np.arange(len(rows)) * 24, np.array(room), is_v4)
    for i, (one, limit, version) in enumerate(zip(data, room, versions, strict=True)):
        expected = read_by_twin(one[: max(limit, 0)], version)
        assert read.problem[i] == expected[0]
        if expected[0] == Problem.OK:
            ours = (read.protocol[i], read.length[i], read.declared[i], read.ttl[i])
            ends = read.source.ints()[i], read.destination.ints()[i]
            assert (*ours, *ends, read.ident[i]) == expected[1:]


def read_by_twin(data: bytes, version: int) -> tuple[int, ...]:
    try:
        return (Problem.OK, *twins.read_ip(data, version))
    except twins.BadError as bad:
        return (bad.problem,)

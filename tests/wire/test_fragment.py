"""Fragments against a plain twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP
from tests.wire.twins import ip4, number

from periplus.space.address import Addresses
from periplus.wire.fragment import FragmentMaker, fragments, maker_for
from periplus.wire.lane import Lane, Link
from periplus.wire.question import Questions
from periplus.wire.shape import PLAIN, Shape
from periplus.wire.tcp import SYN, TcpMaker, TcpProbe

ME, THEM = number("198.18.0.1"), number("198.18.0.2")
ETHERNET = b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0"


def twin(packet: bytes, size: int) -> list[bytes]:
    """The fragments of one packet, field by field."""
    body = packet[20:]
    if len(body) <= size:
        return [packet]
    ident = int.from_bytes(packet[4:6])
    return [
        ip4(
            ME,
            THEM,
            packet[9],
            body[at : at + size],
            ident=ident,
            flags_offset=at // 8 | (0x2000 if at + size < len(body) else 0),
        )
        for at in range(0, len(body), size)
    ]


@given(
    bodies=st.integers(0, 90).flatmap(
        lambda n: st.lists(st.binary(min_size=n, max_size=n), min_size=1, max_size=5)
    ),
    size=st.sampled_from([8, 16, 24, 64]),
    link=st.sampled_from([b"", ETHERNET]),
    fill=st.booleans(),
)
def test_fragments_are_those_of_the_twin(bodies: list[bytes], size: int, link: bytes, fill: bool) -> None:
    packets = [ip4(ME, THEM, 6, body, ident=row + 7) for row, body in enumerate(bodies)]
    frames = np.array([list(link + packet) for packet in packets], np.uint8)
    found: dict[int, list[bytes]] = {row: [] for row in range(len(packets))}
    made = fragments(frames, len(link), size, fill)
    for pieces, rows in made:
        for piece, row in zip(pieces, rows.tolist(), strict=True):
            whole = piece.tobytes()
            length = int.from_bytes(whole[len(link) + 2 : len(link) + 4])
            assert whole[: len(link)] == link
            assert fill or len(whole) == len(link) + length
            assert not any(whole[len(link) + length :])
            found[row].append(whole[len(link) : len(link) + length])
    assert found == {row: twin(packet, size) for row, packet in enumerate(packets)}
    if fill:
        assert len(made) == 1
        assert made[0][1].tolist() == sorted(made[0][1].tolist())


@pytest.mark.parametrize("link", [Link.BARE, Link.LOCAL])
def test_a_probe_survives(link: Link) -> None:
    lane, asked = Lane(3, "tun0", link, ME, b"", 1500), 4
    questions = Questions(
        Addresses.of_ints([THEM] * asked),
        np.full(asked, 80, np.uint16),
        np.full(asked, 50_000, np.uint16),
        np.arange(asked, dtype=np.uint32),
        np.arange(asked, dtype=np.uint16),
        np.zeros((asked, 6), np.uint8),
    )
    probe = TcpProbe(SYN)
    shape = Shape(data=b"12345", fragment=16)
    made = maker_for(probe, lane, shape).make(questions)
    pieces = sorted(
        (IP(piece.tobytes()) for frames, _ in made for piece in frames),
        key=lambda piece: (int(piece.id), int(piece.frag)),
    )
    [(whole, _)] = probe.maker(lane, shape).make(questions)
    bodies = [bytes(piece.payload)[: piece.len - 20] for piece in pieces]
    together = [first + second for first, second in zip(bodies[::2], bodies[1::2], strict=True)]
    assert together == [frame[20:].tobytes() for frame in whole]
    assert [rows.tolist() for _, rows in made] == (
        [[0, 0, 1, 1, 2, 2, 3, 3]] if link is Link.BARE else [[*range(4)]] * 2
    )


def test_without_a_size_nothing_is_cut_and_ipv6_never() -> None:
    lane = Lane(3, "tun0", Link.BARE, ME, b"", 1500)
    assert isinstance(maker_for(TcpProbe(SYN), lane, PLAIN), TcpMaker)
    six = Lane(3, "tun0", Link.BARE, number("2001:db8::1"), b"", 1500)
    with pytest.raises(ValueError, match="tun0"):
        FragmentMaker(TcpProbe(SYN).maker(six, PLAIN), six, 8)

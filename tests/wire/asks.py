"""Questions for the tests of makers, and the frame that a plain twin puts around a payload."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from tests.wire.twins import ip4, ip6, number

from periplus.space.address import Addresses
from periplus.wire.lane import Lane, Link
from periplus.wire.question import Maker, Questions

MAC_ME = bytes.fromhex("020000000001")
MAC_THEM = bytes.fromhex("020000000002")
ME = {4: number("198.18.0.1"), 6: number("2001:db8::1")}
THEM = {4: "198.18.7.9", 6: "2001:db8::7:9"}


class Ask(NamedTuple):
    """One question."""

    them: int
    port_them: int
    port_me: int
    number: int
    ip_id: int
    mac: bytes = MAC_THEM


def lane(version: int, link: Link = Link.ETHERNET) -> Lane:
    return Lane(2, "eth0", link, ME[version], MAC_ME if link is Link.ETHERNET else b"", 1500)


def questions(asks: Sequence[Ask]) -> Questions:
    """The same as columns."""
    them, port_them, port_me, numbers, ip_id, macs = zip(*asks, strict=True) if asks else ((),) * 6
    return Questions(
        Addresses.of_ints(them),
        np.array(port_them, np.uint16),
        np.array(port_me, np.uint16),
        np.array(numbers, np.uint32),
        np.array(ip_id, np.uint16),
        np.frombuffer(b"".join(macs), np.uint8).reshape(-1, 6),
    )


def asks(version: int, ports: st.SearchStrategy[int] | None = None) -> st.SearchStrategy[list[Ask]]:
    """Any questions to that family."""
    v4 = st.integers(0, (1 << 32) - 1).map(lambda low: 0xFFFF << 32 | low)
    v6 = st.integers(1 << 64, (1 << 128) - 1)
    half, word = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
    mac = st.binary(min_size=6, max_size=6)
    one = st.builds(Ask, v4 if version == 4 else v6, half if ports is None else ports, half, word, half, mac)
    return st.lists(one, min_size=1, max_size=5)


def framed(lane: Lane, protocol: int, ttl: int, ask: Ask, payload: bytes) -> bytes:
    """A payload in an IP packet, in an Ethernet frame where the lane has those."""
    ip = ip4 if lane.is_v4 else ip6
    ethertype = b"\x08\0" if lane.is_v4 else b"\x86\xdd"
    packet = ip(lane.ip_me, ask.them, protocol, payload, ttl=ttl, ident=ask.ip_id)
    return (ask.mac + MAC_ME + ethertype if lane.header else b"") + packet


def made(maker: Maker, chosen: Sequence[Ask]) -> list[tuple[int, bytes]]:
    """Every frame with the number of its question, sorted."""
    return sorted(
        (int(row), frame.tobytes())
        for frames, rows in maker.make(questions(chosen))
        for frame, row in zip(frames, rows, strict=True)
    )


def check_twin(maker: Maker, chosen: Sequence[Ask], twin: Callable[[Ask], Sequence[bytes]]) -> None:
    """The maker's frames are those that the twin gives for each question."""
    assert made(maker, chosen) == sorted(
        (row, frame) for row, one in enumerate(chosen) for frame in twin(one)
    )

"""Frames of any protocol's payload against the plain twin: headers, fields and the sums handed on."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.twins import checksum, ip4, ip6, number, packed

from periplus.space.address import Addresses
from periplus.wire.checksum import finish
from periplus.wire.ipframes import IpFrames
from periplus.wire.lane import Lane, Link

MAC_ME = bytes.fromhex("020000000001")
ME = {4: number("198.18.0.1"), 6: number("2001:db8::1")}
FIELDS = {"word": (">u4", 1)}
ADDRESSES = {
    4: st.integers(0, (1 << 32) - 1).map(lambda low: 0xFFFF << 32 | low),
    6: st.integers(1 << 64, (1 << 128) - 1),
}


class Target(NamedTuple):
    """What differs from frame to frame; `word` stands at the payload's second byte."""

    them: int
    ip_id: int
    mac: bytes
    word: int


def lane(version: int, link: Link = Link.ETHERNET) -> Lane:
    return Lane(2, "eth0", link, ME[version], MAC_ME if link is Link.ETHERNET else b"", 1500)


def build(frames: IpFrames, targets: Sequence[Target]) -> tuple[list[bytes], list[int]]:
    """The frames, and the checksum that follows from the sums handed out."""
    them, ip_id, macs, words = zip(*targets, strict=True)
    mac_them = np.frombuffer(b"".join(macs), np.uint8).reshape(-1, 6)
    built, cells, sums = frames.copies(Addresses.of_ints(them), np.array(ip_id, np.uint16), mac_them)
    cells["word"] = np.array(words, np.uint32)
    assert built.flags.c_contiguous
    assert built.shape == (len(targets), frames.width)
    return [row.tobytes() for row in built], finish(sums).tolist()


def twin(lane: Lane, protocol: int, payload: bytes, ttl: int, target: Target) -> bytes:
    body = payload[:1] + target.word.to_bytes(4) + payload[5:]
    if lane.is_v4:
        packet = ip4(lane.ip_me, target.them, protocol, body, ttl=ttl, ident=target.ip_id)
    else:
        packet = ip6(lane.ip_me, target.them, protocol, body, ttl=ttl, ident=target.ip_id)
    ethertype = b"\x08\0" if lane.is_v4 else b"\x86\xdd"
    return (target.mac + MAC_ME + ethertype if lane.header else b"") + packet


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("link", list(Link))
@given(data=st.data())
def test_every_frame_agrees_with_the_twin(version: int, link: Link, data: st.DataObject) -> None:
    mac, half, word = st.binary(min_size=6, max_size=6), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
    one = st.builds(Target, ADDRESSES[version], half, mac, word)
    protocol, ttl = data.draw(st.integers(0, 255)), data.draw(st.integers(0, 255))
    payload = data.draw(st.binary(min_size=5, max_size=60))
    chosen = data.draw(st.lists(one, min_size=1, max_size=5))
    frames = IpFrames(lane(version, link), protocol, payload, FIELDS, ttl)
    built, sums = build(frames, chosen)
    assert built == [twin(lane(version, link), protocol, payload, ttl, target) for target in chosen]
    assert sums == [checksum(packed(target.them)) for target in chosen]
    assert frames.payload == frames.width - len(payload)


@pytest.mark.parametrize("version", [4, 6])
def test_one_address_of_the_other_family_is_an_error(version: int) -> None:
    targets = [Target(ME[version], 1, bytes(6), 0), Target(ME[10 - version], 1, bytes(6), 0)]
    with pytest.raises(ValueError, match="other family"):
        build(IpFrames(lane(version), 132, bytes(8), FIELDS, 64), targets)


def test_an_ethernet_lane_without_hardware_addresses_is_an_error() -> None:
    one = np.array([1], np.uint16)
    with pytest.raises(ValueError, match="hardware addresses"):
        IpFrames(lane(4), 132, bytes(8), FIELDS, 64).copies(Addresses.of_ints([ME[4]]), one, None)


@pytest.mark.parametrize("link", [Link.BARE, Link.LOCAL])
def test_lanes_without_link_layer_need_none(link: Link) -> None:
    one = np.array([1], np.uint16)
    built, _, _ = IpFrames(lane(4, link), 132, bytes(8), FIELDS, 64).copies(
        Addresses.of_ints([ME[4]]), one, None
    )
    assert built[0, 0] == 0x45

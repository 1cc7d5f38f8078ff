"""What a lane says of itself."""

import pytest
from tests.wire.twins import number

from periplus.wire.lane import Lane, Link


@pytest.mark.parametrize(
    ("link", "address", "is_v4", "header"),
    [
        (Link.ETHERNET, "198.18.0.1", True, 14),
        (Link.ETHERNET, "2001:db8::1", False, 14),
        (Link.BARE, "198.18.0.1", True, 0),
        (Link.LOCAL, "::1", False, 0),
    ],
)
def test_family_and_link_header(link: Link, address: str, is_v4: bool, header: int) -> None:
    mac = bytes.fromhex("020000000001") if link is Link.ETHERNET else b""
    lane = Lane(2, "eth0", link, number(address), mac, 1500)
    assert (lane.is_v4, lane.header) == (is_v4, header)


def test_an_ethernet_lane_without_hardware_address_is_refused() -> None:
    with pytest.raises(ValueError, match="eth0"):
        Lane(2, "eth0", Link.ETHERNET, number("198.18.0.1"), b"", 1500)

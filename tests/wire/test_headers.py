"""Headers of templates, against headers packed field by field."""

import pytest
from tests.wire.twins import checksum, ip6, number, packed, transport_checksum

from periplus.wire.headers import ethernet, ip, ip_bytes, pseudo_sum

V4, V6 = number("198.18.0.1"), number("2001:db8::1")


def test_an_ethernet_header() -> None:
    assert ethernet(b"\x02" * 6, 0x86DD, b"\x04" * 6) == b"\x04" * 6 + b"\x02" * 6 + b"\x86\xdd"
    assert ethernet(b"\x02" * 6, 0x0800)[:6] == bytes(6)


def test_an_ipv4_header_has_no_destination_id_or_checksum_yet() -> None:
    expected = "4500 002c 0000 4000 40 06 0000 c6120001 00000000"
    assert ip(V4, 6, 24, 64) == bytes.fromhex(expected)


def test_an_ipv6_header_has_no_destination_yet() -> None:
    assert ip(V6, 58, 32, 255) == ip6(V6, 0, 58, bytes(32), ttl=255)[:40]


@pytest.mark.parametrize("address", [V4, V6])
def test_the_pseudo_header_sum_lacks_only_the_destination_and_the_segment(address: int) -> None:
    assert ip_bytes(address) == packed(address)
    total = pseudo_sum(address, 6, 20)
    nobody = number("0.0.0.0") if address == V4 else 0
    assert checksum(total.to_bytes(8)) == transport_checksum(address, nobody, 6, bytes(20))

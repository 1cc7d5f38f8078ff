"""Both requests, field by field; neither maps a port."""

from ipaddress import IPv6Address

from tests.payload.reading import data, fields


def test_nat_pmp_asks_for_the_outer_address() -> None:
    assert fields("!BB", data("nat-pmp")) == (0, 0)


def test_pcp_announces() -> None:
    version, opcode, reserved, lifetime, client = fields("!BBHI16s", data("pcp"))
    assert (version, opcode, reserved, lifetime) == (2, 0, 0, 0)
    assert isinstance(client, bytes)
    assert str(IPv6Address(client).ipv4_mapped) == "0.0.0.0"

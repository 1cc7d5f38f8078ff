"""The hard reset, field by field."""

from tests.payload.reading import data, fields


def test_it_resets_with_key_0_acknowledges_nothing_and_is_the_first_packet() -> None:
    opcode_key, session, acks, packet = fields("!B8sBI", data("openvpn"))
    assert opcode_key == 7 << 3
    assert session != bytes(8)
    assert (acks, packet) == (0, 0)

"""Both messages, field by field."""

from tests.payload.reading import data, fields


def test_a_server_is_asked_for_its_status() -> None:
    assert fields("<BBI", data("edonkey-server")) == (0xE3, 0x96, 0x50657269)


def test_a_node_is_pinged() -> None:
    assert fields("BB", data("kademlia")) == (0xE4, 0x60)

"""The ping, byte by byte as MessagePack has it."""

from tests.payload.reading import data


def test_a_ping_to_no_name() -> None:
    kind, container, *rest = data("memberlist")
    assert (kind, container) == (0, 0x80 | 2)
    assert bytes(rest) == b"\xa5SeqNo\x01\xa4Node\xa0"

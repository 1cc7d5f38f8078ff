"""The long header, field by field."""

import struct

from tests.payload.reading import data


def test_it_asks_for_versions_and_is_as_large_as_a_first_packet() -> None:
    message = data("quic")
    first, version, to_size, to_them, from_size, from_me = struct.unpack_from("!BIB8sB8s", message)
    assert first & 0x80
    assert version & 0x0F0F0F0F == 0x0A0A0A0A
    assert (to_size, from_size) == (8, 8)
    assert to_them != from_me
    assert len(message) == 1200
    assert not any(message[23:])

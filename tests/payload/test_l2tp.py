"""The request for a control connection: header by scapy, attributes by walking them."""

import struct

from scapy.layers.l2tp import L2TP
from tests.payload.reading import data


def attributes(body: bytes) -> dict[int, bytes]:
    found = {}
    while body:
        flags_size, vendor, kind = struct.unpack_from("!3H", body)
        size = flags_size & 0x3FF
        assert (flags_size >> 10, vendor) == (0x20, 0)  # mandatory, not hidden, of the IETF
        assert 6 < size <= len(body)
        found[kind] = body[6:size]
        body = body[size:]
    return found


def test_the_attributes_that_must_be_there_are() -> None:
    packet = L2TP(data("l2tp"))
    assert (packet.version, packet.len, packet.tunnel_id, packet.session_id) == (2, len(data("l2tp")), 0, 0)
    assert (packet.ns, packet.nr) == (0, 0)
    assert data("l2tp")[:2] == b"\xc8\x02"
    found = attributes(data("l2tp")[12:])
    assert found.keys() == {0, 2, 3, 7, 9}
    assert (found[0], found[2], found[7]) == (b"\0\x01", b"\x01\0", b"periplus")
    assert found[9] != bytes(2)

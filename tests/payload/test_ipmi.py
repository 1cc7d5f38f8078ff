"""RMCP headers, lengths and checksums."""

import struct

from tests.payload.reading import data, fields


def test_the_ping_is_asf_s() -> None:
    version, _, sequence, kind, iana, message, tag, _, size = fields("!4BI4B", data("asf-ping"))
    assert (version, sequence, kind) == (6, 0xFF, 6)
    assert (iana, message, size) == (4542, 0x80, 0)
    assert tag != 0xFF


def test_the_request_stands_outside_any_session_and_its_checksums_are_right() -> None:
    header, session, message = data("ipmi")[:4], data("ipmi")[4:14], data("ipmi")[14:]
    assert header == bytes([6, 0, 0xFF, 7])
    assert struct.unpack("!BIIB", session) == (0, 0, 0, len(message))
    assert sum(message[:3]) % 256 == sum(message[3:]) % 256 == 0
    assert (message[0], message[1], message[5]) == (0x20, 0x18, 0x38)
    assert message[6:8] == bytes([0x8E, 4])

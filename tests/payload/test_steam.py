"""The questions, field by field."""

import struct

from tests.payload.reading import data


def test_facts_are_asked_for_in_both_ways() -> None:
    assert data("source-engine") == b"\xff" * 4 + b"TSource Engine Query\0"
    assert data("half-life") == b"\xff" * 4 + b"details\0"


def test_the_streaming_search_has_two_sized_messages_of_numbers() -> None:
    message = data("steam-streaming")
    assert message[:8] == bytes.fromhex("ffffffff214c5fa0")
    parts, rest = [], message[8:]
    while rest:
        (size,) = struct.unpack_from("<I", rest)
        parts.append(rest[4 : 4 + size])
        assert len(parts[-1]) == size
        rest = rest[4 + size :]
    read = [
        {key >> 3: (key & 7, number) for key, number in zip(*[iter(part)] * 2, strict=True)} for part in parts
    ]
    assert read == [{1: (0, 1), 2: (0, 0)}, {1: (0, 1)}]

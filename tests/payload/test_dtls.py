"""The client's first message, read to its last byte: record, fragment, and the message of TLS in it."""

import struct

from tests.payload.reading import data

EMPTY = b""


def vector(message: bytes, width: int) -> tuple[bytes, bytes]:
    """Return what stands behind a length of so many bytes, and the rest."""
    end = width + int.from_bytes(message[:width], "big")
    assert end <= len(message)
    return message[width:end], message[end:]


def numbers(them: bytes) -> list[int]:
    return [number for (number,) in struct.iter_unpack("!H", them)]


def body() -> bytes:
    """Return the message without record and fragment."""
    kind, version, epoch, high, low, size = struct.unpack_from("!BHHIHH", data("dtls"))
    fragment = data("dtls")[13:]
    assert (kind, version, epoch, high, low, size) == (22, 0xFEFF, 0, 0, 0, len(fragment))
    assert fragment[1:4] == fragment[9:12] == (len(fragment) - 12).to_bytes(3, "big")
    assert (fragment[0], fragment[4:9]) == (1, bytes(5))
    return fragment[12:]


def test_all_lengths_agree() -> None:
    assert body()[:2] == b"\xfe\xfd"
    session, rest = vector(body()[34:], 1)
    cookie, rest = vector(rest, 1)
    suites, rest = vector(rest, 2)
    compressions, rest = vector(rest, 1)
    assert (session, cookie, compressions) == (EMPTY, EMPTY, b"\0")
    assert {0xC02B, 0xC02F, 0xC0A8, 0xC0AE, 0x002F} <= set(numbers(suites))
    extensions, rest = vector(rest, 2)
    assert rest == EMPTY
    found = {}
    while extensions:
        kind = int.from_bytes(extensions[:2], "big")
        found[kind], extensions = vector(extensions[2:], 2)
    assert found.keys() == {10, 11, 13, 0xFF01}
    assert vector(found[10], 2)[1] == vector(found[13], 2)[1] == EMPTY
    assert numbers(vector(found[10], 2)[0]) == [29, 23, 24]
    assert (found[11], found[0xFF01]) == (b"\x01\0", b"\0")

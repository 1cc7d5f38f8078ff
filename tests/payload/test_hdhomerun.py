"""Length, fields and checksum, this computed bit by bit."""

from tests.payload.reading import data, fields


def slow_crc32(message: bytes) -> int:
    remainder = 0xFFFFFFFF
    for byte in message:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0xEDB88320 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def test_any_device_is_asked_and_the_checksum_is_right() -> None:
    message = data("hdhomerun")
    assert fields("!HHBBIBBI", message[:-4]) == (2, len(message) - 8, 1, 4, 2**32 - 1, 2, 4, 2**32 - 1)
    assert int.from_bytes(message[-4:], "little") == slow_crc32(message[:-4])

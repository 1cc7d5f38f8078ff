"""The Basic Encoding Rules as far as questions need them: definite lengths, low tag numbers (X.690, section 8)."""

__all__ = ["integer", "octets", "oid", "sequence", "tlv"]

INTEGER, OCTET_STRING, OBJECT_IDENTIFIER, SEQUENCE = 0x02, 0x04, 0x06, 0x30


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return one element: tag, length, and the parts in a row."""
    value = b"".join(parts)
    size = len(value)
    if size < 0x80:
        return bytes([tag, size]) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + value


def integer(number: int, tag: int = INTEGER) -> bytes:
    """Return a number that is not negative, with the zero byte that keeps it so."""
    return tlv(tag, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def octets(value: bytes, tag: int = OCTET_STRING) -> bytes:
    """Return a string of bytes."""
    return tlv(tag, value)


def sequence(*parts: bytes) -> bytes:
    """Return the parts as one sequence."""
    return tlv(SEQUENCE, *parts)


def oid(dotted: str) -> bytes:
    """Return an object identifier; its first two numbers share a byte, the others are written in base 128."""
    first, second, *others = map(int, dotted.split("."))
    return tlv(OBJECT_IDENTIFIER, bytes([40 * first + second]), *map(base_128, others))


def base_128(number: int) -> bytes:
    """Return the number seven bits a byte, the highest first, with the top bit set in all but the last."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.insert(0, 0x80 | number & 0x7F)
    return bytes(digits)

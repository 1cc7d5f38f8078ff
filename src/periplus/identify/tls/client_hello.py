"""A client's hello, byte by byte: any versions, cipher suites in any order, any extensions.

RFC 8446 section 4.1.2 (and 5246, 7.4.1.2, for what came before); each extension names its own section. A library's
client offers what it can speak; to find out what a server speaks one must offer more than that, and other things.

Nobody goes on after the server's answer, so a key share needs no secret behind it: any 32 bytes will do for X25519.
"""

import hashlib
from collections.abc import Callable, Sequence
from itertools import count

__all__ = ["Draw", "alpn", "bare", "client_hello", "draws", "extension", "groups", "key_share", "psk_modes",
           "server_name", "signature_schemes", "supported_versions"]  # fmt: skip

HANDSHAKE, CLIENT_HELLO = 22, 1
SERVER_NAME, GROUPS, SIGNATURES, ALPN, VERSIONS, PSK_MODES, KEY_SHARE = 0, 10, 13, 16, 43, 45, 51
NO_COMPRESSION = b"\x01\x00"
DRAWN = 32
Draw = Callable[[int], bytes]


def draws(nonce: bytes) -> Draw:
    """Return what gives new bytes at each call, all of them following from the nonce."""
    turn = count()
    return lambda size: hashlib.shake_128(next(turn).to_bytes(8, "big") + nonce).digest(size)


def client_hello(
    version: int, suites: Sequence[int], extensions: Sequence[bytes], draw: Draw, record: int | None = None
) -> bytes:
    """Return the hello in its record. `version` is the field of old; `record`: the record's, if it is another."""
    random, session = draw(DRAWN), draw(DRAWN)
    body = (
        _two(version)
        + random
        + _sized(1, session)
        + _sized(2, _numbers(suites))
        + NO_COMPRESSION
        + (_sized(2, b"".join(extensions)) if extensions else b"")
    )
    message = bytes([CLIENT_HELLO]) + _sized(3, body)
    return bytes([HANDSHAKE]) + _two(version if record is None else record) + _sized(2, message)


def extension(number: int, data: bytes) -> bytes:
    """Return any extension (RFC 8446 section 4.2)."""
    return _two(number) + _sized(2, data)


def bare(number: int) -> bytes:
    """Return an extension that says something by being there."""
    return extension(number, b"")


def server_name(name: str) -> bytes:
    """RFC 6066 section 3; an address is no such name, though some send it."""
    return extension(
        SERVER_NAME, _sized(2, b"\0" + _sized(2, name.encode("ascii" if name.isascii() else "idna")))
    )


def groups(numbers: Sequence[int]) -> bytes:
    """RFC 8446 section 4.2.7."""
    return extension(GROUPS, _sized(2, _numbers(numbers)))


def signature_schemes(numbers: Sequence[int]) -> bytes:
    """RFC 8446 section 4.2.3."""
    return extension(SIGNATURES, _sized(2, _numbers(numbers)))


def alpn(names: Sequence[str]) -> bytes:
    """RFC 7301 section 3.1."""
    return extension(ALPN, _sized(2, b"".join(_sized(1, name.encode("ascii")) for name in names)))


def supported_versions(numbers: Sequence[int]) -> bytes:
    """RFC 8446 section 4.2.1."""
    return extension(VERSIONS, _sized(1, _numbers(numbers)))


def psk_modes(numbers: Sequence[int]) -> bytes:
    """RFC 8446 section 4.2.9."""
    return extension(PSK_MODES, _sized(1, bytes(numbers)))


def key_share(shares: Sequence[tuple[int, bytes]]) -> bytes:
    """RFC 8446 section 4.2.8; with no share at all the server is asked to name its group."""
    return extension(KEY_SHARE, _sized(2, b"".join(_two(group) + _sized(2, key) for group, key in shares)))


def _two(number: int) -> bytes:
    return number.to_bytes(2, "big")


def _numbers(numbers: Sequence[int]) -> bytes:
    return b"".join(map(_two, numbers))


def _sized(size: int, data: bytes) -> bytes:
    return len(data).to_bytes(size, "big") + data

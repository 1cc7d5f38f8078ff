"""What a server's hello says: version, cipher suite, extensions in their order, key exchange group.

RFC 8446 (sections 4.1.3, 4.2, 5.1) and RFC 5246 (section 7.4). Records are put together first, as a message may
lie in several and a record may hold several. Of TLS 1.2 and before the certificate and the key exchange follow
in plain text; the group is read from there.

Limits: what is encrypted is not read; of a hello retry only the second hello counts.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from periplus.errors import BadReply

__all__ = [
    "CERTIFICATE",
    "ENCRYPTED_EXTENSIONS",
    "GROUPS",
    "SERVER_HELLO",
    "VERSIONS",
    "Alert",
    "ServerHello",
    "alert_untrusted",
    "dh_bits_untrusted",
    "messages_untrusted",
    "server_hello_untrusted",
    "split_untrusted",
]

VERSIONS = {0x0300: "SSLv3", 0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}
# IANA's TLS Supported Groups; those that join a lattice with a curve stand up to quantum computers.
GROUPS = {
    0x0017: "secp256r1", 0x0018: "secp384r1", 0x0019: "secp521r1", 0x001D: "x25519", 0x001E: "x448",
    0x001A: "brainpoolP256r1", 0x001B: "brainpoolP384r1", 0x001C: "brainpoolP512r1",
    0x0100: "ffdhe2048", 0x0101: "ffdhe3072", 0x0102: "ffdhe4096", 0x0103: "ffdhe6144", 0x0104: "ffdhe8192",
    0x11EB: "SecP256r1MLKEM768", 0x11EC: "X25519MLKEM768", 0x11ED: "SecP384r1MLKEM1024",
    0x6399: "X25519Kyber768Draft00",
}  # fmt: skip
ALERT, HANDSHAKE = 21, 22
SERVER_HELLO, ENCRYPTED_EXTENSIONS, CERTIFICATE, KEY_EXCHANGE = 2, 8, 11, 12
SUPPORTED_VERSIONS, KEY_SHARE, ALPN = 43, 51, 16
NAMED_CURVE = 3
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
ENCRYPTED_FROM = 0x0304
MOST_MESSAGE = 1 << 18


@dataclass(frozen=True, slots=True)
class ServerHello:
    """A server's hello: `version`, `cipher` and `group` as numbers of the wire, `extensions` in its order."""

    version: int
    cipher: int
    extensions: tuple[int, ...]
    alpn: str | None = None
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """Why a server ends it (RFC 8446 section 6)."""

    level: int
    description: int


def messages_untrusted(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield handshake messages (type, body) in the records of a stream, as far as they are plain and whole."""
    stream = bytearray()
    while len(data) >= 5:
        kind, length = data[0], int.from_bytes(data[3:5], "big")
        if kind != HANDSHAKE or len(data) < 5 + length:
            break
        stream += data[5 : 5 + length]
        data = data[5 + length :]
    yield from split_untrusted(bytes(stream))


def split_untrusted(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield handshake messages (type, body) that stand one behind the other, as far as they are whole."""
    stream = bytearray(data)
    while len(stream) >= 4:
        length = int.from_bytes(stream[1:4], "big")
        if length > MOST_MESSAGE or len(stream) < 4 + length:
            return
        yield stream[0], bytes(stream[4 : 4 + length])
        del stream[: 4 + length]


def alert_untrusted(data: bytes) -> Alert | None:
    """Return the alert that a stream begins with, if it does."""
    if len(data) < 7 or data[0] != ALERT or data[3:5] != b"\0\2":
        return None
    return Alert(data[5], data[6])


def server_hello_untrusted(data: bytes) -> ServerHello:
    """Return the hello in a server's bytes; raises BadReply where there is none."""
    found: ServerHello | None = None
    for kind, body in messages_untrusted(data):
        if kind == SERVER_HELLO and (found is None or body[2:34] != RETRY):
            found = _hello_untrusted(body)
        elif (
            kind == KEY_EXCHANGE and found is not None and body[:1] == bytes([NAMED_CURVE]) and len(body) > 3
        ):
            group = int.from_bytes(body[1:3], "big")
            found = ServerHello(found.version, found.cipher, found.extensions, found.alpn, group)
    if found is None:
        raise BadReply("no TLS server hello")
    return found


def dh_bits_untrusted(data: bytes) -> int | None:
    """Return how long the prime is with which a server's key exchange in a finite field begins, if there is one."""
    for kind, body in messages_untrusted(data):
        if kind == KEY_EXCHANGE:
            prime = body[2 : 2 + int.from_bytes(body[:2], "big")]
            return int.from_bytes(prime, "big").bit_length() or None
    return None


def _hello_untrusted(body: bytes) -> ServerHello:
    try:
        legacy, session = struct.unpack_from("!H32xB", body)
        (cipher,) = struct.unpack_from("!H", body, 35 + session)
        extensions = dict(_extensions_untrusted(body[38 + session :]))
        version = _number(extensions.get(SUPPORTED_VERSIONS)) or legacy
        group = _number(extensions.get(KEY_SHARE, b"")[:2])
    except struct.error:
        raise BadReply("the TLS server hello is cut short") from None
    return ServerHello(version, cipher, tuple(extensions), _alpn(extensions.get(ALPN)), group)


def _extensions_untrusted(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield extensions of a block that begins with its length; none where there is no block."""
    if len(block) < 2:
        return
    block = block[2 : 2 + int.from_bytes(block[:2], "big")]
    while len(block) >= 4:
        number, length = struct.unpack_from("!HH", block)
        if len(block) < 4 + length:
            raise BadReply("a TLS extension is cut short")
        yield number, block[4 : 4 + length]
        block = block[4 + length :]


def _number(data: bytes | None) -> int | None:
    return int.from_bytes(data, "big") if data is not None and len(data) == 2 else None


def _alpn(data: bytes | None) -> str | None:
    """Return the one protocol of the extension (RFC 7301 section 3.1)."""
    if data is None or len(data) < 3:
        return None
    return data[3 : 3 + data[2]].decode("ascii", "replace")

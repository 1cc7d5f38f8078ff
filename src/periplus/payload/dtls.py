"""DTLS 1.2: a client's first message, which a server answers with a cookie to send again, and keeps no state.

Offered are suites for certificates and for keys shared beforehand, so that web, telephone and sensor servers alike
find one. The record says version 1.0, as RFC 6347 (4.2.1) asks of a first message.
"""

import struct

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

DTLS_1_0, DTLS_1_2 = 0xFEFF, 0xFEFD
HANDSHAKE, CLIENT_HELLO = 22, 1
RANDOM = b"periplus".ljust(32, b".")
NO_SESSION = NO_COOKIE = b"\0"
NULL_COMPRESSION = b"\x01\0"
SUITES = (
    0xC02B, 0xC02C, 0xC02F, 0xC030,  # ECDHE with AES-GCM, ECDSA and RSA
    0xC0AC, 0xC0AE,  # ECDHE-ECDSA with AES-128-CCM, CCM-8
    0xCCA8, 0xCCA9,  # ECDHE with ChaCha20, RSA and ECDSA
    0x009E, 0x009C, 0x0033, 0x002F, 0x0035,  # DHE and RSA, down to CBC
    0xC0A4, 0xC0A8, 0x00A8,  # shared keys
)  # fmt: skip
SUPPORTED_GROUPS, POINT_FORMATS, SIGNATURES, RENEGOTIATION = 10, 11, 13, 0xFF01
GROUPS = (29, 23, 24)  # X25519, P-256, P-384
SCHEMES = (0x0403, 0x0503, 0x0804, 0x0401, 0x0501, 0x0201)  # ECDSA, RSA-PSS, RSA


def numbers(*them: int) -> bytes:
    """Return two-byte numbers behind the length of them all."""
    return struct.pack(f"!{1 + len(them)}H", 2 * len(them), *them)


def extension(kind: int, value: bytes) -> bytes:
    """Return one extension (RFC 5246, 7.4.1.4)."""
    return struct.pack("!HH", kind, len(value)) + value


def hello() -> bytes:
    """Return the message inside its fragment inside its record."""
    extensions = (
        extension(SUPPORTED_GROUPS, numbers(*GROUPS))
        + extension(POINT_FORMATS, b"\x01\0")
        + extension(SIGNATURES, numbers(*SCHEMES))
        + extension(RENEGOTIATION, b"\0")
    )
    body = struct.pack("!H", DTLS_1_2) + RANDOM + NO_SESSION + NO_COOKIE + numbers(*SUITES) + NULL_COMPRESSION
    body += struct.pack("!H", len(extensions)) + extensions
    size = len(body).to_bytes(3, "big")
    fragment = (
        bytes([CLIENT_HELLO]) + size + bytes(2) + bytes(3) + size + body
    )  # number 0, from offset 0, whole
    return struct.pack("!BHHIHH", HANDSHAKE, DTLS_1_0, 0, 0, 0, len(fragment)) + fragment


PAYLOADS = (
    Payload(
        service="dtls",
        ports=(443, 853, 2083, 3391, 4433, 5061, 5349, 5684, 6514, 10161),
        data=hello(),
        source="RFC 6347, 4.2; RFC 5246, 7.4.1.2",
    ),
)

"""IKE, versions 1 and 2: the first message of a key exchange, on its port and on that behind address translation.

A first message of version 1 (main mode) only offers proposals. That of version 2 carries a public value too; ours is
a generator power that anybody can compute, since no exchange is ever finished. On port 4500 four zero bytes before
the message tell it from ESP (RFC 3948, 2.2).
"""

import struct
from itertools import product

from periplus.payload.model import Payload

__all__ = ["PAYLOADS"]

SPI = b"periplus"
VERSION_1, VERSION_2 = 0x10, 0x20
MAIN_MODE, IKE_SA_INIT = 2, 34
INITIATOR = 0x08
NO_MORE, SA_1, SA_2, KEY_EXCHANGE, NONCE = 0, 1, 33, 34, 40
IPSEC_DOI, SITUATION_IDENTITY, ISAKMP, KEY_IKE = 1, 1, 1, 1
MODP_1024, MODP_2048 = 2, 14
ENCRYPTIONS_1 = (((1, 7), (14, 256)), ((1, 7), (14, 128)), ((1, 5),))  # AES by its key's bits, 3DES
HASHES_1, METHODS_1, GROUPS_1 = (4, 2), (1, 3), (MODP_2048, MODP_1024)  # SHA-256, SHA-1; shared key, RSA
LIFE_1 = ((11, 1), (12, 28800))  # seconds
TRANSFORMS_2 = (
    (1, 12, 256), (1, 12, 128), (1, 3, 0),  # AES-CBC by its key's bits, 3DES
    (2, 5, 0), (2, 2, 0),  # HMAC of SHA-256 and SHA-1, as random function
    (3, 12, 0), (3, 2, 0),  # and as integrity
    (4, MODP_2048, 0), (4, MODP_1024, 0),
)  # fmt: skip
PUBLIC_VALUE = (1 << 2000).to_bytes(256, "big")  # 2 to the power 2000, smaller than the modulus
NONCE_VALUE = b"periplus".ljust(32, b".")
NON_ESP_MARKER = bytes(4)


def payload(following: int, body: bytes) -> bytes:
    """Return a payload with its generic header (RFC 2408, 3.2; RFC 7296, 3.2)."""
    return struct.pack("!BBH", following, 0, 4 + len(body)) + body


def message(version: int, exchange: int, flags: int, first: int, body: bytes) -> bytes:
    """Return the header and what follows it (RFC 2408, 3.1; RFC 7296, 3.1)."""
    return struct.pack("!8s8xBBBBII", SPI, first, version, exchange, flags, 0, 28 + len(body)) + body


def attribute(kind: int, value: int) -> bytes:
    """Return a short attribute: kind and value in four bytes."""
    return struct.pack("!HH", 0x8000 | kind, value)


def transform_1(number: int, last: bool, attributes: tuple[tuple[int, int], ...]) -> bytes:
    """Return one way to do it, of version 1 (RFC 2408, 3.6)."""
    body = struct.pack("!BBH", number, KEY_IKE, 0) + b"".join(attribute(*each) for each in attributes)
    return payload(NO_MORE if last else 3, body)


def main_mode() -> bytes:
    """Return all ways to do it as one proposal (RFC 2409, 5)."""
    ways = [
        (*encryption, (2, digest), (3, method), (4, group), *LIFE_1)
        for encryption, digest, method, group in product(ENCRYPTIONS_1, HASHES_1, METHODS_1, GROUPS_1)
    ]
    transforms = b"".join(transform_1(i, i == len(ways), way) for i, way in enumerate(ways, 1))
    proposal = payload(NO_MORE, struct.pack("!BBBB", 1, ISAKMP, 0, len(ways)) + transforms)
    body = payload(NO_MORE, struct.pack("!II", IPSEC_DOI, SITUATION_IDENTITY) + proposal)
    return message(VERSION_1, MAIN_MODE, 0, SA_1, body)


def transform_2(last: bool, kind: int, number: int, key_bits: int) -> bytes:
    """Return one algorithm of version 2 (RFC 7296, 3.3.2)."""
    key = attribute(14, key_bits) if key_bits else b""
    return payload(NO_MORE if last else 3, struct.pack("!BBH", kind, 0, number) + key)


def sa_init() -> bytes:
    """Return proposal, public value and nonce (RFC 7296, 1.2)."""
    count = len(TRANSFORMS_2)
    transforms = b"".join(transform_2(i == count, *each) for i, each in enumerate(TRANSFORMS_2, 1))
    proposal = payload(NO_MORE, struct.pack("!BBBB", 1, ISAKMP, 0, count) + transforms)
    body = (
        payload(KEY_EXCHANGE, proposal)
        + payload(NONCE, struct.pack("!HH", MODP_2048, 0) + PUBLIC_VALUE)
        + payload(NO_MORE, NONCE_VALUE)
    )
    return message(VERSION_2, IKE_SA_INIT, INITIATOR, SA_2, body)


PAYLOADS = (
    Payload(service="ike-v1", ports=(500,), data=main_mode(), source="RFC 2408, 3; RFC 2409, 5"),
    Payload(service="ike-v2", ports=(500,), data=sa_init(), source="RFC 7296, 1.2 and 3"),
    Payload(
        service="ike-v1-nat",
        ports=(4500,),
        data=NON_ESP_MARKER + main_mode(),
        source="RFC 2409, 5; RFC 3948, 2.2",
    ),
    Payload(
        service="ike-v2-nat",
        ports=(4500,),
        data=NON_ESP_MARKER + sa_init(),
        source="RFC 7296, 1.2; RFC 3948, 2.2",
    ),
)

"""SSH without connections: the key exchanges that a passer-by can begin, and the host keys that they bring to light.

RFC 4253 section 8 and RFC 8268 (group 14), RFC 5656 section 4 (P-256), RFC 8731 (X25519) for the exchange; RFC 4253
section 6.6, RFC 5656 section 3.1, RFC 8332 and RFC 8709 for keys and signatures. A signature over the exchange's hash
shows that the server has the private key; of a kind that is not read here the key stays unverified.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from periplus.errors import BadReply

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

__all__ = [
    "EXCHANGES",
    "Exchange",
    "Exchanging",
    "bits_untrusted",
    "fingerprint",
    "mpint",
    "number_untrusted",
    "string",
    "strings_untrusted",
    "verified_untrusted",
]

GENERATOR = 2
PRIME = int(  # RFC 3526 section 3
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D"
    "670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
Agreeing = Callable[[bytes], int]  # the peer's share, as it came, gives the secret


@dataclass(frozen=True, slots=True)
class Exchanging:
    """An exchange that was begun: our share as it is sent, and what makes the secret of the peer's."""

    share: bytes
    agree_untrusted: Agreeing


@dataclass(frozen=True, slots=True)
class Exchange:
    """A way to exchange keys: how it is begun with a secret of 64 bytes, and its hash."""

    begin: Callable[[bytes], Exchanging]
    hash: str


def string(data: bytes) -> bytes:
    """Return data with its length in front (RFC 4251 section 5)."""
    return len(data).to_bytes(4, "big") + data


def mpint(number: int) -> bytes:
    """Return a number that is not negative with its length in front."""
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b"")


def strings_untrusted(data: bytes, count: int) -> list[bytes]:
    """Read so many strings that stand one after the other; raises BadReply."""
    read = []
    for _ in range(count):
        length = int.from_bytes(data[:4], "big")
        if len(data) < 4 + length:
            raise BadReply("a string of SSH is cut short")
        read.append(data[4 : 4 + length])
        data = data[4 + length :]
    return read


def fingerprint(blob: bytes) -> str:
    """Return a key's fingerprint as ``ssh-keygen -l`` writes it."""
    return "SHA256:" + b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _begin_x25519(secret: bytes) -> Exchanging:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    ours = X25519PrivateKey.from_private_bytes(secret[:32])

    def agree_untrusted(share: bytes) -> int:
        return int.from_bytes(ours.exchange(X25519PublicKey.from_public_bytes(share)), "big")

    return Exchanging(ours.public_key().public_bytes_raw(), agree_untrusted)


def _begin_p256(secret: bytes) -> Exchanging:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    ours = ec.derive_private_key(int.from_bytes(secret[:31], "big") + 1, ec.SECP256R1())

    def agree_untrusted(share: bytes) -> int:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), share)
        return int.from_bytes(ours.exchange(ec.ECDH(), theirs), "big")

    return Exchanging(
        ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint), agree_untrusted
    )


def _begin_group14(secret: bytes) -> Exchanging:
    ours = int.from_bytes(secret, "big") + 2

    def agree_untrusted(share: bytes) -> int:
        theirs = int.from_bytes(share, "big")
        if not 1 < theirs < PRIME - 1 or len(share) > 257:
            raise ValueError("no share of group 14")
        return pow(theirs, ours, PRIME)

    return Exchanging(mpint(pow(GENERATOR, ours, PRIME))[4:], agree_untrusted)


EXCHANGES = {  # by preference
    "curve25519-sha256": Exchange(_begin_x25519, "sha256"),
    "curve25519-sha256@libssh.org": Exchange(_begin_x25519, "sha256"),
    "ecdh-sha2-nistp256": Exchange(_begin_p256, "sha256"),
    "diffie-hellman-group14-sha256": Exchange(_begin_group14, "sha256"),
    "diffie-hellman-group14-sha1": Exchange(_begin_group14, "sha1"),
}


def bits_untrusted(blob: bytes) -> int | None:
    """Return how many bits a host key has, None for kinds that are not known here; raises BadReply."""
    [kind] = strings_untrusted(blob, 1)
    if kind == b"ssh-ed25519":
        return 256
    if kind.startswith(b"ecdsa-sha2-nistp") and kind[16:] in (b"256", b"384", b"521"):
        return int(kind[16:])
    numbers = {b"ssh-rsa": (2, 3), b"ssh-dss": (1, 2)}.get(kind)
    if numbers is None:
        return None
    at, count = numbers
    return number_untrusted(strings_untrusted(blob, count)[at]).bit_length()


def number_untrusted(data: bytes) -> int:
    """Read the bytes of an mpint as a number that must not be negative; raises BadReply."""
    if len(data) > 2_050 or data[:1] >= b"\x80":
        raise BadReply("a number of SSH is too long or negative")
    return int.from_bytes(data, "big")


def verified_untrusted(blob: bytes, signature: bytes, signed: bytes) -> bool | None:
    """Return whether a signature fits a key and what was signed; None for kinds that are not known here.

    Raises BadReply when key or signature are malformed.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    [kind] = strings_untrusted(blob, 1)
    check = CHECKS.get(kind)
    way, value = strings_untrusted(signature, 2)
    if check is None:
        return None
    try:
        check(blob, way, value, signed)
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm:
        return None
    except ValueError as error:
        raise BadReply(f"a host key is malformed: {error}") from None
    return True


def _check_ed25519(blob: bytes, way: bytes, value: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    Ed25519PublicKey.from_public_bytes(strings_untrusted(blob, 2)[1]).verify(value, signed)


def _check_ecdsa(blob: bytes, way: bytes, value: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    curves: dict[bytes, tuple[ec.EllipticCurve, HashAlgorithm]] = {
        b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
        b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
        b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
    }
    kind, name, point = strings_untrusted(blob, 3)
    if name not in curves or kind != b"ecdsa-sha2-" + name:
        raise ValueError("an unknown curve")
    curve, digest = curves[name]
    r, s = (number_untrusted(each) for each in strings_untrusted(value, 2))
    key = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    key.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(digest))


def _check_rsa(blob: bytes, way: bytes, value: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    ways: dict[bytes, HashAlgorithm] = {
        b"rsa-sha2-512": hashes.SHA512(),
        b"rsa-sha2-256": hashes.SHA256(),
        b"ssh-rsa": hashes.SHA1(),
    }
    if way not in ways:
        raise ValueError("an unknown way to sign")
    e, n = (number_untrusted(each) for each in strings_untrusted(blob, 3)[1:])
    rsa.RSAPublicNumbers(e, n).public_key().verify(value, signed, padding.PKCS1v15(), ways[way])


def _check_dsa(blob: bytes, way: bytes, value: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import dsa, utils

    if len(value) != 40:
        raise ValueError("no signature of DSA")
    p, q, g, y = (number_untrusted(each) for each in strings_untrusted(blob, 5)[1:])
    key = dsa.DSAPublicNumbers(y, dsa.DSAParameterNumbers(p, q, g)).public_key()
    r, s = int.from_bytes(value[:20], "big"), int.from_bytes(value[20:], "big")
    key.verify(utils.encode_dss_signature(r, s), signed, hashes.SHA1())


CHECKS: dict[bytes, Callable[[bytes, bytes, bytes, bytes], None]] = {
    b"ssh-ed25519": _check_ed25519,
    b"ecdsa-sha2-nistp256": _check_ecdsa,
    b"ecdsa-sha2-nistp384": _check_ecdsa,
    b"ecdsa-sha2-nistp521": _check_ecdsa,
    b"ssh-rsa": _check_rsa,
    b"ssh-dss": _check_dsa,
}

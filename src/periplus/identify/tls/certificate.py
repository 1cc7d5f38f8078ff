"""What a certificate says, and whether it is to be trusted for the name that it was asked for.

RFC 5280 for the fields, RFC 6125 and RFC 9525 for names; reading and path validation are the `cryptography`
library's. A certificate that it cannot read is a `BadReply`.

Limits: no revocation is looked up, since that would ask third parties; a stapled answer is told by `facts`.
"""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509 import verification
from cryptography.x509.oid import ExtensionOID, NameOID

from periplus.errors import BadReply

__all__ = ["Certificate", "certificate_untrusted", "covers", "roots", "trust_untrusted"]

MOST_NAMES = 100
ATTRIBUTES = ((NameOID.COMMON_NAME, "CN"), (NameOID.ORGANIZATION_NAME, "O"), (NameOID.COUNTRY_NAME, "C"))


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate. `names` are those it is for, DNS names and addresses as text; `key` is a kind."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    key: str
    key_bits: int
    signature: str
    serial: str
    sha256: str
    self_signed: bool


def certificate_untrusted(der: bytes) -> Certificate:
    """Read a certificate; raises BadReply."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some rules are only looked at when a field is
            return _read(der)
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise BadReply(f"a certificate that cannot be read: {error}") from None


def _read(der: bytes) -> Certificate:
    found = _loaded(der)
    key, bits = _key(found)
    return Certificate(
        subject=_name(found.subject),
        issuer=_name(found.issuer),
        names=tuple(_names(found))[:MOST_NAMES],
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        key=key,
        key_bits=bits,
        signature=_signature(found),
        serial=f"{found.serial_number:x}",
        sha256=hashlib.sha256(der).hexdigest(),
        self_signed=found.subject == found.issuer,
    )


def _loaded(der: bytes) -> x509.Certificate:
    """Load what a peer sent; a rule of RFC 5280 that it breaks is no warning to our user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x509.load_der_x509_certificate(der)


def roots(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates of a file of roots. ValueError: it holds none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x509.load_pem_x509_certificates(pem)


def _name(name: x509.Name) -> str:
    parts = [(short, name.get_attributes_for_oid(oid)) for oid, short in ATTRIBUTES]
    return ", ".join(f"{short}={_text(each.value)}" for short, some in parts for each in some)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()


def _names(found: x509.Certificate) -> list[str]:
    try:
        extension = found.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        return []
    names = extension.value
    assert isinstance(names, x509.SubjectAlternativeName)
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


def _key(found: x509.Certificate) -> tuple[str, int]:
    key = found.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}", key.key_size
    if isinstance(key, dsa.DSAPublicKey):
        return "DSA", key.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256
    return ("Ed448", 456) if isinstance(key, ed448.Ed448PublicKey) else (type(key).__name__, 0)


def _signature(found: x509.Certificate) -> str:
    try:
        digest = found.signature_hash_algorithm
    except UnsupportedAlgorithm:
        digest = None
    return digest.name if digest is not None else found.signature_algorithm_oid.dotted_string


def covers(names: Sequence[str], wanted: str) -> bool:
    """Whether a certificate for these names is for the one that was asked for (RFC 9525 section 6.3)."""
    wanted = wanted.lower().rstrip(".")
    if _is_address(wanted):
        return any(ip_address(wanted) == ip_address(name) for name in names if _is_address(name))
    labels = wanted.split(".")
    return any(_matches(name.lower().rstrip(".").split("."), labels) for name in names)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _matches(pattern: list[str], labels: list[str]) -> bool:
    """A star stands for the whole first label, and for no other."""
    first = pattern[0] == labels[0] or (pattern[0] == "*" and len(pattern) > 2)
    return len(pattern) == len(labels) and first and pattern[1:] == labels[1:]


def trust_untrusted(
    chain: Sequence[bytes], known: Sequence[x509.Certificate], wanted: str, now: datetime
) -> str | None:
    """Return why a chain is not trusted for a name, by these roots, at this time; None: it is."""
    if not known:
        return "no roots are known here"
    try:
        own, *others = [_loaded(each) for each in chain]
        subject = x509.IPAddress(ip_address(wanted)) if _is_address(wanted) else x509.DNSName(wanted)
        builder = (
            verification.PolicyBuilder().store(verification.Store(list(known))).time(now.replace(tzinfo=None))
        )
        builder.build_server_verifier(subject).verify(own, others)
    except (verification.VerificationError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        # The library adds which certificate it was at, in its own notation.
        return str(error).partition(" (encountered")[0].partition("\n")[0] or type(error).__name__
    return None

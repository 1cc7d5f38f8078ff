"""Certificates made by the test: what they say, for which names, whether they are trusted, and damaged ones."""

import datetime as dt
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from periplus.errors import BadReply
from periplus.identify.tls.certificate import certificate_untrusted, covers, trust_untrusted

BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
END = BEGIN + dt.timedelta(days=90)
NOW = BEGIN + dt.timedelta(days=10)
KEY = ec.generate_private_key(ec.SECP256R1())
USAGE = x509.KeyUsage(True, False, False, False, False, True, True, False, False)


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def issue(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, ca: bool
) -> x509.Certificate:
    """A certificate signed by `KEY`."""
    names = x509.SubjectAlternativeName([x509.DNSName(subject), x509.DNSName(f"*.{subject}")])
    usage = USAGE if ca else x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(255)
        .not_valid_before(BEGIN)
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(KEY.public_key()), critical=False)
    )
    if not ca:
        builder = builder.add_extension(names, critical=False)
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    return builder.sign(KEY, hashes.SHA256())


ROOT = issue("root.test", "root.test", KEY, ca=True)
LEAF = issue("server.test", "root.test", ec.generate_private_key(ec.SECP256R1()), ca=False)
DER = LEAF.public_bytes(Encoding.DER)


def test_what_a_certificate_says() -> None:
    found = certificate_untrusted(DER)
    assert (found.subject, found.issuer) == ("CN=server.test", "CN=root.test")
    assert found.names == ("server.test", "*.server.test")
    assert (found.key, found.key_bits, found.signature) == ("EC secp256r1", 256, "sha256")
    assert (found.not_before, found.not_after) == (BEGIN, END)
    assert (found.serial, found.self_signed) == ("ff", False)
    assert len(found.sha256) == 64
    assert certificate_untrusted(ROOT.public_bytes(Encoding.DER)).self_signed


def test_an_rsa_key() -> None:
    key = rsa.generate_private_key(65_537, 2048)
    found = certificate_untrusted(issue("server.test", "root.test", key, ca=False).public_bytes(Encoding.DER))
    assert (found.key, found.key_bits) == ("RSA", 2048)


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        ("server.test", True),
        ("SERVER.test.", True),
        ("www.server.test", True),
        ("a.b.server.test", False),
        ("other.test", False),
        ("198.18.0.1", True),
        ("198.18.0.2", False),
        ("2001:db8::1", True),
    ],
)
def test_names(wanted: str, answer: bool) -> None:
    assert covers(("server.test", "*.server.test", "198.18.0.1", "2001:db8:0::1"), wanted) is answer


def test_a_star_alone_covers_no_top_level() -> None:
    assert not covers(("*.test",), "server.test")


def test_trust() -> None:
    assert trust_untrusted([DER], [ROOT], "server.test", NOW) is None
    assert trust_untrusted([DER], [ROOT], "other.test", NOW) is not None
    assert trust_untrusted([DER], [ROOT], "server.test", END + dt.timedelta(days=1)) is not None
    assert trust_untrusted([DER], [], "server.test", NOW) == "no roots are known here"
    other_name = trust_untrusted([DER], [ROOT], "other.test", NOW)
    assert other_name == "validation failed: leaf certificate has no matching subjectAltName"
    assert trust_untrusted([b"nonsense"], [ROOT], "server.test", NOW) is not None
    other = ec.generate_private_key(ec.SECP256R1())
    assert (
        trust_untrusted([DER], [issue("root.test", "root.test", other, ca=True)], "server.test", NOW)
        is not None
    )


def test_a_negative_serial_number_is_no_warning_to_our_user() -> None:
    positive, negative = b"\x02\x02\x00\xff", b"\x02\x02\x80\xff"
    assert DER.count(positive) == 1
    assert certificate_untrusted(DER.replace(positive, negative)).serial == "-7f01"


@given(st.integers(0, len(DER) - 1), st.integers(0, 255), st.binary(max_size=50))
def test_damaged_certificates(at: int, byte: int, data: bytes) -> None:
    damaged = bytearray(DER)
    damaged[at] = byte
    for each in (bytes(damaged), data):
        with suppress(BadReply):
            certificate_untrusted(each)
        trust_untrusted([each], [ROOT], "server.test", NOW)

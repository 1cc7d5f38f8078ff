"""SSH's keys and exchanges: vectors of the RFCs, both sides against each other, signatures made anew."""

from contextlib import suppress

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from periplus.errors import BadReply
from periplus.identify.ssh_keys import (
    EXCHANGES,
    bits_untrusted,
    fingerprint,
    mpint,
    number_untrusted,
    string,
    strings_untrusted,
    verified_untrusted,
)

MINE, THEIRS = bytes(range(64)), bytes(range(100, 164))
SIGNED = b"what was signed"
ED25519 = Ed25519PrivateKey.from_private_bytes(MINE[:32])
ED25519_BLOB = string(b"ssh-ed25519") + string(ED25519.public_key().public_bytes_raw())
P256 = derive_private_key(7, SECP256R1())
P256_BLOB = (
    string(b"ecdsa-sha2-nistp256")
    + string(b"nistp256")
    + string(P256.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
)
KINDS = (b"ssh-ed25519", b"ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp521", b"ssh-rsa", b"ssh-dss", b"ssh-other")


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "00000000"), (0x9A378F9B2E332A7, "0000000809a378f9b2e332a7"), (0x80, "000000020080")],
)
def test_numbers_are_written_as_in_rfc_4251(number: int, written: str) -> None:
    assert mpint(number).hex() == written
    assert number_untrusted(mpint(number)[4:]) == number


@pytest.mark.parametrize("name", EXCHANGES)
def test_both_sides_of_an_exchange_agree(name: str) -> None:
    mine, theirs = EXCHANGES[name].begin(MINE), EXCHANGES[name].begin(THEIRS)
    assert mine.share != theirs.share
    assert mine.agree_untrusted(theirs.share) == theirs.agree_untrusted(mine.share) > 2**100


def test_a_fingerprint_is_that_of_ssh_keygen() -> None:
    # ssh-keygen -lf of OpenSSH 9.2, for this key
    assert fingerprint(ED25519_BLOB) == "SHA256:lbmsoA0yIEcEiVDRnMWuzm+nV+3ZEEpVIURqFoeSspg"


def test_bits() -> None:
    assert bits_untrusted(ED25519_BLOB) == bits_untrusted(P256_BLOB) == 256
    assert bits_untrusted(string(b"ssh-rsa") + mpint(65_537) + mpint(1 << 2_047)) == 2_048
    assert bits_untrusted(string(b"ssh-dss") + mpint(1 << 1_023)) == 1_024
    assert bits_untrusted(string(b"ssh-other")) is None


def test_a_signature_is_verified() -> None:
    good = string(b"ssh-ed25519") + string(ED25519.sign(SIGNED))
    assert verified_untrusted(ED25519_BLOB, good, SIGNED) is True
    assert verified_untrusted(ED25519_BLOB, good, SIGNED + b"!") is False
    assert verified_untrusted(string(b"ssh-other"), good, SIGNED) is None


def test_a_signature_of_two_numbers_is_verified() -> None:
    r, s = decode_dss_signature(P256.sign(SIGNED, ECDSA(hashes.SHA256())))
    good = string(b"ecdsa-sha2-nistp256") + string(mpint(r) + mpint(s))
    assert verified_untrusted(P256_BLOB, good, SIGNED) is True
    assert verified_untrusted(P256_BLOB, good, b"") is False


@pytest.mark.parametrize("blob", [string(b"ssh-ed25519") + string(b"short"), string(b"ssh-ed25519")])
def test_a_malformed_key(blob: bytes) -> None:
    with pytest.raises(BadReply):
        verified_untrusted(blob, string(b"ssh-ed25519") + string(bytes(64)), SIGNED)


@given(st.sampled_from(KINDS), st.lists(st.binary(max_size=70), max_size=6), st.binary(max_size=50))
def test_any_key_and_signature(kind: bytes, parts: list[bytes], way: bytes) -> None:
    blob = string(kind) + b"".join(map(string, parts))
    with suppress(BadReply):
        bits_untrusted(blob)
    for signature in (string(kind) + string(way), string(b"rsa-sha2-256") + string(string(way) * 2), way):
        with suppress(BadReply):
            assert not verified_untrusted(blob, signature, SIGNED)


@given(st.sampled_from(sorted(EXCHANGES)), st.binary(max_size=70))
def test_any_share(name: str, share: bytes) -> None:
    with suppress(ValueError):
        agree_untrusted = EXCHANGES[name].begin(MINE).agree_untrusted
        agree_untrusted(share)


@given(st.binary(max_size=40), st.integers(0, 4))
def test_any_strings(data: bytes, count: int) -> None:
    with suppress(BadReply):
        assert len(strings_untrusted(data, count)) == count
    with suppress(BadReply):
        number_untrusted(data)

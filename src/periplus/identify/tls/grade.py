"""A grade for a service's TLS, with its reasons: rules as data, the worst one that holds decides.

A: nothing to say against it. B: old, or weaker than it need be. C: a careful client will refuse it. F: an
eavesdropper or an impostor can get through. What the rules rest on: RFC 8996 (TLS 1.0 and 1.1 are not to be used),
RFC 7465 (RC4), RFC 9325 (recommendations), and the key sizes of NIST SP 800-57.

What current clients come to lowers the grade. A suite that is accepted besides does so where an attacker can make use
of it (broken or without encryption, short blocks); where only old clients come to it, who offer nothing better, it is
a remark: the server gains nothing by turning them away, and those who want to know of them read it there. Mail
servers accept suites without a certificate of each other, where no certificate is checked anyway (RFC 7672 section
1.3): there these are a remark too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from periplus.identify.tls.certificate import Certificate

__all__ = ["CURRENT", "Grade", "Judged", "grade"]

WEAK_CIPHERS = ("RC4", "NULL", "EXP", "DES-CBC-", "ADH", "AECDH", "anon", "MD5")
# By IANA's names; TLS_SHA256_SHA256 and its sister do not encrypt (RFC 9150).
WEAK_SUITES = ("_RC4_", "_RC2_", "_NULL", "_EXPORT", "_DES_", "_DES40_", "TLS_SHA")
ANONYMOUS = ("_anon_",)
# What browsers offer of TLS 1.2, in their order.
CURRENT = (
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
)
SHORT_BLOCKS = ("_3DES_", "_IDEA_")
FORWARD = ("TLS_ECDHE_", "TLS_DHE_", "TLS_ECDH_anon_", "TLS_DH_anon_", "TLS_PSK_DHE_", "TLS_ECCPWD_")
BROKEN_BITS, SHORT_BITS = 1024, 2048  # of a prime: what was broken in 2015 (Logjam), and what RFC 9325 wants
WEAK_DIGESTS = ("md5", "sha1")
OLD = frozenset({"TLSv1", "TLSv1.1"})
SOON_DAYS = 21
LEAST_BITS = {"RSA": 2048, "DSA": 2048, "EC": 224}


@dataclass(frozen=True, slots=True)
class Judged:
    """What there is to judge. `versions`: all that are accepted, as far as known; `suites` by IANA's names: too.

    `problem`: why the chain is not trusted; `named`: whether the certificate is for the name that was asked for.
    `prime_bits`: the shortest prime of a key exchange in a finite field. `given`: what a client of TLS 1.2 comes to
    that offers `CURRENT`, if that is known. `unchecked`: clients look at no certificate, as mail servers do not.
    """

    versions: Sequence[str]
    cipher: str
    certificate: Certificate
    problem: str | None
    named: bool | None
    now: datetime
    suites: Sequence[str] = ()
    prime_bits: int | None = None
    given: str | None = None
    unchecked: bool = False

    @property
    def days_left(self) -> float:
        """Until the certificate ends."""
        return (self.certificate.not_after - self.now).total_seconds() / 86_400

    @property
    def forward_secret(self) -> bool:
        """Whether a key that is stolen later opens nothing that was recorded before."""
        return "TLSv1.3" in self.versions or self.cipher.startswith(("ECDHE", "DHE"))


def _weak_key(what: Judged) -> bool:
    return what.certificate.key_bits < LEAST_BITS.get(what.certificate.key.split(" ")[0], 0)


def _accepts(what: Judged, marks: Sequence[str]) -> bool:
    return any(mark in suite for suite in what.suites for mark in marks)


def _loses_secrecy(suite: str) -> bool:
    """Whether recordings can be opened later."""
    return "_WITH_" in suite and not suite.startswith(FORWARD)


def _given_without_secrecy(what: Judged) -> bool:
    return what.forward_secret and what.given is not None and _loses_secrecy(what.given)


def _prime_below(what: Judged, bits: int) -> bool:
    return what.prime_bits is not None and what.prime_bits < bits


Rule = tuple[str, str, Callable[[Judged], bool]]
RULES: tuple[Rule, ...] = (
    ("F", "SSL 3.0 is accepted", lambda what: "SSLv3" in what.versions),
    ("F", "the cipher is broken, or none", lambda what: any(weak in what.cipher for weak in WEAK_CIPHERS)),
    (
        "F",
        "suites are accepted that encrypt by a broken cipher, or none",
        lambda what: _accepts(what, WEAK_SUITES),
    ),
    (
        "F",
        "suites without a certificate are accepted, which let anybody in between",
        lambda what: _accepts(what, ANONYMOUS) and not what.unchecked,
    ),
    ("F", "the key is too short", _weak_key),
    ("F", "the prime of a key exchange is far too short", lambda what: _prime_below(what, BROKEN_BITS)),
    ("F", "signed by MD5 or SHA-1", lambda what: what.certificate.signature in WEAK_DIGESTS),
    ("F", "expired", lambda what: what.days_left < 0),
    ("F", "not yet valid", lambda what: what.certificate.not_before > what.now),
    ("C", "self-signed", lambda what: what.certificate.self_signed),
    ("C", "not for the name that was asked for", lambda what: what.named is False),
    ("B", "TLS 1.0 or 1.1 is accepted", lambda what: bool(OLD & set(what.versions))),
    ("B", "no TLS 1.3", lambda what: bool(what.versions) and "TLSv1.3" not in what.versions),
    ("B", "no forward secrecy", lambda what: not what.forward_secret),
    ("B", "no forward secrecy for clients of TLS 1.2, though they offer it", _given_without_secrecy),
    ("B", "suites with blocks of 64 bits are accepted", lambda what: _accepts(what, SHORT_BLOCKS)),
    (
        "B",
        "the prime of a key exchange is too short",
        lambda what: _prime_below(what, SHORT_BITS) and not _prime_below(what, BROKEN_BITS),
    ),
    ("B", f"expires within {SOON_DAYS} days", lambda what: 0 <= what.days_left < SOON_DAYS),
)


# Told, and nothing more.
REMARKS: tuple[tuple[str, Callable[[Judged], bool]], ...] = (
    (
        "suites without forward secrecy are accepted of clients that offer no better",
        lambda what: (
            what.forward_secret and not _given_without_secrecy(what) and any(map(_loses_secrecy, what.suites))
        ),
    ),
    (
        "suites without a certificate are accepted, as is usual between mail servers",
        lambda what: _accepts(what, ANONYMOUS) and what.unchecked,
    ),
)


@dataclass(frozen=True, slots=True)
class Grade:
    """The grade, the reasons why it is no better, the worst first, and what else may be worth a look."""

    mark: str
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]


def grade(what: Judged) -> Grade:
    """Judge by every rule."""
    held = [(mark, reason) for mark, reason, holds in RULES if holds(what)]
    if what.problem and not any(mark in "FC" for mark, _ in held):
        held.insert(0, ("C", f"not trusted: {what.problem}"))
    return Grade(
        max(mark for mark, _ in held) if held else "A",
        tuple(reason for _, reason in held),
        tuple(remark for remark, holds in REMARKS if holds(what)),
    )

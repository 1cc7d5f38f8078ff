"""A grade for a service's TLS, with its reasons: rules as data, the worst one that holds decides.

A: nothing to say against it. B: old, or weaker than it need be. C: a careful client will refuse it. F: an
eavesdropper or an impostor can get through. What the rules rest on: RFC 8996 (TLS 1.0 and 1.1 are not to be used),
RFC 7465 (RC4), RFC 9325 (recommendations), and the key sizes of NIST SP 800-57.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from periplus.identify.tls.certificate import Certificate

__all__ = ["Judged", "grade"]

WEAK_CIPHERS = ("RC4", "NULL", "EXP", "DES-CBC-", "ADH", "AECDH", "anon", "MD5")
# By IANA's names; TLS_SHA256_SHA256 and its sister do not encrypt (RFC 9150).
WEAK_SUITES = ("_RC4_", "_RC2_", "_NULL", "_EXPORT", "_DES_", "_DES40_", "_anon_", "TLS_SHA")
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
    `prime_bits`: the shortest prime of a key exchange in a finite field.
    """

    versions: Sequence[str]
    cipher: str
    certificate: Certificate
    problem: str | None
    named: bool | None
    now: datetime
    suites: Sequence[str] = ()
    prime_bits: int | None = None

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


def _loses_secrecy(what: Judged) -> bool:
    """Whether a suite is accepted with which recordings can be opened later."""
    return any("_WITH_" in suite and not suite.startswith(FORWARD) for suite in what.suites)


def _prime_below(what: Judged, bits: int) -> bool:
    return what.prime_bits is not None and what.prime_bits < bits


Rule = tuple[str, str, Callable[[Judged], bool]]
RULES: tuple[Rule, ...] = (
    ("F", "SSL 3.0 is accepted", lambda what: "SSLv3" in what.versions),
    ("F", "the cipher is broken, or none", lambda what: any(weak in what.cipher for weak in WEAK_CIPHERS)),
    (
        "F",
        "suites are accepted that encrypt by a broken cipher, or none, or let anybody in between",
        lambda what: _accepts(what, WEAK_SUITES),
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
    ("B", "suites without forward secrecy are accepted", _loses_secrecy),
    ("B", "suites with blocks of 64 bits are accepted", lambda what: _accepts(what, SHORT_BLOCKS)),
    (
        "B",
        "the prime of a key exchange is too short",
        lambda what: _prime_below(what, SHORT_BITS) and not _prime_below(what, BROKEN_BITS),
    ),
    ("B", f"expires within {SOON_DAYS} days", lambda what: 0 <= what.days_left < SOON_DAYS),
)


def grade(what: Judged) -> tuple[str, list[str]]:
    """Return the grade, and every reason that holds, the worst first."""
    held = [(mark, reason) for mark, reason, holds in RULES if holds(what)]
    if what.problem and not any(mark in "FC" for mark, _ in held):
        held.insert(0, ("C", f"not trusted: {what.problem}"))
    return (max(mark for mark, _ in held) if held else "A"), [reason for _, reason in held]

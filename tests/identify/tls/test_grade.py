"""Every rule of the grade, and that the worst decides."""

import datetime as dt
from dataclasses import replace

import pytest

from periplus.data import cipher_suites_text
from periplus.identify.tls.certificate import Certificate
from periplus.identify.tls.grade import CURRENT, RULES, Judged, grade
from periplus.identify.tls.suites import read_suites

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
GOOD = Certificate(
    "CN=a",
    "CN=b",
    ("a.test",),
    NOW - dt.timedelta(days=9),
    NOW + dt.timedelta(days=90),
    "RSA",
    2048,
    "sha256",
    "1",
    "0" * 64,
    False,
)
FINE = Judged(("TLSv1.2", "TLSv1.3"), "TLS_AES_128_GCM_SHA256", GOOD, None, True, NOW)
OLD = replace(FINE, versions=("TLSv1.2",), cipher="ECDHE-RSA-AES128-GCM-SHA256")


BROKEN = "suites are accepted that encrypt by a broken cipher, or none"
ANYBODY = "suites without a certificate are accepted, which let anybody in between"
NO_SECRECY = "no forward secrecy for clients of TLS 1.2, though they offer it"
FOR_OLD_ONES = "suites without forward secrecy are accepted of clients that offer no better"
AMONG_SERVERS = "suites without a certificate are accepted, as is usual between mail servers"
RSA, ECDHE = "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"


def with_suites(*suites: str) -> Judged:
    return replace(FINE, suites=suites)


def with_certificate(certificate: Certificate) -> Judged:
    return replace(FINE, certificate=certificate)


CASES: tuple[tuple[Judged, str, list[str]], ...] = (
    (FINE, "A", []),
    (OLD, "B", ["no TLS 1.3"]),
    (replace(OLD, cipher="AES128-SHA"), "B", ["no TLS 1.3", "no forward secrecy"]),
    (replace(FINE, versions=("SSLv3", "TLSv1.3")), "F", ["SSL 3.0 is accepted"]),
    (replace(FINE, versions=("TLSv1", "TLSv1.3")), "B", ["TLS 1.0 or 1.1 is accepted"]),
    (replace(FINE, cipher="RC4-SHA"), "F", ["the cipher is broken, or none"]),
    (with_suites("TLS_RSA_WITH_RC4_128_SHA"), "F", [BROKEN]),
    (with_suites("TLS_RSA_WITH_NULL_SHA"), "F", [BROKEN]),
    (with_suites("TLS_SHA256_SHA256"), "F", [BROKEN]),
    (with_suites("TLS_DH_anon_WITH_AES_128_GCM_SHA256"), "F", [ANYBODY]),
    (replace(with_suites("TLS_DH_anon_WITH_AES_128_GCM_SHA256"), unchecked=True), "A", []),
    (with_suites(RSA, ECDHE), "A", []),
    (replace(with_suites(RSA, ECDHE), given=ECDHE), "A", []),
    (replace(with_suites(RSA, ECDHE), given=RSA), "B", [NO_SECRECY]),
    (replace(OLD, cipher="AES128-SHA", suites=(RSA,), given=RSA), "B", ["no TLS 1.3", "no forward secrecy"]),
    (
        with_suites("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
        "B",
        ["suites with blocks of 64 bits are accepted"],
    ),
    (with_suites("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"), "A", []),
    (replace(FINE, prime_bits=768), "F", ["the prime of a key exchange is far too short"]),
    (replace(FINE, prime_bits=1024), "B", ["the prime of a key exchange is too short"]),
    (replace(FINE, prime_bits=2048), "A", []),
    (with_certificate(replace(GOOD, key_bits=1024)), "F", ["the key is too short"]),
    (with_certificate(replace(GOOD, signature="sha1")), "F", ["signed by MD5 or SHA-1"]),
    (with_certificate(replace(GOOD, not_after=NOW - dt.timedelta(days=1))), "F", ["expired"]),
    (with_certificate(replace(GOOD, not_after=NOW + dt.timedelta(days=1))), "B", ["expires within 21 days"]),
    (with_certificate(replace(GOOD, not_before=NOW + dt.timedelta(days=1))), "F", ["not yet valid"]),
    (with_certificate(replace(GOOD, self_signed=True)), "C", ["self-signed"]),
    (replace(FINE, named=False), "C", ["not for the name that was asked for"]),
    (replace(FINE, problem="nobody knows the issuer"), "C", ["not trusted: nobody knows the issuer"]),
    (replace(OLD, named=False), "C", ["not for the name that was asked for", "no TLS 1.3"]),
)


@pytest.mark.parametrize(("what", "mark", "reasons"), CASES)
def test_grades(what: Judged, mark: str, reasons: list[str]) -> None:
    found = grade(what)
    assert (found.mark, [*found.reasons]) == (mark, reasons)


@pytest.mark.parametrize(
    ("what", "remarks"),
    [
        (FINE, []),
        (with_suites(ECDHE, "TLS_AES_128_GCM_SHA256", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"), []),
        (with_suites(RSA, ECDHE), [FOR_OLD_ONES]),
        (replace(with_suites(RSA, ECDHE), given=RSA), []),
        (replace(with_suites(RSA), versions=("TLSv1.2",), cipher="AES128-GCM-SHA256"), []),
        (with_suites("TLS_DH_anon_WITH_AES_128_GCM_SHA256"), []),
        (replace(with_suites("TLS_DH_anon_WITH_AES_128_GCM_SHA256"), unchecked=True), [AMONG_SERVERS]),
    ],
)
def test_what_is_only_remarked(what: Judged, remarks: list[str]) -> None:
    assert [*grade(what).remarks] == remarks


def test_what_current_clients_offer_has_names() -> None:
    assert set(CURRENT) <= set(read_suites(cipher_suites_text()).values())


def test_every_rule_has_a_case() -> None:
    assert {reason for _, reason, _ in RULES} <= {reason for _, _, reasons in CASES for reason in reasons}

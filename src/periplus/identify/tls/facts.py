"""What a reader gets of one TLS handshake, as plain values: what was chosen, the chain, verdicts, the grade."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from periplus.errors import BadReply
from periplus.identify.talk import Detail
from periplus.identify.tls.certificate import Certificate, certificate_untrusted, covers, trust_untrusted
from periplus.identify.tls.grade import CURRENT, Judged, grade
from periplus.identify.tls.hello import GROUPS, VERSIONS, ServerHello, server_hello_untrusted
from periplus.identify.tls.ja4s import ja4s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

    from periplus.identify.tls.audit import Audit
    from periplus.identify.tls.client import Handshake

__all__ = ["facts_untrusted"]

TLS_12 = 0x0303
UNCHECKED = frozenset({"smtp"})  # within which clients look at no certificate
HYBRID = ("MLKEM", "Kyber")


def facts_untrusted(
    handshake: "Handshake",
    wanted: str,
    named: bool,
    roots: "Sequence[x509.Certificate]",
    now: datetime,
    audit: "Audit | None" = None,
) -> dict[str, Detail]:
    """Return the facts. `wanted`: the name or address that was asked for; `named`: it was a name."""
    chain = [each for each in map(_read, handshake.chain) if each is not None]
    own = chain[0] if chain else None
    problem = trust_untrusted(handshake.chain, roots, wanted, now) if own else "no certificate"
    matches = covers(own.names, wanted) if own else None
    verdict = None
    if own is not None:
        named_so = matches if named else None
        what = Judged([handshake.version], handshake.cipher, own, problem, named_so, now)
        what = replace(what, unchecked=handshake.within in UNCHECKED)
        verdict = grade(what if audit is None else _audited(what, audit))
    facts: dict[str, Detail] = {
        "version": handshake.version,
        "cipher": handshake.cipher,
        "alpn": handshake.alpn,
        "certificate": _told(own) if own else None,
        "chain": [_told(each) for each in chain[1:]],
        "trusted": problem is None,
        "untrusted_because": problem,
        "name_matches": matches,
        "ocsp": _ocsp_untrusted(handshake.ocsp),
        "starttls": handshake.within is not None or None,
        "grade": verdict.mark if verdict else None,
        "reasons": [*verdict.reasons] if verdict else [],
        "remarks": [*verdict.remarks] if verdict and verdict.remarks else None,
    }
    with suppress(BadReply):
        facts.update(_of_hello(server_hello_untrusted(handshake.said), handshake.quic))
    if audit is not None:
        facts.update(_of_audit(audit))
    return {key: value for key, value in facts.items() if value is not None}


def _read(der: bytes) -> Certificate | None:
    try:
        return certificate_untrusted(der)
    except BadReply:
        return None


def _told(one: Certificate) -> dict[str, Detail]:
    return {
        "subject": one.subject,
        "issuer": one.issuer,
        "names": [*one.names],
        "not_before": one.not_before.isoformat(),
        "not_after": one.not_after.isoformat(),
        "key": one.key,
        "key_bits": one.key_bits,
        "signature": one.signature,
        "serial": one.serial,
        "sha256": one.sha256,
        "self_signed": one.self_signed,
    }


def _audited(what: Judged, audit: "Audit") -> Judged:
    """Judge all that is accepted, not only what was chosen."""
    versions = dict.fromkeys((*what.versions, *(VERSIONS[each] for each in audit.ciphers)))
    suites = dict.fromkeys(audit.suites[each] for some in audit.ciphers.values() for each in some)
    return replace(
        what,
        versions=tuple(versions),
        suites=tuple(suites),
        prime_bits=audit.dh_bits,
        given=audit.given(TLS_12, CURRENT),
    )


def _of_audit(audit: "Audit") -> dict[str, Detail]:
    order = sorted(audit.ciphers, reverse=True)
    return {
        "versions": [VERSIONS[each] for each in order],
        "ciphers": {VERSIONS[each]: [audit.suites[one] for one in audit.ciphers[each]] for each in order},
        "preference": {
            VERSIONS[each]: "server" if audit.prefers[each] else "client"
            for each in order
            if each in audit.prefers
        },
        "groups": [GROUPS[each] for each in audit.groups],
        "dh_bits": audit.dh_bits,
        "jarm": audit.jarm,
        "audit_cut": audit.cut,
    }


def _of_hello(hello: ServerHello, quic: bool) -> dict[str, Detail]:
    group = None if hello.group is None else GROUPS.get(hello.group, f"0x{hello.group:04x}")
    hybrid = None if group is None else any(mark in group for mark in HYBRID)
    return {"group": group, "post_quantum": hybrid, "ja4s": ja4s(hello, quic)}


def _ocsp_untrusted(answer: bytes | None) -> str | None:
    """Return what a stapled OCSP answer says (RFC 6960); it is not verified."""
    if answer is None:
        return None
    from cryptography.x509 import ocsp

    try:
        return ocsp.load_der_ocsp_response(answer).certificate_status.name.lower()
    except (ValueError, TypeError):
        return "unreadable"

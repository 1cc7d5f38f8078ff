"""All facts of a real handshake in memory, and of a stapled answer of any bytes."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.certificates import BEGIN, server_context
from tests.identify.tls.test_client import connected

from periplus.identify.tls.audit import Audit
from periplus.identify.tls.client import Handshake, TlsClient
from periplus.identify.tls.client_hello import draws
from periplus.identify.tls.facts import _ocsp_untrusted, facts_untrusted


@pytest.fixture(name="handshake")
def _handshake(tmp_path: Path) -> Handshake:
    client = TlsClient("server.test")
    connected(server_context(tmp_path), client)
    assert client.handshake is not None
    return client.handshake


def test_facts(handshake: Handshake) -> None:
    facts = facts_untrusted(handshake, "server.test", True, [], BEGIN + dt.timedelta(days=1))
    assert (facts["version"], facts["trusted"], facts["name_matches"]) == ("TLSv1.3", False, True)
    assert facts["untrusted_because"] == "no roots are known here"
    assert (facts["grade"], facts["reasons"]) == ("C", ["self-signed"])
    assert str(facts["ja4s"]).startswith("t13")
    carried = facts_untrusted(replace(handshake, quic=True), "server.test", True, [], BEGIN)
    assert carried["ja4s"] == f"q{str(facts['ja4s'])[1:]}"
    assert "starttls" not in carried
    certificate = facts["certificate"]
    assert isinstance(certificate, dict)
    assert certificate["subject"] == "CN=server.test"
    assert isinstance(facts["post_quantum"], bool)


def test_an_address_is_no_name_to_be_graded_by(handshake: Handshake) -> None:
    facts = facts_untrusted(handshake, "198.18.0.1", False, [], BEGIN)
    assert facts["name_matches"] is False
    assert "not for the name that was asked for" not in str(facts["reasons"])


def test_an_audit_is_told_and_judged(handshake: Handshake) -> None:
    suites = {0x1301: "TLS_AES_128_GCM_SHA256", 0x0005: "TLS_RSA_WITH_RC4_128_SHA"}
    audit = Audit(None, suites, draws(b"n"), {0x0304: [0x1301], 0x0301: [0x0005]}, [0x11EC, 0x0017])
    audit.prefers, audit.dh_bits, audit.jarm, audit.cut = {0x0301: True}, 1024, "0" * 62, "it took too long"
    facts = facts_untrusted(handshake, "server.test", True, [], BEGIN + dt.timedelta(days=1), audit)
    assert facts["versions"] == ["TLSv1.3", "TLSv1"]
    assert facts["ciphers"] == {
        "TLSv1.3": ["TLS_AES_128_GCM_SHA256"],
        "TLSv1": ["TLS_RSA_WITH_RC4_128_SHA"],
    }
    assert (facts["groups"], facts["preference"]) == (["X25519MLKEM768", "secp256r1"], {"TLSv1": "server"})
    assert (facts["dh_bits"], facts["jarm"], facts["audit_cut"]) == (1024, "0" * 62, "it took too long")
    assert facts["grade"] == "F"
    assert "TLS 1.0 or 1.1 is accepted" in str(facts["reasons"])


def test_forward_secrecy_counts_by_what_current_clients_are_given(handshake: Handshake) -> None:
    rsa, ecdhe = "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    audit = Audit(None, {1: rsa, 2: ecdhe}, draws(b"n"), {0x0303: [1, 2]})
    facts = facts_untrusted(handshake, "server.test", True, [], BEGIN + dt.timedelta(days=1), audit)
    assert facts["reasons"] == ["self-signed"]
    assert facts["remarks"] == ["suites without forward secrecy are accepted of clients that offer no better"]
    audit.prefers = {0x0303: True}
    facts = facts_untrusted(handshake, "server.test", True, [], BEGIN + dt.timedelta(days=1), audit)
    assert "no forward secrecy for clients of TLS 1.2, though they offer it" in str(facts["reasons"])
    assert "remarks" not in facts


def test_where_no_certificate_is_looked_at_none_is_missed(handshake: Handshake) -> None:
    audit = Audit(None, {1: "TLS_DH_anon_WITH_AES_128_GCM_SHA256"}, draws(b"n"), {0x0303: [1]})
    grades = [
        facts_untrusted(
            replace(handshake, within=within), "server.test", True, [], BEGIN + dt.timedelta(days=1), audit
        )
        for within in (None, "imap", "smtp")
    ]
    assert [(each["grade"], each.get("starttls")) for each in grades] == [
        ("F", None),
        ("F", True),
        ("C", True),
    ]


def test_a_handshake_without_a_certificate() -> None:
    facts = facts_untrusted(
        Handshake("TLSv1", "AECDH-NULL-SHA", None, (), None, b""), "a.test", True, [], BEGIN
    )
    assert (facts["trusted"], facts["untrusted_because"]) == (False, "no certificate")
    assert "grade" not in facts


@given(st.binary(max_size=100))
def test_a_stapled_answer_of_any_bytes(data: bytes) -> None:
    assert _ocsp_untrusted(data) == "unreadable"


@given(st.lists(st.binary(max_size=50), max_size=3), st.binary(max_size=50))
def test_a_chain_of_any_bytes(chain: list[bytes], said: bytes) -> None:
    facts = facts_untrusted(
        Handshake("TLSv1.3", "x", None, tuple(chain), None, said), "a.test", True, [], BEGIN
    )
    assert facts["trusted"] is False

"""Audits of real servers in memory, whose settings are known, and of servers that lie."""

import ssl
from base64 import encodebytes
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL
from tests.identify.certificates import server_context
from tests.identify.tls.test_client_hello import answer_of, record_of
from tests.identify.tls.test_hello import SHARE, VERSION_13, hello, message, records

from periplus.data import cipher_suites_text
from periplus.identify.tls.audit import PIECE, Audit, enough_untrusted
from periplus.identify.tls.client_hello import draws
from periplus.identify.tls.hello import GROUPS, RETRY
from periplus.identify.tls.suites import read_suites

SUITES = read_suites(cipher_suites_text())
SECP256R1, SECP384R1, X25519MLKEM768 = 0x0017, 0x0018, 0x11EC
GCM_128, GCM_256, CBC_256 = 0xC02B, 0xC02C, 0xC00A  # by ECDHE with ECDSA
OAKLEY_2 = int(  # RFC 2409 section 6.2
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD"
    "3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F"
    "24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
MOST_QUESTIONS = 2_000


def audited(answer: Callable[[bytes], bytes], suites: dict[int, str] = SUITES) -> tuple[Audit, int]:
    """The audit of who answers so, and how many connections it took."""
    audit = Audit("server.test", suites, draws(b"n"))
    questions = audit.questions()
    count, question = 1, next(questions)
    try:
        while count < MOST_QUESTIONS:
            question = questions.send(answer(question))
            count += 1
    except StopIteration:
        pass
    return audit, count


def context_of(folder: Path, ciphers: str, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
    context = server_context(folder)
    context.set_ciphers(ciphers)
    context.maximum_version = newest
    return context


@pytest.mark.parametrize("server_decides", [True, False])
def test_suites_in_the_order_of_the_server_and_whose_order_counts(
    tmp_path: Path, server_decides: bool
) -> None:
    context = context_of(
        tmp_path, "ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
    )
    if not server_decides:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    found, count = audited(lambda question: answer_of(context, question))
    order = [CBC_256, GCM_128, GCM_256]
    assert found.ciphers == {0x0303: order if server_decides else sorted(order)}
    assert found.prefers == {0x0303: server_decides}
    # Each suite and a refusal; two for the preference; a refusal for each other version; the groups.
    assert count == 4 + 2 + 4 + len(found.groups) + 1


def test_what_a_client_is_given() -> None:
    audit = Audit(None, SUITES, draws(b"n"), {0x0303: [CBC_256, GCM_128]})
    offered = [SUITES[each] for each in (GCM_256, GCM_128, CBC_256)]
    assert audit.given(0x0303, offered) == SUITES[GCM_128]
    audit.prefers = {0x0303: True}
    assert audit.given(0x0303, offered) == SUITES[CBC_256]
    assert audit.given(0x0303, offered[:1]) is None
    assert audit.given(0x0304, offered) is None


def test_what_a_client_is_given_is_not_known_before_all_is_asked() -> None:
    audit = Audit(None, SUITES, draws(b"n"), {0x0303: [CBC_256, GCM_128]}, cut="it took too long")
    offered = [SUITES[each] for each in (GCM_128, CBC_256)]
    assert audit.given(0x0303, offered) is None
    audit.prefers = {0x0303: False}
    assert audit.given(0x0303, offered) == SUITES[GCM_128]


def test_a_server_with_one_curve(tmp_path: Path) -> None:
    context = context_of(tmp_path, "ECDHE-ECDSA-AES128-GCM-SHA256", ssl.TLSVersion.TLSv1_3)
    context.set_ecdh_curve("secp384r1")
    found, _ = audited(lambda question: answer_of(context, question))
    assert found.groups == [SECP384R1]
    assert set(found.ciphers) == {0x0303, 0x0304}
    assert found.ciphers[0x0304] == [0x1302, 0x1303, 0x1301]


def test_old_versions(tmp_path: Path) -> None:
    context = context_of(tmp_path, "ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    found, _ = audited(lambda question: answer_of(context, question))
    assert {0x0301, 0x0302, 0x0303} <= set(found.ciphers)
    assert found.dh_bits is None


def test_the_prime_of_a_finite_field(tmp_path: Path) -> None:
    context = context_of(tmp_path, "ADH-AES128-SHA256:@SECLEVEL=0")
    parameters = tmp_path / "dh.pem"
    prime = b"\x02\x81\x81\x00" + OAKLEY_2.to_bytes(128, "big")
    body = encodebytes(b"\x30\x81\x87" + prime + b"\x02\x01\x02").decode()  # PKCS 3 section 9
    parameters.write_text(f"-----BEGIN DH PARAMETERS-----\n{body}-----END DH PARAMETERS-----\n")
    context.load_dh_params(str(parameters))
    found, _ = audited(lambda question: answer_of(context, question))
    assert [SUITES[each] for each in found.ciphers[0x0303]] == ["TLS_DH_anon_WITH_AES_128_CBC_SHA256"]
    assert found.dh_bits == 1024


def test_hybrid_groups(tmp_path: Path) -> None:
    """The library behind pyOpenSSL is newer than the interpreter's, and speaks them."""
    server_context(tmp_path)
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_privatekey_file(str(tmp_path / "server.pem"))
    context.use_certificate_file(str(tmp_path / "server.pem"))

    def answer(question: bytes) -> bytes:
        server = SSL.Connection(context, None)
        server.set_accept_state()
        server.bio_write(question)
        try:
            server.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error:
            return b"\x15\x03\x03\x00\x02\x02\x28"
        return server.bio_read(65_536)

    found, _ = audited(answer)
    assert {X25519MLKEM768, SECP256R1} <= set(found.groups)


def test_who_is_silent_at_the_whole_offer_is_asked_in_pieces(tmp_path: Path) -> None:
    context = context_of(tmp_path, "ECDHE-ECDSA-AES128-GCM-SHA256")
    offered: set[int] = set()

    def answer(question: bytes) -> bytes:
        [asked] = record_of(question).msg
        if len(asked.ciphers) > PIECE:
            return b""
        offered.update(asked.ciphers)
        return answer_of(context, question)

    found, _ = audited(answer)
    assert found.ciphers == {0x0303: [GCM_128]}
    assert offered == set(SUITES)


def test_nobody_answers() -> None:
    found, count = audited(lambda _: b"")
    assert (found.ciphers, found.groups, found.prefers) == ({}, [], {})
    assert count < 50


def test_a_server_that_takes_everything_is_asked_no_more_than_there_is(tmp_path: Path) -> None:
    def first(question: bytes) -> bytes:
        """Take the first suite and the first group."""
        at = 44 + question[43]
        group = question.find(b"\0\x0a", at + int.from_bytes(question[at : at + 2], "big"))
        curve = b"\x03" + question[group + 6 : group + 8] + b"\x01\x04"
        cipher = int.from_bytes(question[at + 2 : at + 4], "big")
        of_13 = b"\0\x2b\0\x03\x02\x03\x04" in question
        said = (
            hello(RETRY, VERSION_13 + b"\0\x33\0\2" + curve[1:3], cipher) if of_13 else hello(cipher=cipher)
        )
        said = said[:4] + (question[9:11] if not of_13 else said[4:6]) + said[6:]
        return records(said + (b"" if of_13 else message(12, curve)))

    found, count = audited(first)
    assert set(found.groups) == set(GROUPS)
    assert sum(map(len, found.ciphers.values())) < count < MOST_QUESTIONS
    assert all(found.prefers.get(version) is False for version in found.ciphers)


def test_a_server_that_chooses_what_was_not_offered() -> None:
    found, count = audited(lambda _: records(hello(extensions=VERSION_13 + SHARE, cipher=0xBEEF)))
    assert found.ciphers == {}
    assert count == 5


def test_enough() -> None:
    assert not enough_untrusted(b"")
    assert not enough_untrusted(records(hello()))
    assert not enough_untrusted(records(hello())[:20])
    assert enough_untrusted(records(hello() + message(14, b"")))
    assert enough_untrusted(records(hello(extensions=VERSION_13)))
    assert enough_untrusted(bytes.fromhex("15030300020228"))
    assert not enough_untrusted(b"\x15\x03\x03")
    assert enough_untrusted(b"HTTP/1.1 400 Bad Request\r\n")
    assert enough_untrusted(b"\x16" + bytes(1 << 17))


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=5), st.booleans())
def test_any_answers(answers: list[bytes], framed: bool) -> None:
    turn = iter(range(MOST_QUESTIONS))
    few = dict(list(SUITES.items())[:20])

    def answer(_: bytes) -> bytes:
        data = answers[next(turn) % len(answers)]
        return records(message(2, data)) if framed else data

    _, count = audited(answer, few)
    assert count < MOST_QUESTIONS
    assert isinstance(enough_untrusted(answers[0]), bool)
    audit = Audit(None, few, draws(b"n"))
    assert audit._chosen_untrusted(answers[0], 0x0303, []) is None

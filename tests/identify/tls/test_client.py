"""TLS in memory against the standard library's server in memory, and against bytes that are none."""

import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.certificates import server_context

from periplus.identify.tls.client import TlsClient, TlsRefused


class Server:
    """The other end, by `ssl.MemoryBIO`."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.into, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.end = context.wrap_bio(self.into, self.out, server_side=True)

    def turn(self, data: bytes) -> bytes:
        self.into.write(data)
        with suppress(ssl.SSLWantReadError):
            self.end.do_handshake()
        return self.out.read()


def connected(context: ssl.SSLContext, client: TlsClient) -> Server:
    server = Server(context)
    for _ in range(5):
        answer = server.turn(client.outgoing())
        if answer:
            client.feed_untrusted(answer)
    return server


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_handshake_hands_out_what_there_is_to_judge(tmp_path: Path, version: ssl.TLSVersion) -> None:
    context = server_context(tmp_path)
    context.maximum_version = version
    context.set_alpn_protocols(["http/1.1"])
    client = TlsClient("server.test", ("h2", "http/1.1"))
    server = connected(context, client)
    assert client.handshake is not None
    assert client.handshake.version == version.name.replace("_", ".")
    assert client.handshake.cipher
    assert client.handshake.alpn == "http/1.1"
    assert client.handshake.said.startswith(b"\x16\x03")
    assert client.handshake.ocsp is None
    [certificate] = map(x509.load_der_x509_certificate, client.handshake.chain)
    assert certificate.serial_number == 4711
    client.say(b"question")
    server.into.write(client.outgoing())
    assert server.end.read() == b"question"
    server.end.write(b"answer")
    assert client.feed_untrusted(server.out.read()) == b"answer"


def test_a_certificate_against_the_rules_is_handed_out_as_it_is(tmp_path: Path) -> None:
    server_context(tmp_path)
    pem = (tmp_path / "server.pem").read_text()
    at = pem.index("-----BEGIN CERTIFICATE")
    negative = ssl.PEM_cert_to_DER_cert(pem[at:]).replace(b"\2\2\x12\x67", b"\2\2\x92\x67", 1)  # its serial
    (tmp_path / "server.pem").write_text(pem[:at] + ssl.DER_cert_to_PEM_cert(negative))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    client = TlsClient()
    connected(context, client)
    assert client.handshake is not None
    assert client.handshake.chain == (negative,)


def test_a_peer_that_ends_it_is_refused_before_and_ended_after(tmp_path: Path) -> None:
    with pytest.raises(TlsRefused, match="during the handshake"):
        TlsClient().feed_untrusted(b"")
    client = TlsClient()
    connected(server_context(tmp_path), client)
    assert client.feed_untrusted(b"") == b""
    assert client.ended


def test_a_handshake_without_end_is_refused() -> None:
    piece = b"\x16\x03\x03\x40\x00" + b"\x02\x00\xff\xff" + bytes(16_380)
    with pytest.raises(TlsRefused):
        TlsClient().feed_untrusted(piece * 100)


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=5), st.booleans())
def test_any_bytes_are_refused_or_waited_for(pieces: list[bytes], as_record: bool) -> None:
    client = TlsClient()
    client.outgoing()
    with suppress(TlsRefused):
        for each in pieces:
            head = b"\x16\x03\x03" + len(each).to_bytes(2, "big") if as_record else b""
            client.feed_untrusted(head + each)

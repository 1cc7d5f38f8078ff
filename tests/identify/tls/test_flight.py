"""The encrypted part of a handshake, as aioquic's TLS writes it."""

from aioquic import tls
from aioquic._buffer import Buffer
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.quic.server import certificate
from tests.identify.script import survive

from periplus.identify.cursor import Cursor
from periplus.identify.tls.flight import _chain_untrusted, _parameters_untrusted, flight_untrusted
from periplus.identify.tls.hello import server_hello_untrusted

DER = certificate()[0].public_bytes(Encoding.DER)
HELLO = tls.ServerHello(
    random=bytes(32),
    legacy_session_id=b"",
    cipher_suite=tls.CipherSuite.AES_256_GCM_SHA384,
    compression_method=0,
    key_share=(tls.Group.X25519, bytes(32)),
    supported_version=tls.TLS_VERSION_1_3,
)
EXTENSIONS = tls.EncryptedExtensions(alpn_protocol="h3", other_extensions=[(0x39, b"\1\2\3"), (0x2A, b"")])


def written() -> bytes:
    buffer = Buffer(capacity=8192)
    tls.push_server_hello(buffer, HELLO)
    tls.push_encrypted_extensions(buffer, EXTENSIONS)
    tls.push_certificate(buffer, tls.Certificate(certificates=[(DER, b""), (b"another", b"\0\5\0\0")]))
    return bytes(buffer.data)


WHOLE = written()


def test_what_is_said() -> None:
    flight = flight_untrusted(WHOLE)
    assert flight.parameters == b"\1\2\3"
    assert flight.chain == (DER, b"another")
    hello = server_hello_untrusted(flight.hello)
    assert (hello.version, hello.cipher, hello.group) == (0x0304, 0x1302, 0x1D)


def test_a_flight_that_is_not_there_yet() -> None:
    assert flight_untrusted(b"") == flight_untrusted(WHOLE[:40])
    assert flight_untrusted(WHOLE[:-1]).chain == ()


def test_a_chain_is_cut() -> None:
    buffer = Buffer(capacity=8192)
    tls.push_certificate(buffer, tls.Certificate(certificates=[(b"x", b"")] * 100))
    assert len(flight_untrusted(bytes(buffer.data)).chain) == 16


@given(damaged(WHOLE, WHOLE[90:]))
def test_any_bytes(data: bytes) -> None:
    survive(
        data,
        flight_untrusted,
        lambda each: _chain_untrusted(Cursor(each)),
        lambda each: _parameters_untrusted(Cursor(each)),
    )

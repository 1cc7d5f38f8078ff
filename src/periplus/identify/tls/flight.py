"""What a server says in the encrypted part of a TLS 1.3 handshake, read from the messages themselves.

RFC 8446, sections 4.3.1 (encrypted extensions) and 4.4.2 (certificate). Over TCP the library that decrypts hands this
out; over QUIC the messages are at hand, without records, and nothing else is.

Limits: of a certificate's own extensions none is read.
"""

from dataclasses import dataclass

from periplus.identify.cursor import Cursor
from periplus.identify.tls.hello import CERTIFICATE, ENCRYPTED_EXTENSIONS, SERVER_HELLO, split_untrusted

__all__ = ["Flight", "flight_untrusted"]

TRANSPORT_PARAMETERS = 0x39  # RFC 9001 section 8.2
MOST_CERTIFICATES = 16
HANDSHAKE_RECORD = b"\x16\x03\x03"


@dataclass(frozen=True, slots=True)
class Flight:
    """What was said. `hello` is the server's, in a record; `chain` its certificates in DER, its own first."""

    hello: bytes = b""
    parameters: bytes = b""
    chain: tuple[bytes, ...] = ()


def flight_untrusted(stream: bytes) -> Flight:
    """Read the messages that are whole; raises BadReply."""
    hello, parameters = b"", b""
    chain: tuple[bytes, ...] = ()
    for kind, body in split_untrusted(stream):
        if kind == SERVER_HELLO:
            message = bytes([kind]) + len(body).to_bytes(3, "big") + body
            hello = HANDSHAKE_RECORD + len(message).to_bytes(2, "big") + message
        elif kind == ENCRYPTED_EXTENSIONS:
            parameters = _parameters_untrusted(Cursor(body))
        elif kind == CERTIFICATE:
            chain = _chain_untrusted(Cursor(body))
    return Flight(hello, parameters, chain)


def _parameters_untrusted(cursor: Cursor) -> bytes:
    extensions = Cursor(cursor.sized(2))
    while extensions.left:
        number, value = extensions.number(2), extensions.sized(2)
        if number == TRANSPORT_PARAMETERS:
            return value
    return b""


def _chain_untrusted(cursor: Cursor) -> tuple[bytes, ...]:
    cursor.sized(1)
    entries = Cursor(cursor.sized(3))
    chain: list[bytes] = []
    while entries.left and len(chain) < MOST_CERTIFICATES:
        chain.append(entries.sized(3))
        entries.sized(2)
    return tuple(chain)

"""A TLS client in memory: bytes of the connection in, bytes for it out (pyOpenSSL over OpenSSL's memory BIOs).

It is to talk to whatever is there, so it takes every version and cipher that the library still speaks and checks no
certificate; what there is to judge is handed out: the chain, a stapled OCSP answer, and the handshake's own bytes.

pyOpenSSL and not the standard library's `ssl`, which hands out neither the whole chain nor a stapled answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from OpenSSL import SSL
from OpenSSL.crypto import FILETYPE_ASN1, dump_certificate

from periplus.errors import BadReply

__all__ = ["Handshake", "TlsClient", "TlsRefused"]

PIECE = 65_536
MOST_HANDSHAKE = 256 << 10
CIPHERS = b"ALL:COMPLEMENTOFALL:@SECLEVEL=0"


class TlsRefused(BadReply):
    """The peer does not come to terms over TLS."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """A finished handshake: what was chosen, the peer's chain (DER, its own first), and what the peer sent for it.

    `within`: the protocol in whose conversation it was begun; None: the connection began with it. `quic`: it was
    carried by QUIC.
    """

    version: str
    cipher: str
    alpn: str | None
    chain: tuple[bytes, ...]
    ocsp: bytes | None
    said: bytes
    within: str | None = None
    quic: bool = False


class TlsClient:
    """One connection's TLS. Send what `outgoing` returns after every call."""

    def __init__(self, name: str | None = None, alpn: Sequence[str] = ()) -> None:
        """`name`: the host name to ask for (SNI); an address is none. `alpn`: the protocols to offer, if any."""
        self.handshake: Handshake | None = None
        self.ended = False
        self._heard = bytearray()
        self._stapled: list[bytes] = []
        self._tls = SSL.Connection(self._context(), None)
        if name:
            self._tls.set_tlsext_host_name(name.encode("idna"))
        if alpn:
            self._tls.set_alpn_protos([each.encode("ascii") for each in alpn])
        self._tls.request_ocsp()
        self._tls.set_connect_state()
        self._go_on()

    def _context(self) -> SSL.Context:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(SSL.TLS1_VERSION)
        context.set_cipher_list(CIPHERS)
        context.set_options(SSL.OP_LEGACY_SERVER_CONNECT)
        context.set_ocsp_client_callback(self._take_stapled)
        return context

    def _take_stapled(self, _connection: SSL.Connection, answer: bytes, _data: object) -> bool:
        self._stapled.append(answer)
        return True

    def outgoing(self) -> bytes:
        """Return all that is to be sent now."""
        pieces = []
        while True:
            try:
                pieces.append(self._tls.bio_read(PIECE))
            except SSL.WantReadError:
                return b"".join(pieces)

    def feed_untrusted(self, data: bytes) -> bytes:
        """Take bytes of the connection; return the plain text that they complete. Raises TlsRefused.

        No data: the connection has ended.
        """
        if not data:
            self.ended = True
            if self.handshake is None:
                raise TlsRefused("the peer ended the connection during the handshake")
            return b""
        if self.handshake is None:
            self._heard += data
            if len(self._heard) > MOST_HANDSHAKE:
                raise TlsRefused("the handshake has no end")
        self._tls.bio_write(data)
        if self.handshake is None:
            self._go_on()
        return self._plain() if self.handshake else b""

    def say(self, data: bytes) -> None:
        """Encrypt plain text, for `outgoing`."""
        self._tls.sendall(data)

    def _go_on(self) -> None:
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            raise TlsRefused(_why(error)) from None
        self.handshake = Handshake(
            version=self._tls.get_protocol_version_name(),
            cipher=self._tls.get_cipher_name() or "",
            alpn=self._tls.get_alpn_proto_negotiated().decode("ascii", "replace") or None,
            chain=self._chain(),
            ocsp=next(filter(None, self._stapled), None),
            said=bytes(self._heard),
        )

    def _chain(self) -> tuple[bytes, ...]:
        """Return the chain as it came: nobody reads it here, who might warn of it or refuse it."""
        return tuple(dump_certificate(FILETYPE_ASN1, each) for each in self._tls.get_peer_cert_chain() or ())

    def _plain(self) -> bytes:
        pieces = []
        try:
            while True:
                pieces.append(self._tls.recv(PIECE))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.ended = True
        except SSL.Error as error:
            raise TlsRefused(_why(error)) from None
        return b"".join(pieces)


def _why(error: SSL.Error) -> str:
    """Return OpenSSL's reason in one line."""
    reasons = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(str(each[-1]) for each in reasons if each) or type(error).__name__

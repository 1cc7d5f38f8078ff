"""The server's side of QUIC, without I/O: aioquic's, which answers requests by a function, in a time of its own.

`converse` joins it to a talk. Identifiers and keys are the library's own draw, so no bytes of a connection repeat;
what is said does.
"""

import datetime as dt
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache

from aioquic._buffer import Buffer
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ProtocolNegotiated, QuicEvent, StreamDataReceived
from aioquic.quic.packet import pull_quic_header
from aioquic.tls import Epoch
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.identify.script import PEER

from periplus.identify.model import Peer
from periplus.identify.talk import DONE, Conversation, End, Event, Say, Talk
from periplus.payload.quic import DESTINATION_ID, PAYLOADS, SOURCE_ID

__all__ = ["Serve", "Server", "certificate", "converse", "negotiation", "packet", "page"]

CLIENT = ("client", 0)
BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
STEP_S = 0.001
MOST_TURNS = 2_000
Serve = Callable[[H3Connection, int, dict[str, str]], None]


@cache
def certificate(name: str = "server.test") -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A self-signed certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        subject, subject, key.public_key(), 4711, BEGIN, BEGIN + dt.timedelta(3650)
    )
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    return builder.add_extension(names, critical=False).sign(key, hashes.SHA256()), key


def negotiation(*versions: int) -> bytes:
    """Both our identifiers, exchanged, and versions (RFC 9000 section 17.2.1)."""
    head = b"\xc3\0\0\0\0\x08" + SOURCE_ID + b"\x08" + DESTINATION_ID
    return head + b"".join(each.to_bytes(4, "big") for each in versions)


def page(body: bytes = b"<title>x</title>", *headers: tuple[str, str], status: str = "200") -> Serve:
    """A page for whoever asks."""
    pairs = [(b":status", status.encode()), *((key.encode(), value.encode()) for key, value in headers)]

    def serve(end: H3Connection, stream: int, _: dict[str, str]) -> None:
        end.send_headers(stream, pairs, end_stream=not body)
        if body:
            end.send_data(stream, body, end_stream=True)

    return serve


class Server:
    """A server that agrees on `alpn`; over HTTP/3 it answers by `serve`, else by `answer` what came on a stream.

    `versions` None: it keeps them to itself.
    """

    def __init__(
        self,
        serve: Serve | None = None,
        *,
        alpn: Sequence[str] | None = ("h3",),
        answer: Callable[[bytes], bytes] = bytes,
        versions: Sequence[int] | None = (1,),
    ) -> None:
        self.paths: list[str] = []
        self.asked: list[dict[str, str]] = []
        self.quic: QuicConnection | None = None
        self.events: list[QuicEvent] = []
        self._serve, self._answer, self._versions, self._alpn = serve or page(), answer, versions, alpn
        self._http: H3Connection | None = None
        self._came: dict[int, bytes] = {}

    def turn(self, data: bytes, now: float) -> list[bytes]:
        """Take a datagram; return the answers."""
        if data == PAYLOADS[0].data:
            return [] if self._versions is None else [negotiation(*self._versions)]
        if self.quic is None:
            header = pull_quic_header(Buffer(data=data), host_cid_length=8)
            self.quic = self._connection(header.destination_cid)
        self.quic.receive_datagram(data, CLIENT, now)
        return self._go_on(now)

    def retried_from(self, original: bytes, source: bytes) -> None:
        """The client was sent away to come again with a token."""
        self.quic = self._connection(original, source)

    def _connection(self, original: bytes, retried: bytes | None = None) -> QuicConnection:
        chain, key = certificate()
        how = QuicConfiguration(
            alpn_protocols=None if self._alpn is None else [*self._alpn],
            is_client=False,
            certificate=chain,
            private_key=key,
            supported_versions=[*(self._versions or (1,))],
        )
        return QuicConnection(
            configuration=how,
            original_destination_connection_id=original,
            retry_source_connection_id=retried,
        )

    def wake(self, now: float) -> list[bytes]:
        """Let the time pass."""
        timer = self.quic.get_timer() if self.quic else None
        if self.quic is None or timer is None:
            return []
        if timer <= now:
            self.quic.handle_timer(now)
        return self._go_on(now)

    def _go_on(self, now: float) -> list[bytes]:
        assert self.quic is not None
        for event in iter(self.quic.next_event, None):
            self.events.append(event)
            if isinstance(event, ProtocolNegotiated) and event.alpn_protocol == "h3":
                self._http = H3Connection(self.quic)
            elif self._http is None and isinstance(event, StreamDataReceived):
                self._came[event.stream_id] = self._came.get(event.stream_id, b"") + event.data
                if event.end_stream:
                    self.quic.send_stream_data(
                        event.stream_id, self._answer(self._came[event.stream_id]), end_stream=True
                    )
            for each in self._http.handle_event(event) if self._http else ():
                if isinstance(each, HeadersReceived):
                    assert self._http is not None
                    asked = {key.decode(): value.decode() for key, value in each.headers}
                    self.asked.append(asked)
                    self.paths.append(asked[":path"])
                    self._serve(self._http, each.stream_id, asked)
        return [data for data, _ in self.quic.datagrams_to_send(now)]

    @property
    def left(self) -> tuple[int, int | None] | None:
        """The error, and kind of frame, by which the client took leave."""
        event = self.quic._close_event if self.quic else None
        return (event.error_code, event.frame_type) if event else None


def packet(quic: QuicConnection, payload: bytes, number: int, epoch: Epoch = Epoch.ONE_RTT) -> bytes:
    """Any frames in a packet of a connection, as its own side would encrypt it."""
    if epoch is Epoch.ONE_RTT:
        head = b"\x41" + quic._peer_cid.cid + number.to_bytes(2, "big")
    else:
        kind = b"\xc1" if epoch is Epoch.INITIAL else b"\xe1"
        ids = b"".join(bytes([len(each)]) + each for each in (quic._peer_cid.cid, quic.host_cid))
        token = b"\0" if epoch is Epoch.INITIAL else b""
        length = (len(payload) + 2 + 16 | 0x4000).to_bytes(2, "big")
        head = kind + b"\0\0\0\1" + ids + token + length + number.to_bytes(2, "big")
    sealed: bytes = quic._cryptos[epoch].encrypt_packet(head, payload, number)
    return sealed


def converse(
    talk: Callable[[Peer], Talk],
    turn: Callable[[bytes, float], list[bytes]],
    wake: Callable[[float], list[bytes]] = lambda _: [],
    peer: Peer = PEER,
    happened: list[Event] | None = None,
) -> tuple[Conversation, float]:
    """Let a talk and a server talk, without loss and a millisecond for each datagram; also how long it took.

    `happened` gets all events.
    """
    now = 0.0

    def clock() -> float:
        return now

    conversation = Conversation(
        talk(Peer(peer.address, peer.port, peer.name, nonce=peer.nonce, clock=clock)), datagrams=True
    )
    events: list[Event] = conversation.start()
    coming: deque[bytes] = deque()
    for _ in range(MOST_TURNS):
        if happened is not None:
            happened.extend(events)
        for event in events:
            if isinstance(event, Say):
                coming.extend(turn(event.data, now))
        if events[-1] is DONE:
            return conversation, now
        if not coming:
            now += conversation.wait_s or 1.5
            coming.extend(wake(now))
            events = conversation.feed(coming.popleft()) if coming else conversation.end(End.SILENT)
        else:
            now += STEP_S
            events = conversation.feed(coming.popleft())
    raise AssertionError("the talk has no end")

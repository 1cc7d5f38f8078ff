"""QUIC: the versions that a server speaks; then, in one of them, what it carries: HTTP/3, DNS, or by name another.

RFC 9000, sections 6 and 15, and RFC 8999, section 6, for the first question: a packet of a version kept for this use,
which a server answers with its own. Then a connection (`quic/client.py`) that offers all that we know by name
(RFC 7301): a page is asked for over HTTP/3 (RFC 9114), what HTTP/1.1 is asked; over DNS (RFC 9250) what DNS is asked;
of others only the name is told. Servers that keep their versions to themselves are tried at likely ports.

Identified by a version negotiation that returns both our connection identifiers, or by a handshake; what is carried,
by what was agreed on in that, surely by its answer.

Limits: who speaks older versions only, or nothing of what we offer, tells that and no more; there is no page then.
"""

import struct
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, replace

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.http import three
from periplus.identify.http.explore import explored_untrusted
from periplus.identify.http.texts import told_untrusted
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.protocol.dns import QUESTIONS as DNS_QUESTIONS
from periplus.identify.question import Answered, Question, looks_of
from periplus.identify.quic.client import Quic, Stream
from periplus.identify.quic.parameters import parameters_untrusted
from periplus.identify.talk import Detail, End, Ended, Known, Say, Secured, Some, Talk, Told, Want
from periplus.identify.tls.hello import server_hello_untrusted
from periplus.payload.quic import DESTINATION_ID, PAYLOADS, SOURCE_ID

__all__ = ["PROTOCOL", "versions_untrusted"]

PORTS = (80, 443, 784, 853, 4433, 8443)
SPOKEN = (1, 0x6B3343CF)
NAMES = {
    1: "1",
    0x6B3343CF: "2",
    0x709A50C4: "2 (draft)",
    0x51303433: "Q043",
    0x51303436: "Q046",
    0x51303530: "Q050",
}
LONG_HEADER = 0x80
BY_NEGOTIATION, BY_HANDSHAKE, BY_NAME, BY_AGREEMENT, BY_ANSWER = 0.98, 0.98, 0.75, 0.8, 0.99
CRYPTO_ERROR = 0x100  # of the transport's; what is added is an alert of TLS (RFC 9001 section 4.8)
NO_ERROR = 0
SUITES = {
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
}


def versions_untrusted(data: bytes) -> Answered:
    """Read a version negotiation; raises BadReply."""
    shown: list[Detail] = [
        _name(each) for each in _versions_untrusted(data) if each & 0x0F0F0F0F != 0x0A0A0A0A
    ]
    return Answered(BY_NEGOTIATION, "listed its versions", Told(detail={"versions": shown}))


def _versions_untrusted(data: bytes) -> list[int]:
    cursor = Cursor(data)
    if not cursor.number(1) & LONG_HEADER or cursor.number(4):
        raise BadReply("no version negotiation of QUIC")
    if cursor.sized(1) != SOURCE_ID or cursor.sized(1) != DESTINATION_ID:
        raise BadReply("not our connection")
    if not cursor.left or cursor.left % 4:
        raise BadReply("no list of versions")
    return [number for (number,) in struct.iter_unpack("!I", cursor.rest())]


def _name(version: int) -> str:
    if version >> 8 == 0xFF0000:
        return f"draft {version & 0xFF}"
    return NAMES.get(version, f"{version:#010x}")


QUESTION = Question(PAYLOADS[0].data, versions_untrusted)


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the versions, connect, and ask what is carried."""
    versions = yield from _asked_versions(peer)
    version = next((each for each in SPOKEN if each in versions), None)
    if version is None:
        return
    quic = Quic(peer, tuple(CARRIED), version)
    complete = yield from quic.connect()
    yield Known(BY_HANDSHAKE, "a handshake of QUIC" if complete else "an answer to a handshake of QUIC")
    if not complete:
        yield _told_end(quic)
        return
    yield from _told_handshake(quic, version)
    carried = CARRIED[quic.agreed or ""]
    yield Known(carried.confidence, f"agreed on {quic.agreed} within QUIC", carried.service)
    fault: BadReply | None = None
    try:
        yield from carried.ask(peer, quic)
    except BadReply as error:
        fault = error
    yield from quic.close(carried.farewell)
    yield _told_end(quic)
    if fault is not None:
        raise fault


def _asked_versions(peer: Peer) -> Generator[Want, bytes, list[int]]:
    """Return what versions there are; at likely ports the usual one where nothing is said of them."""
    yield Say(QUESTION.data)
    try:
        data = yield Some()
    except Ended as ended:
        if ended.why is not End.SILENT or peer.port not in PORTS:
            raise
        return [*SPOKEN[:1]]
    found = versions_untrusted(data)
    yield Known(found.confidence, found.why)
    yield found.told
    return _versions_untrusted(data)


def _told_handshake(quic: Quic, version: int) -> Generator[Want, bytes, None]:
    from periplus.identify.tls.client import Handshake

    flight = quic.flight
    cipher = server_hello_untrusted(flight.hello).cipher
    suite = SUITES.get(cipher, f"{cipher:#06x}")
    yield Secured(Handshake("TLSv1.3", suite, quic.agreed, flight.chain, None, flight.hello, quic=True))
    yield Told(detail={"quic": {"version": _name(version), **parameters_untrusted(flight.parameters)}})


def _told_end(quic: Quic) -> Told:
    """Tell how the connection was ended, if not by us; an alert of TLS by its name (RFC 8446 section 6)."""
    from aioquic.tls import AlertDescription

    closed = quic.closed
    if closed is None:
        return Told()
    why: dict[str, Detail] = {
        "error": f"{closed.error:#x}",
        "by": "transport" if closed.by_transport else "application",
        "reason": closed.reason,
    }
    if closed.by_transport and closed.error > CRYPTO_ERROR:
        with suppress(ValueError):
            why["alert"] = AlertDescription(closed.error - CRYPTO_ERROR).name.replace("_", " ")
    words = next(filter(None, (why.get("alert"), closed.reason, why["error"])))
    return Told(info=f"ended: {words}", detail={"ended": why})


def _page(peer: Peer, quic: Quic) -> Generator[Want, bytes, None]:
    """Ask for a page and what follows from it."""
    inside, ask = replace(peer, tls=True), three.asker(quic)
    three.begin(quic)
    first = yield from ask(inside, "/", "GET", None)
    yield Known(BY_ANSWER, f"an answer over HTTP/3, {first.status}", HTTP_3)
    yield told_untrusted(first, "/")
    with suppress(BadReply):
        yield Told(detail={"http3": three.settings_untrusted(quic.told())})
    yield from explored_untrusted(inside, first, ask)


def _names(peer: Peer, quic: Quic) -> Generator[Want, bytes, None]:
    """Ask what DNS is asked; a message stands behind its length and has the number 0 (RFC 9250 section 4.2)."""
    for number, question in enumerate(DNS_QUESTIONS):
        its_own, rest = question.data[:2], question.data[2:]
        asked = len(question.data).to_bytes(2, "big") + UNNUMBERED + rest
        stream = yield from quic.exchange(asked, _holds_a_message, DOQ_CANCELLED)
        cursor = Cursor(Cursor(bytes(stream.data)).sized(2))
        cursor.expect(UNNUMBERED, "answer of DNS")
        found = question.read(its_own + cursor.rest())
        if not number:
            yield Known(BY_ANSWER, found.why, DOMAIN)
        yield found.told


def _holds_a_message(stream: Stream) -> bool:
    return len(stream.data) >= 2 + int.from_bytes(stream.data[:2], "big")


def _nothing(_peer: Peer, _quic: Quic) -> Generator[Want, bytes, None]:
    yield from ()


@dataclass(frozen=True, slots=True)
class Carried:
    """What a name stands for that is agreed on: the service, what to ask, and how to take leave of it."""

    service: str
    ask: Callable[[Peer, Quic], Generator[Want, bytes, None]] = _nothing
    farewell: int = NO_ERROR
    confidence: float = BY_NAME


HTTP_3, DOMAIN = "http3", "domain"
UNNUMBERED = b"\0\0"
DOQ_CANCELLED = 3  # RFC 9250 section 8.4
CARRIED = {
    three.ALPN: Carried(HTTP_3, _page, three.NO_ERROR, BY_AGREEMENT),
    "doq": Carried(DOMAIN, _names, confidence=BY_AGREEMENT),
    "smb": Carried("microsoft-ds"),
    "mqtt": Carried("mqtt"),
}
PROTOCOL = Protocol(
    name="quic",
    title="QUIC",
    source="RFC 9000, RFC 8999",
    talk=talk_untrusted,
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=PORTS,
    rarity=3,
)

"""QUIC: version negotiation by RFC 9000 section 17.2.1; what it carries, against aioquic's server side.

What caddy of Debian 12 says is in the lab.
"""

from collections.abc import Callable
from dataclasses import replace

import dns.message
import dns.rrset
import pytest
from aioquic.h3.connection import H3Connection
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.quic.server import Server, certificate, converse, negotiation, page
from tests.identify.script import PEER, Line, play, shipped, survive

from periplus.identify.driver.datagram import is_answer
from periplus.identify.model import Over
from periplus.identify.protocol.quic import (
    PROTOCOL,
    QUESTION,
    _versions_untrusted,
    talk_untrusted,
    versions_untrusted,
)
from periplus.identify.service import Attempt, Service, service_of
from periplus.identify.talk import Event, Secured
from periplus.identify.tls.client import Handshake
from periplus.payload.quic import PAYLOADS

OLD = (0x1A2A3A4A, 0xFF00001D, 0x51303530, 0x12345678)
KNOWN = negotiation(*OLD)
SAY: Line = (">", None)
SILENCE: Line = ("end", b"silent")
SCRIPTS: dict[str, list[Line]] = {
    "versions": [(">", QUESTION.data), ("<", KNOWN)],
    "no handshake": [(">", QUESTION.data), ("<", negotiation(*OLD, 1)), SAY, *[SILENCE, SAY] * 3],
    "none": [(">", QUESTION.data), ("<", negotiation())],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}
VERSION_1, VERSION_2 = 1, 0x6B3343CF


def asked(server: Server, port: int = PEER.port) -> tuple[Service, Handshake | None]:
    """What a talk with a server comes to, and the handshake in it."""
    happened: list[Event] = []
    talk, _ = converse(talk_untrusted, server.turn, server.wake, replace(PEER, port=port), happened)
    attempt = Attempt(PROTOCOL, talk.known, tuple(talk.told), problem=str(talk.fault) if talk.fault else None)
    handshake = next((each.handshake for each in happened if isinstance(each, Secured)), None)
    return service_of(PEER.address, port, Over.UDP, [attempt], shipped()), handshake


def test_versions() -> None:
    service = play(PROTOCOL, SCRIPTS["versions"])
    assert service.protocol == "quic"
    assert service.detail["versions"] == ["draft 29", "Q050", "0x12345678"]


def test_what_the_scan_asked_is_not_asked_again() -> None:
    [(_, asked), (_, heard), *_] = SCRIPTS["versions"]
    assert asked == PAYLOADS[0].data
    assert heard is not None
    assert is_answer(PROTOCOL, PEER, [], heard)


def test_what_is_no_negotiation() -> None:
    assert play(PROTOCOL, SCRIPTS["none"]).protocol is None
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


def test_versions_stay_known_where_no_handshake_follows() -> None:
    service = play(PROTOCOL, SCRIPTS["no handshake"])
    assert (service.protocol, service.confidence) == ("quic", 0.98)
    assert service.detail["versions"] == ["draft 29", "Q050", "0x12345678", "1"]
    assert service.problems == ("quic: the peer silent",)


@pytest.mark.parametrize(("version", "name"), [(VERSION_1, "1"), (VERSION_2, "2")])
def test_http_3(version: int, name: str) -> None:
    server = Server(page(b"<title>Hello</title>", ("server", "Caddy")), versions=(version,))
    service, handshake = asked(server)
    assert (service.protocol, service.confidence, service.runner_up) == ("http3", 0.99, None)
    assert (service.why, service.product) == ("an answer over HTTP/3, 200", "Caddy")
    assert (service.detail["status"], service.detail["title"]) == (200, "Hello")
    assert service.detail["http3"] == {
        "settings": {
            "qpack_max_table_capacity": 4096,
            "qpack_blocked_streams": 16,
            "enable_connect_protocol": 1,
        },
        "order": "1:4096;7:16;8:1",
    }
    quic = service.detail["quic"]
    assert isinstance(quic, dict)
    assert (quic["version"], quic["order"]) == (name, "0,1,2,4,5,6,7,8,9,a,b,e,f,11")
    assert server.paths == ["/", "/favicon.ico"]
    assert server.left == (0x100, None)
    assert handshake is not None
    assert (handshake.version, handshake.alpn, handshake.quic) == ("TLSv1.3", "h3", True)
    assert handshake.cipher == "TLS_AES_256_GCM_SHA384"
    assert handshake.chain == (certificate()[0].public_bytes(Encoding.DER),)


def test_a_redirect_on_the_same_port_is_followed() -> None:
    moved = page(b"", ("location", "https://198.18.0.1:4711/there"), status="302")

    def serve(end: H3Connection, stream: int, wanted: dict[str, str]) -> None:
        (moved if wanted[":path"] == "/" else page(b"<title>There</title>"))(end, stream, wanted)

    server = Server(serve)
    service, _ = asked(server)
    assert server.paths == ["/", "/there", "/favicon.ico"]
    assert service.detail["title"] == "There"


def test_a_server_that_agrees_on_http_3_and_gives_no_answer() -> None:
    server = Server(lambda end, stream, wanted: None)
    service, _ = asked(server)
    assert (service.protocol, service.confidence) == ("http3", 0.8)
    assert service.problems == ("quic: the peer silent",)
    assert server.left == (0x100, None)


def test_a_server_of_nothing_that_we_offer_says_so() -> None:
    service, handshake = asked(Server(alpn=("bep/1.0",)))
    assert (service.protocol, service.confidence) == ("quic", 0.98)
    assert (service.info, service.detail["versions"]) == ("ended: no application protocol", ["1"])
    assert service.detail["ended"] == {
        "error": "0x178",
        "by": "transport",
        "reason": "No common ALPN protocols",
        "alert": "no application protocol",
    }
    assert handshake is None


def test_a_server_that_wants_our_certificate_ends_it_when_it_gets_none() -> None:
    server = Server(lambda end, stream, wanted: end._quic.close(0x174, 6, "who are you?"))
    service, handshake = asked(server)
    assert (service.protocol, service.confidence) == ("http3", 0.8)
    assert (service.info, handshake is not None) == ("ended: certificate required", True)
    assert service.problems == ("quic: QUIC: the connection has ended (who are you?)",)


def test_an_application_that_ends_it_has_numbers_of_its_own() -> None:
    service, _ = asked(Server(lambda end, stream, wanted: end._quic.close(0x174)))
    assert service.detail["ended"] == {"error": "0x174", "by": "application", "reason": ""}
    assert service.info == "ended: 0x174"


@pytest.mark.parametrize(("alpn", "service"), [("smb", "microsoft-ds"), ("mqtt", "mqtt")])
def test_what_is_carried_by_name_only(alpn: str, service: str) -> None:
    server = Server(alpn=(alpn,))
    found, handshake = asked(server)
    assert (found.protocol, found.confidence) == (service, 0.75)
    assert handshake is not None
    assert handshake.alpn == alpn
    assert server.left == (
        0xC,
        0,
    )  # so an application leaves before all is confirmed (RFC 9000 section 10.2.3)


def answering(version: str = "thing 1.0", number: int = 0) -> Callable[[bytes], bytes]:
    def answer(came: bytes) -> bytes:
        wanted = dns.message.from_wire(came[2:])
        assert wanted.id == 0
        reply = dns.message.make_response(wanted, recursion_available=True)
        reply.id = number
        name = wanted.question[0].name.to_text()
        if name == "version.bind.":
            reply.answer = [dns.rrset.from_text(name, 0, "CH", "TXT", f'"{version}"')]
        written = reply.to_wire()
        return len(written).to_bytes(2, "big") + written

    return answer


def test_dns_over_quic() -> None:
    server = Server(alpn=("doq",), answer=answering())
    service, handshake = asked(server)
    assert (service.protocol, service.confidence) == ("domain", 0.99)
    assert (service.detail["recursion_available"], service.detail["version"]) == (True, "thing 1.0")
    assert handshake is not None
    assert (handshake.alpn, server.left) == ("doq", (0, None))


def always(said: bytes) -> Callable[[bytes], bytes]:
    return lambda _: said


def test_dns_that_is_none() -> None:
    for answer in (always(b""), always(b"\0\1x"), always(b"\0\4\0\0\1\1"), answering(number=5)):
        service, _ = asked(Server(alpn=("doq",), answer=answer))
        assert (service.protocol, service.confidence) == ("domain", 0.8)
        assert service.problems


def test_versions_that_are_kept_secret_are_tried_at_likely_ports_only() -> None:
    likely, unlikely = Server(versions=None), Server(versions=None)
    assert asked(likely, 443)[0].protocol == "http3"
    assert asked(unlikely, 4444)[0].protocol is None
    assert unlikely.quic is None


@given(damaged(KNOWN, negotiation(1)))
def test_any_bytes(data: bytes) -> None:
    survive(data, versions_untrusted, _versions_untrusted)

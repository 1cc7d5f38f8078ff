"""XMPP, by what Prosody 0.12.3 of Debian 12 says on the loopback, and by an error of RFC 6120, 4.9.3.6."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, Line, exhaust, play

from periplus.errors import BadReply
from periplus.identify.model import Protocol
from periplus.identify.protocol.xmpp import (
    END,
    PROTOCOLS,
    looks_server_untrusted,
    looks_untrusted,
    stream_untrusted,
    talk_client_untrusted,
    talk_server_untrusted,
)

CLIENT, SERVER = PROTOCOLS
SPACES = b"xmlns:stream='http://etherx.jabber.org/streams'"
OURS = (
    b"<?xml version='1.0'?><stream:stream to='198.18.0.1' xmlns='jabber:client' "
    + SPACES
    + b" version='1.0'>"
)
STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
HEADER = (
    b"<?xml version='1.0'?><stream:stream xml:lang='en' xmlns='jabber:client' " + SPACES
    + b" from='example.com' id='461c285e' version='1.0'>"
)  # fmt: skip
OFFERS = b"<stream:features>" + STARTTLS.replace(b"/>", b"></starttls>") + b"</stream:features>"
MECHANISMS = (
    b"<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism>"
    b"<mechanism>PLAIN</mechanism></mechanisms></stream:features>"
)
OTHER = b"<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
OF_SERVERS = HEADER.replace(b"jabber:client", b"jabber:server").replace(
    b" from='example.com'", b" from='198.18.0.1'"
)
SCRIPTS_CLIENT: dict[str, list[Line]] = {
    "Prosody": [
        (">", OURS),
        ("<", HEADER + OFFERS),
        (">", STARTTLS),
        ("<", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
        ("tls", b""),
        (">", OURS),
        ("<", HEADER + MECHANISMS),
        (">", END),
    ],
    "another host": [(">", OURS), ("<", HEADER + OTHER), (">", END)],
}
SCRIPTS_SERVER: dict[str, list[Line]] = {
    "Prosody": [(">", None), ("<", OF_SERVERS), ("end", b"silent"), (">", END)],
}
FOR_SERVERS: list[Line] = [(">", OURS), ("<", OF_SERVERS + b"<stream:features/>"), (">", END)]
MORE_SCRIPTS = ((CLIENT, SCRIPTS_CLIENT), (SERVER, SCRIPTS_SERVER))
UPGRADES: list[tuple[Protocol, list[Line]]] = [
    (
        CLIENT,
        [
            (">", OURS),
            ("<", HEADER + OFFERS),
            (">", STARTTLS),
            ("<", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
            ("tls", b""),
        ],
    ),
    (SERVER, [(">", None), ("<", OF_SERVERS + OFFERS), (">", STARTTLS), ("<", b"<proceed/>"), ("tls", b"")]),
    (SERVER, [(">", None), ("<", OF_SERVERS + OFFERS), (">", STARTTLS), ("<", b"<failure/>")]),
    (CLIENT, [(">", OURS), ("<", HEADER + OTHER)]),
]


def test_prosody() -> None:
    service = play(CLIENT, SCRIPTS_CLIENT["Prosody"])
    assert (service.protocol, service.confidence, service.hostname) == ("xmpp-client", 0.97, "example.com")
    assert service.detail["starttls"] is True
    assert (service.detail["mechanisms"], service.detail["mechanisms_tls"]) == ([], ["SCRAM-SHA-1", "PLAIN"])


def test_an_error_is_an_answer_too() -> None:
    service = play(CLIENT, SCRIPTS_CLIENT["another host"])
    assert (service.protocol, service.detail["error"]) == ("xmpp-client", "host-unknown")


def test_the_stream_says_for_whom_it_is() -> None:
    assert play(CLIENT, FOR_SERVERS).confidence == 0.65
    service = play(SERVER, SCRIPTS_SERVER["Prosody"])
    assert (service.protocol, service.confidence, service.hostname) == ("xmpp-server", 0.97, None)


@pytest.mark.parametrize("said", [OURS, b"<html><body>", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_what_is_none(said: bytes) -> None:
    assert play(CLIENT, [(">", OURS), ("<", said), ("end", b"closed")]).protocol is None


def test_looks() -> None:
    assert looks_untrusted(HEADER) == looks_untrusted(OF_SERVERS) == 0.95
    assert (looks_server_untrusted(HEADER), looks_server_untrusted(OF_SERVERS)) == (0, 0.97)


@given(st.text(max_size=60))
def test_any_stream(text: str) -> None:
    with suppress(BadReply):
        assert stream_untrusted(HEADER.decode() + text)["id"]
    with suppress(BadReply):
        stream_untrusted(text)


@given(st.binary(max_size=80), st.sampled_from([b"", HEADER, OF_SERVERS]))
def test_any_bytes(data: bytes, before: bytes) -> None:
    assert 0 <= looks_server_untrusted(before + data) < 1
    exhaust(talk_client_untrusted(PEER), before + data)
    exhaust(talk_server_untrusted(PEER), before + data)

"""SIP, by what Kamailio 5.6.3 of Debian 12 says on the loopback, and by an example of RFC 3261, 11.2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, Line, exhaust, play

from periplus.identify.protocol.sip import (
    ASKED,
    ASKED_TCP,
    PROTOCOLS,
    looks_untrusted,
    talk_tcp_untrusted,
    talk_udp_untrusted,
)

UDP, TCP = PROTOCOLS
KAMAILIO = (
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP periplus.invalid;branch=z9hG4bKperiplus;rport=39957;received=127.0.0.1\r\n"
    b"To: <sip:periplus.invalid>;tag=a4536301\r\nFrom: <sip:scan@periplus.invalid>;tag=periplus\r\n"
    b"Call-ID: periplus@periplus.invalid\r\nCSeq: 1 OPTIONS\r\nServer: kamailio (5.6.3 (x86_64/linux))\r\n"
    b"Content-Length: 0\r\n\r\n"
)
TRYING = b"SIP/2.0 100 Trying\r\ni: periplus@periplus.invalid\r\n\r\n"
BUSY = (
    b"SIP/2.0 486 Busy Here\r\nCall-ID: a84b4c76e66710\r\nUser-Agent: Phone 1.0\r\nAllow: INVITE, ACK\r\n\r\n"
)
SCRIPTS_UDP: dict[str, list[Line]] = {
    "Kamailio": [(">", ASKED), ("<", KAMAILIO)],
    "trying first": [(">", ASKED), ("<", TRYING), ("<", KAMAILIO)],
    "another call": [(">", ASKED), ("<", BUSY)],
}
SCRIPTS_TCP: dict[str, list[Line]] = {"Kamailio": [(">", ASKED_TCP), ("<", TRYING + KAMAILIO)]}
MORE_SCRIPTS = ((UDP, SCRIPTS_UDP), (TCP, SCRIPTS_TCP))


def test_what_is_asked_names_its_carrier() -> None:
    assert ASKED.count(b"SIP/2.0/UDP") == ASKED_TCP.count(b"SIP/2.0/TCP") == 1


@pytest.mark.parametrize("name", ["Kamailio", "trying first"])
def test_kamailio(name: str) -> None:
    service = play(UDP, SCRIPTS_UDP[name])
    assert (service.protocol, service.confidence, service.detail["status"]) == ("sip", 0.98, 200)
    assert (service.product, service.version) == ("Kamailio", "5.6.3")
    assert service.detail["server"] == "kamailio (5.6.3 (x86_64/linux))"
    assert play(TCP, SCRIPTS_TCP["Kamailio"]).detail["server"] == service.detail["server"]


def test_an_answer_that_is_not_ours() -> None:
    service = play(UDP, SCRIPTS_UDP["another call"])
    assert (service.confidence, service.detail["allow"]) == (0.85, ["INVITE", "ACK"])


@pytest.mark.parametrize("said", [ASKED, b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_what_is_none(said: bytes) -> None:
    assert play(UDP, [(">", ASKED), ("<", said)]).protocol is None
    assert looks_untrusted(said) == 0
    assert looks_untrusted(KAMAILIO) == 0.97


@given(st.binary(max_size=80), st.sampled_from([b"", b"SIP/2.0 200 OK\r\n", KAMAILIO[:-2]]))
def test_any_bytes(data: bytes, before: bytes) -> None:
    exhaust(talk_udp_untrusted(PEER), before + data, datagrams=True)
    exhaust(talk_tcp_untrusted(PEER), before + data + b"\r\n\r\n")

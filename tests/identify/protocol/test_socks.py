"""SOCKS, by what Microsocks 1.0.3 and Dante 1.4.2 of Debian 12 say on the loopback, and by the specifications."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, Line, exhaust, play

from periplus.identify.protocol.socks import (
    BROWSER,
    NO_COMMAND,
    OFFER,
    PROTOCOLS,
    looks_5_untrusted,
    talk_4_untrusted,
    talk_5_untrusted,
)

FIVE, FOUR = PROTOCOLS
CLOSES: list[Line] = [("afresh", b""), (">", BROWSER), ("end", b"closed")]
SCRIPTS_5: dict[str, list[Line]] = {
    "Microsocks": [(">", OFFER), ("<", b"\x05\0"), ("end", b"silent"), *CLOSES],
    "one that wants a password": [(">", OFFER), ("<", b"\x05\2"), ("end", b"silent"), *CLOSES],
    "one that refuses us": [(">", OFFER), ("<", b"\x05\xff"), ("end", b"closed"), *CLOSES],
    "tor of Debian 12": [
        (">", OFFER), ("<", b"\x05\2"), ("end", b"silent"), ("afresh", b""), (">", BROWSER),
        ("<", b"HTTP/1.0 501 Tor is not an HTTP Proxy\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n"),
    ],
    "one that closes too early": [(">", OFFER), ("<", b"\x05\0"), ("end", b"closed")],
    "one that goes on": [(">", OFFER), ("<", b"\x05\0\0\0\0")],
}  # fmt: skip
SCRIPTS_4: dict[str, list[Line]] = {"rejected": [(">", NO_COMMAND), ("<", b"\0\x5b\0\0\0\0\0\0")]}
MORE_SCRIPTS = ((FIVE, SCRIPTS_5), (FOUR, SCRIPTS_4))


def test_a_choice_and_a_wait_are_fairly_sure() -> None:
    service = play(FIVE, SCRIPTS_5["Microsocks"])
    assert (service.protocol, service.confidence, service.info) == ("socks5", 0.85, "no authentication")
    assert play(FIVE, SCRIPTS_5["one that wants a password"]).info == "authentication required"
    assert play(FIVE, SCRIPTS_5["one that refuses us"]).confidence == 0.85


@pytest.mark.parametrize(
    ("name", "confidence"), [("one that closes too early", 0.6), ("one that goes on", 0.3)]
)
def test_two_bytes_alone_are_not(name: str, confidence: float) -> None:
    assert play(FIVE, SCRIPTS_5[name]).confidence == confidence


def test_version_4() -> None:
    service = play(FOUR, SCRIPTS_4["rejected"])
    assert (service.protocol, service.confidence, service.detail["answer"]) == ("socks4", 0.8, "rejected")


def test_tor_says_its_name_to_browsers() -> None:
    service = play(FIVE, SCRIPTS_5["tor of Debian 12"])
    assert (service.protocol, service.product, service.vendor) == ("socks5", "Tor", "Tor Project")
    assert play(FIVE, SCRIPTS_5["Microsocks"]).product is None


def test_an_echo_is_none() -> None:
    assert play(FIVE, [(">", OFFER), ("<", OFFER)]).protocol is None
    assert play(FOUR, [(">", NO_COMMAND), ("<", NO_COMMAND)]).protocol is None
    assert looks_5_untrusted(OFFER) == 0
    assert looks_5_untrusted(b"\x05\0") == 0.3


@given(st.binary(max_size=12), st.sampled_from([b"", b"\x05", b"\0\x5b"]))
def test_any_bytes(data: bytes, before: bytes) -> None:
    assert looks_5_untrusted(before + data) <= 0.3
    exhaust(talk_4_untrusted(PEER), before + data)
    exhaust(talk_5_untrusted(PEER), before + data)

"""memcached: what memcached of Debian 12 answers on the loopback, in text, over UDP and in binary."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, Line, exhaust, play, survive

from periplus.identify.protocol.memcached import (
    BINARY,
    DATAGRAM,
    PROTOCOLS,
    binary_looks_untrusted,
    binary_talk_untrusted,
    binary_untrusted,
    line_untrusted,
    udp_looks_untrusted,
    udp_talk_untrusted,
)

PROTOCOL, UDP, IN_BINARY = PROTOCOLS
SCRIPTS: dict[str, list[Line]] = {
    "memcached of Debian 12": [
        (">", b"version\r\n"),
        ("<", b"VERSION 1.6.18\r\n"),
        (">", b"quit\r\n"),
    ],
    "no memcached": [(">", b"version\r\n"), ("<", b"ERROR\r\n")],
}
UDP_SCRIPTS: dict[str, list[Line]] = {
    "memcached of Debian 12": [
        (">", bytes.fromhex("506500000001000076657273696f6e0d0a")),
        ("<", bytes.fromhex("506500000001000056455253494f4e20312e362e31380d0a")),
    ],
    "another request's answer": [(">", DATAGRAM), ("<", b"\0\1\0\0\0\1\0\0VERSION 1.6.18\r\n")],
}
BINARY_SCRIPTS: dict[str, list[Line]] = {
    "memcached of Debian 12": [
        (">", bytes.fromhex("800b00000000000000000000506572690000000000000000")),
        ("<", bytes.fromhex("810b00000000000000000006506572690000000000000000312e362e3138")),
    ],
    "Couchbase, by its documentation": [
        (">", BINARY),
        ("<", b"\x81\x0b" + bytes(9) + b"\x0fPeri" + bytes(8) + b"7.6.0-2176-ent\0"),
    ],
    "another number": [(">", BINARY), ("<", b"\x81\x0b" + bytes(9) + b"\5Xeri" + bytes(8) + b"1.6.1")],
}
MORE_SCRIPTS = [(UDP, UDP_SCRIPTS), (IN_BINARY, BINARY_SCRIPTS)]


def test_memcached() -> None:
    for protocol, scripts in ((PROTOCOL, SCRIPTS), (UDP, UDP_SCRIPTS), (IN_BINARY, BINARY_SCRIPTS)):
        service = play(protocol, scripts["memcached of Debian 12"])
        assert (service.product, service.version) == ("memcached", "1.6.18")


def test_couchbase() -> None:
    service = play(IN_BINARY, BINARY_SCRIPTS["Couchbase, by its documentation"])
    assert (service.product, service.version) == ("Couchbase Server", "7.6.0-2176")


def test_what_is_no_memcached_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no memcached"]).protocol is None
    assert play(UDP, UDP_SCRIPTS["another request's answer"]).protocol is None
    assert play(IN_BINARY, BINARY_SCRIPTS["another number"]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, binary_untrusted, line_untrusted)
    assert 0 <= binary_looks_untrusted(data) <= 1


@given(st.binary(max_size=80))
def test_any_answers(data: bytes) -> None:
    exhaust(binary_talk_untrusted(PEER), data)
    exhaust(udp_talk_untrusted(PEER), data, datagrams=True)
    assert 0 <= udp_looks_untrusted(data) <= 1

"""Bolt: handshakes and messages by the Bolt documentation, with what Neo4j 5 says of itself; boltkit's stub."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.bolt import GOODBYE, HANDSHAKE, PROTOCOL, agent_untrusted, hello

SUCCESS = b"\xb1\x70\xa2\x86server\x8cNeo4j/5.13.0\x8dconnection_id\x86bolt-1"
LONG = b"\xb1\x70\xa1\x86server\xd0\x14Neo4j/5.26.1-aurasdb"
SCRIPTS: dict[str, list[Line]] = {
    "Neo4j 5": [
        (">", HANDSHAKE),
        ("<", b"\0\0\4\5"),
        (">", hello()),
        ("<", bytes([0, len(SUCCESS)]) + SUCCESS + b"\0\0"),
        (">", GOODBYE),
    ],
    "Neo4j 4": [(">", HANDSHAKE), ("<", b"\0\0\4\4")],
    "boltstub of boltkit 1.3.2": [(">", HANDSHAKE), ("<", b"\0\0\0\4")],
    "a length and more": [(">", HANDSHAKE), ("<", b"\0\0\0\4"), ("<", b"more")],
    "a length and an end": [(">", HANDSHAKE), ("<", b"\0\0\0\4"), ("end", b"closed")],
    "no version in common": [(">", HANDSHAKE), ("<", bytes(4))],
    "no Bolt": [(">", HANDSHAKE), ("<", b"HTTP/1.1 400 Bad Request\r\n")],
}


def test_a_stub() -> None:
    service = play(PROTOCOL, SCRIPTS["boltstub of boltkit 1.3.2"])
    assert (service.confidence, service.detail) == (0.65, {"protocol": "4.0"})


def test_neo4j() -> None:
    service = play(PROTOCOL, SCRIPTS["Neo4j 5"])
    assert (service.protocol, service.product, service.version) == ("bolt", "Neo4j", "5.13.0")
    assert agent_untrusted(LONG) == "Neo4j/5.26.1-aurasdb"


def test_where_hello_is_the_login_it_is_not_sent() -> None:
    service = play(PROTOCOL, SCRIPTS["Neo4j 4"])
    assert service.detail == {"protocol": "4.4"}
    assert service.confidence < 0.7


def test_what_is_no_bolt_is_not_known() -> None:
    for name in ("a length and more", "a length and an end", "no version in common", "no Bolt"):
        assert play(PROTOCOL, SCRIPTS[name]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, agent_untrusted)
    survive(b"\xb1\x70\xa1\x86server" + data, agent_untrusted)

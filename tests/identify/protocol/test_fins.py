"""FINS: CONTROLLER DATA READ's response by Omron W342; over TCP by W421, and what plctap 0.6.2 plays."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import PEER, Line, exhaust, play

from periplus.errors import BadReply
from periplus.identify.protocol.fins import (
    NODES,
    PROTOCOLS,
    QUESTION,
    data_untrusted,
    message,
    nodes_untrusted,
    tcp_looks_untrusted,
    tcp_talk_untrusted,
)

PROTOCOL, PROTOCOL_TCP = PROTOCOLS

RESPONSE = (
    b"\xc0\0\2\0\xfe\0\0\0\0\x50\5\1\0\0" + b"CJ2M-CPU33".ljust(20) + b"02.01".ljust(20, b"\0") + bytes(40)
)
SCRIPTS: dict[str, list[Line]] = {
    "a controller": [(">", QUESTION.data), ("<", RESPONSE)],
    "an error": [(">", QUESTION.data), ("<", RESPONSE[:12] + b"\4\1")],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}
ASK = b"FINS\0\0\0\x0c" + bytes(12)
AGREED = message(NODES, b"\0\0\0\xef\0\0\0\1")
BETWEEN = bytes.fromhex("46494e5300000015000000020000000080000200010000ef0050050100")
TCP: dict[str, list[Line]] = {
    "a controller": [(">", ASK), ("<", AGREED), (">", BETWEEN), ("<", message(2, RESPONSE))],
    "no node is left": [(">", ASK), ("<", AGREED[:15] + b"\x25" + AGREED[16:])],
    "plctap 0.6.2, which does not know the command": [
        (">", ASK),
        ("<", b"FINS\0\0\0\x10\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0"),
        (">", None),
    ],
    "an echo": [(">", ASK), ("<", ASK)],
}
MORE_SCRIPTS = ((PROTOCOL_TCP, TCP),)


def test_a_controller() -> None:
    service = play(PROTOCOL, SCRIPTS["a controller"])
    assert (service.protocol, service.vendor, service.product) == ("omron-fins", "Omron", "CJ2M-CPU33")
    assert service.version == "02.01"
    assert play(PROTOCOL, SCRIPTS["an error"]).detail == {"end_code": 0x0401}


def test_over_tcp() -> None:
    service = play(PROTOCOL_TCP, TCP["a controller"])
    assert (service.protocol, service.product, service.version) == ("omron-fins", "CJ2M-CPU33", "02.01")
    assert play(PROTOCOL_TCP, TCP["no node is left"]).info == "no node is left"
    service = play(PROTOCOL_TCP, TCP["plctap 0.6.2, which does not know the command"])
    assert (service.protocol, service.confidence) == ("omron-fins", 0.97)
    assert (tcp_looks_untrusted(AGREED), tcp_looks_untrusted(RESPONSE)) == (0.95, 0)


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL_TCP, TCP["an echo"]).protocol is None
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(RESPONSE, AGREED))
def test_any_bytes(data: bytes) -> None:
    for parse in (data_untrusted, nodes_untrusted):
        with suppress(BadReply):
            parse(data)


@given(damaged(AGREED, message(2, RESPONSE)))
def test_any_answers_over_tcp(data: bytes) -> None:
    assert 0 <= tcp_looks_untrusted(data) <= 1
    exhaust(tcp_talk_untrusted(PEER), data)

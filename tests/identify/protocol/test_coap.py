"""CoAP: what libcoap of Debian 12, node-coap 1.5 and aiocoap 0.4.17 say; errors, options, resets by RFC 7252."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import PEER, Line, exhaust, play

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.protocol.coap import (
    PROTOCOLS,
    QUESTION,
    answer_untrusted,
    response_untrusted,
    tcp_looks_untrusted,
    tcp_talk_untrusted,
)

PROTOCOL, PROTOCOL_TCP = PROTOCOLS

LINKS = b'</sensors/temp>;if="sensor",</sensors/light>;if="sensor"'
CONTENT = b"\x60\x45Pe\xc1\x28\xff" + LINKS
NOT_FOUND = b"\x60\x84Pe"
RESET = b"\x70\0Pe"
LONG_OPTION = b"\x60\x45Pe\xdd\1\1" + b"x" * 14 + b"\xff" + LINKS
LIBCOAP = (
    b'`EPe\xc1(\xff</>;title="General Info";ct=0,</time>;if="clock";rt="ticks";title="Internal Cloc'
    b'k";ct=0;obs,</async>;ct=0,</example_data>;title="Example Data";ct=0;obs'
)
AIOCOAP = (
    b"`EPe\xc1(\xff"
    b'</.well-known/core>;ct="40",</time>,<https://christian.amsuess.com/tools/aiocoap/#version-0.4.17>;rel="impl-info"'
)
SCRIPTS: dict[str, list[Line]] = {
    "resources": [(">", QUESTION.data), ("<", CONTENT)],
    "libcoap": [(">", QUESTION.data), ("<", LIBCOAP)],
    "aiocoap 0.4.17": [(">", QUESTION.data), ("<", AIOCOAP)],
    "nothing there": [(">", QUESTION.data), ("<", NOT_FOUND)],
    "node-coap, which serves no list": [(">", QUESTION.data), ("<", b"`\x84Pe\xffx")],
    "a reset": [(">", QUESTION.data), ("<", RESET)],
    "a long option": [(">", QUESTION.data), ("<", LONG_OPTION)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}
ASKED = b"\0\xe1\xd1\4\1P\xbb.well-known\4core"
CAPABLE = b"P\xe1#\x10\0\0 "
LISTED = b"\xd1gEP" + AIOCOAP[4:]
TCP: dict[str, list[Line]] = {
    "aiocoap 0.4.17": [(">", ASKED), ("<", CAPABLE + LISTED)],
    "an error": [(">", ASKED), ("<", CAPABLE + b"\1\x84P")],
    "a long answer": [(">", ASKED), ("<", CAPABLE + b"\xe1\0\0\x45P\xff" + b"x" * 268)],
    "capabilities alone": [(">", ASKED), ("<", CAPABLE)],
    "no CoAP": [(">", ASKED), ("<", b"HTTP/1.1 400 Bad Request\r\n")],
    "an echo": [(">", ASKED), ("<", ASKED)],
}
MORE_SCRIPTS = ((PROTOCOL_TCP, TCP),)


def test_resources() -> None:
    for name in ("resources", "a long option"):
        service = play(PROTOCOL, SCRIPTS[name])
        assert (service.protocol, service.detail) == ("coap", {"code": "2.05", "resources": LINKS.decode()})


def test_libcoap() -> None:
    assert '</time>;if="clock"' in str(play(PROTOCOL, SCRIPTS["libcoap"]).detail["resources"])


def test_aiocoap() -> None:
    service = play(PROTOCOL, SCRIPTS["aiocoap 0.4.17"])
    assert (service.product, service.version) == ("aiocoap", "0.4.17")


def test_over_tcp() -> None:
    service = play(PROTOCOL_TCP, TCP["aiocoap 0.4.17"])
    assert (service.protocol, service.product, service.version) == ("coap", "aiocoap", "0.4.17")
    assert play(PROTOCOL_TCP, TCP["an error"]).detail == {"code": "4.04", "diagnostic": ""}
    assert play(PROTOCOL_TCP, TCP["a long answer"]).detail["resources"] == "x" * 268
    for name in ("capabilities alone", "no CoAP", "an echo"):
        assert play(PROTOCOL_TCP, TCP[name]).protocol is None
    assert (tcp_looks_untrusted(CAPABLE), tcp_looks_untrusted(LISTED), tcp_looks_untrusted(ASKED)) == (
        0.9,
        0,
        0,
    )


def test_less_than_a_list() -> None:
    assert play(PROTOCOL, SCRIPTS["nothing there"]).detail["code"] == "4.04"
    service = play(PROTOCOL, SCRIPTS["node-coap, which serves no list"])
    assert service.detail == {"code": "4.04", "diagnostic": "x"}
    assert play(PROTOCOL, SCRIPTS["a reset"]).confidence == 0.75


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(CONTENT, LONG_OPTION, NOT_FOUND))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        answer_untrusted(data)


@given(damaged(CAPABLE + LISTED))
def test_any_bytes_over_tcp(data: bytes) -> None:
    assert 0 <= tcp_looks_untrusted(data) <= 1
    exhaust(tcp_talk_untrusted(PEER), data)
    with suppress(BadReply):
        response_untrusted(next(iter(data), 0), Cursor(data))

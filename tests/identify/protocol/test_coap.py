"""CoAP: what libcoap of Debian 12, node-coap 1.5 and aiocoap 0.4.17 say; errors, options, resets by RFC 7252."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.coap import PROTOCOL, QUESTION, answer_untrusted

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


def test_resources() -> None:
    for name in ("resources", "a long option"):
        service = play(PROTOCOL, SCRIPTS[name])
        assert (service.protocol, service.detail) == ("coap", {"code": "2.05", "resources": LINKS.decode()})


def test_libcoap() -> None:
    assert '</time>;if="clock"' in str(play(PROTOCOL, SCRIPTS["libcoap"]).detail["resources"])


def test_aiocoap() -> None:
    service = play(PROTOCOL, SCRIPTS["aiocoap 0.4.17"])
    assert (service.product, service.version) == ("aiocoap", "0.4.17")


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

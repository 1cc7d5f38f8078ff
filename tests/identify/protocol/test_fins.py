"""FINS: CONTROLLER DATA READ's response by Omron W342."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.fins import PROTOCOL, QUESTION, data_untrusted

RESPONSE = (
    b"\xc0\0\2\0\xfe\0\0\0\0\x50\5\1\0\0" + b"CJ2M-CPU33".ljust(20) + b"02.01".ljust(20, b"\0") + bytes(40)
)
SCRIPTS: dict[str, list[Line]] = {
    "a controller": [(">", QUESTION.data), ("<", RESPONSE)],
    "an error": [(">", QUESTION.data), ("<", RESPONSE[:12] + b"\4\1")],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}


def test_a_controller() -> None:
    service = play(PROTOCOL, SCRIPTS["a controller"])
    assert (service.protocol, service.vendor, service.product) == ("omron-fins", "Omron", "CJ2M-CPU33")
    assert service.version == "02.01"
    assert play(PROTOCOL, SCRIPTS["an error"]).detail == {"end_code": 0x0401}


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(RESPONSE))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        data_untrusted(data)

"""Modbus: an identification by MODBUS Application Protocol 1.1b3, section 6.21, and exceptions."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.modbus import PROTOCOL, UNITS, looks_untrusted, objects_untrusted, question


def answer(unit: int, *objects: bytes) -> bytes:
    listed = b"".join(bytes([number, len(each)]) + each for number, each in enumerate(objects))
    body = bytes([unit, 0x2B, 0x0E, 2, 0x82, 0, 0, len(objects)]) + listed
    return b"Pe\0\0" + len(body).to_bytes(2, "big") + body


FIRST, SECOND = UNITS
M340 = answer(FIRST, b"Schneider Electric", b"BMX P34 2020", b"v2.5")
EXCEPTION = b"Pe\0\0\0\3\1\xab\1"
SCRIPTS: dict[str, list[Line]] = {
    "a controller": [(">", question(FIRST)), ("<", M340)],
    "without identification": [
        (">", question(FIRST)),
        ("<", EXCEPTION),
        (">", question(SECOND)),
        ("<", EXCEPTION),
    ],
    "an echo": [(">", question(FIRST)), ("<", question(FIRST))],
}


def test_a_controller() -> None:
    service = play(PROTOCOL, SCRIPTS["a controller"])
    assert (service.protocol, service.vendor, service.product) == (
        "modbus",
        "Schneider Electric",
        "BMX P34 2020",
    )
    assert (service.version, service.device) == ("v2.5", "PLC")


def test_without_identification() -> None:
    service = play(PROTOCOL, SCRIPTS["without identification"])
    assert (service.confidence, service.detail["exception"]) == (0.95, "illegal function")
    assert (looks_untrusted(M340), looks_untrusted(EXCEPTION), looks_untrusted(b"HTTP/1.1 400")) == (
        0.95,
        0.95,
        0,
    )


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(M340[7:]))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        objects_untrusted(data)

"""Modbus: by MODBUS Application Protocol 1.1b3, section 6.21; pymodbus 3, and npm's modbus-serial and jsmodbus."""

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
PYMODBUS = (
    b"Pe\x00\x00\x00R\x01+\x0e\x02\x83\x00\x00\x06\x00\x08Pymodbus\x01\x02PM\x02\x033.0\x03\x13http"
    b"s://example.net\x04\x0fPymodbus Server\x05\x0fPymodbus Server"
)
MODBUS_SERIAL = (
    b"Pe\0\0\0n\1+\x0e\2\x83\0\0\6\0\x0cMyVendorName\1\rMyProductCode\2\x14MyMajorMinorRevision"
    b"\5\x0bMyModelName\x97\x11MyExtendedObject1\xab\x11MyExtendedObject2"
)
EXCEPTION = b"Pe\0\0\0\3\1\xab\1"
SCRIPTS: dict[str, list[Line]] = {
    "a controller": [(">", question(FIRST)), ("<", M340)],
    "pymodbus": [(">", question(FIRST)), ("<", PYMODBUS)],
    "without identification": [
        (">", question(FIRST)),
        ("<", EXCEPTION),
        (">", question(SECOND)),
        ("<", EXCEPTION),
    ],
    "modbus-serial 8.0.25": [
        (">", question(FIRST)),
        ("<", MODBUS_SERIAL),
    ],
    "jsmodbus 5.0.0, which has no identification": [
        (">", question(FIRST)),
        ("<", b"Pe\0\0\0\4\1\xab\x0e\1"),
        (">", question(SECOND)),
        ("<", b"Pe\0\0\0\4\xff\xab\x0e\1"),
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


def test_pymodbus() -> None:
    service = play(PROTOCOL, SCRIPTS["pymodbus"])
    assert (service.product, service.version) == ("Pymodbus Server", "3.0")
    assert service.detail["url"] == "https://example.net"


def test_libraries_of_npm() -> None:
    service = play(PROTOCOL, SCRIPTS["modbus-serial 8.0.25"])
    assert (service.vendor, service.product, service.version) == (
        "MyVendorName",
        "MyProductCode",
        "MyMajorMinorRevision",
    )
    assert service.detail["object_151"] == "MyExtendedObject1"
    service = play(PROTOCOL, SCRIPTS["jsmodbus 5.0.0, which has no identification"])
    assert service.detail == {"exception": "illegal function", "unit": 255}


def test_without_identification() -> None:
    service = play(PROTOCOL, SCRIPTS["without identification"])
    assert (service.confidence, service.detail["exception"]) == (0.95, "illegal function")
    assert (looks_untrusted(M340), looks_untrusted(EXCEPTION), looks_untrusted(b"HTTP/1.1 400")) == (
        0.95,
        0.95,
        0,
    )


def test_an_exception_about_the_question_of_another_protocol() -> None:
    pymodbus = bytes.fromhex("010900000003008001")  # pymodbus 3.16.1
    assert looks_untrusted(pymodbus) == 0.75
    assert looks_untrusted(pymodbus[:-1] + b"\x63") == looks_untrusted(pymodbus + b"x") == 0


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(M340[7:]))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        objects_untrusted(data)

"""BACnet/IP: acknowledgements by ASHRAE 135, clause 15.5 and annex F."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.bacnet import (
    IDENTIFIER,
    PROPERTIES,
    PROTOCOL,
    looks_untrusted,
    question,
    value_untrusted,
)


def answer(number: int, value: bytes) -> bytes:
    """Return the acknowledgement of ReadProperty with a value."""
    body = b"\1\0\x30\1\x0c\x0c\2\0\4\xd2\x19" + bytes([number]) + b"\x3e" + value + b"\x3f"
    return b"\x81\x0a" + (4 + len(body)).to_bytes(2, "big") + body


def text(value: bytes) -> bytes:
    return (bytes([0x75, len(value) + 1]) if len(value) > 3 else bytes([0x71 + len(value)])) + b"\0" + value


ID = answer(75, b"\xc4\2\0\4\xd2")
ERROR = b"\x81\x0a\0\x0d\1\0\x50\1\x0c\x91\2\x91\x20"
VALUES = (b"Tridium", b"Niagara4 Station", b"4.10.1.36", b"1.0", b"roof", b"AHU")
SCRIPTS: dict[str, list[Line]] = {
    "a station": [
        (">", IDENTIFIER),
        ("<", ID),
        *(
            line
            for number, value in zip(PROPERTIES.values(), VALUES, strict=True)
            for line in ((">", question(number)), ("<", answer(number, text(value))))
        ),
    ],
    "a refusal": [(">", IDENTIFIER), ("<", ERROR)],
    "silence about more": [(">", IDENTIFIER), ("<", ID), (">", None)],
    "an echo": [(">", IDENTIFIER), ("<", IDENTIFIER)],
}


def test_a_station() -> None:
    service = play(PROTOCOL, SCRIPTS["a station"])
    assert (service.protocol, service.vendor, service.product) == ("bacnet", "Tridium", "Niagara4 Station")
    assert (service.version, service.device) == ("4.10.1.36", "building controller")
    assert (service.detail["device"], service.detail["location"]) == ("1234", "AHU")


def test_less() -> None:
    assert play(PROTOCOL, SCRIPTS["a refusal"]).confidence == 0.97
    assert play(PROTOCOL, SCRIPTS["silence about more"]).detail["device"] == "1234"
    assert (looks_untrusted(ID), looks_untrusted(ERROR), looks_untrusted(IDENTIFIER)) == (0.96, 0.96, 0)


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(ID, ERROR))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        value_untrusted(data)

"""BACnet/IP: by ASHRAE 135, clause 15.5 and annex F, and what bacpypes3 0.0.110 and rusty-bacnet 0.14 answer."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.bacnet import (
    IDENTIFIER,
    PROPERTIES,
    PROTOCOL,
    WHO_IS,
    i_am_untrusted,
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
I_AM = bytes.fromhex("810a001501001000c4020003e722040091002203e7")


def asked_of(device: int, *answers: str) -> list[Line]:
    """Return what is asked of a device, by its object's number, and how it answers."""
    head, which = bytes.fromhex("810a001101040005010c0c"), device.to_bytes(4, "big")
    pairs = zip(PROPERTIES.values(), answers, strict=True)
    return [
        line
        for number, said in pairs
        for line in ((">", head + which + bytes([0x19, number])), ("<", bytes.fromhex(said)))
    ]


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
    "bacpypes3 0.0.110, which does not know the number of any device": [
        (">", IDENTIFIER),
        ("<", bytes.fromhex("810a000d010050010c9101911f")),
        (">", WHO_IS),
        ("<", I_AM),
        *asked_of(
            0x020003E7,
            "810a001d010030010c0c020003e719793e75090042414370797065733f",
            "810a0017010030010c0c020003e719463e74004e2f413f",
            "810a0017010030010c0c020003e7192c3e74004e2f413f",
            "810a0017010030010c0c020003e7190c3e7400312e303f",
            "810a001e010030010c0c020003e7194d3e750a00457863656c73696f723f",
            "810a000d010050010c91029120",
        ),
    ],
    "rusty-bacnet 0.14": [
        (">", IDENTIFIER),
        ("<", bytes.fromhex("810a0017010030010c0c020004d2194b3ec4020004d23f")),
        *asked_of(
            0x023FFFFF,
            "810a0021010030010c0c020004d219793e750d005275737479204241436e65743f",
            "810a0021010030010c0c020004d219463e750d0072757374792d6261636e65743f",
            "810a001a010030010c0c020004d2192c3e750600302e312e303f",
            "810a001a010030010c0c020004d2190c3e750600302e312e303f",
            "810a001e010030010c0c020004d2194d3e750a004d79204465766963653f",
            "810a000d010050010c91029120",
        ),
    ],
    "a refusal": [(">", IDENTIFIER), ("<", ERROR), (">", WHO_IS)],
    "an I-Am of another's network": [
        (">", IDENTIFIER),
        ("<", ERROR),
        (">", WHO_IS),
        ("<", I_AM.replace(b"\x81\x0a", b"\x81\x0b")),
    ],
    "silence about more": [(">", IDENTIFIER), ("<", ID), (">", None)],
    "an echo": [(">", IDENTIFIER), ("<", IDENTIFIER)],
}


def test_a_station() -> None:
    service = play(PROTOCOL, SCRIPTS["a station"])
    assert (service.protocol, service.vendor, service.product) == ("bacnet", "Tridium", "Niagara4 Station")
    assert (service.version, service.device) == ("4.10.1.36", "building controller")
    assert (service.detail["device"], service.detail["location"]) == ("1234", "AHU")


def test_bacpypes3_is_asked_for_its_own_number() -> None:
    service = play(PROTOCOL, SCRIPTS["bacpypes3 0.0.110, which does not know the number of any device"])
    assert (service.detail["device"], service.detail["name"]) == ("999", "Excelsior")
    assert (service.vendor, service.product, service.version) == ("BACpypes", "BACpypes", None)
    assert play(PROTOCOL, SCRIPTS["an I-Am of another's network"]).detail == {}
    assert i_am_untrusted(I_AM) == 999


def test_rusty_bacnet() -> None:
    service = play(PROTOCOL, SCRIPTS["rusty-bacnet 0.14"])
    assert (service.product, service.version, service.detail["device"]) == ("rusty-bacnet", "0.1.0", "1234")


def test_less() -> None:
    assert play(PROTOCOL, SCRIPTS["a refusal"]).confidence == 0.97
    assert play(PROTOCOL, SCRIPTS["silence about more"]).detail["device"] == "1234"
    assert (looks_untrusted(ID), looks_untrusted(ERROR), looks_untrusted(IDENTIFIER)) == (0.96, 0.96, 0)


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(ID, ERROR, I_AM))
def test_any_bytes(data: bytes) -> None:
    for parse in (value_untrusted, i_am_untrusted):
        with suppress(BadReply):
            parse(data)

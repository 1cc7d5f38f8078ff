"""IPMI: capabilities by IPMI 2.0 section 22.13 and a presence pong by ASF 2.0 section 3.2.4; OpenIPMI's ipmi_sim."""

import struct
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.ipmi import PROTOCOL, QUESTIONS, capabilities_untrusted, presence_untrusted

CAPABILITIES, PING = (each.data for each in QUESTIONS)


def answer(*data: int) -> bytes:
    """Return an answer of the controller, outside any session."""
    body = bytes([0x81, 0x1C, 0x63, 0x20, 0, 0x38, *data])
    return b"\6\0\xff\7" + bytes(9) + bytes([len(body)]) + body


SUPERMICRO = answer(0, 1, 0x95, 0x04, 0x03, 0x7C, 0x2A, 0, 0, 0)
PONG = (
    b"\6\0\xff\6" + struct.pack("!IBBBB", 4542, 0x40, 0, 0, 16) + struct.pack("!II8B", 343, 0, 0x81, *7 * [0])
)
SCRIPTS: dict[str, list[Line]] = {
    "a controller": [(">", CAPABILITIES), ("<", SUPERMICRO), (">", PING), ("<", PONG)],
    "a refusal": [(">", CAPABILITIES), ("<", answer(0xC1, 0)), (">", PING)],
    "ipmi_sim of Debian 12 (OpenIPMI 2.0.33)": [
        (">", CAPABILITIES),
        ("<", bytes.fromhex("0600ff0700000000000000000010811c6320003800019704030000000009")),
        (">", PING),
        ("<", bytes.fromhex("0600ff06000011be40010010000011be000000008100000000000000")),
    ],
    "an echo": [(">", CAPABILITIES), ("<", CAPABILITIES), (">", PING), ("<", PING)],
}


def test_a_controller() -> None:
    service = play(PROTOCOL, SCRIPTS["a controller"])
    assert (service.protocol, service.version) == ("asf-rmcp", "2.0")
    assert service.detail["ways"] == ["none", "MD5", "password"]
    assert (service.detail["oem"], service.detail["ipmi"]) == (10876, True)


def test_ipmi_sim() -> None:
    service = play(PROTOCOL, SCRIPTS["ipmi_sim of Debian 12 (OpenIPMI 2.0.33)"])
    assert service.detail["ways"] == ["none", "MD2", "MD5", "password"]
    assert (service.version, service.detail["maker"], service.detail["ipmi"]) == ("2.0", 4542, True)


def test_a_refusal() -> None:
    assert play(PROTOCOL, SCRIPTS["a refusal"]).confidence == 0.9


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(SUPERMICRO, PONG))
def test_any_bytes(data: bytes) -> None:
    for parse in (capabilities_untrusted, presence_untrusted):
        with suppress(BadReply):
            parse(data)

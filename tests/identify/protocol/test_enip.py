"""EtherNet/IP: an identity by CIP volume 2, 2-4.2, over UDP and TCP, and cpppo 5.2.5's."""

import struct
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.enip import PROTOCOLS, QUESTION, identity_untrusted

PROTOCOL, PROTOCOL_TCP = PROTOCOLS
NAME = b"1756-EN2T/D"
ITEM = (
    struct.pack("<H16x HHHBBHI", 1, 1, 12, 166, 11, 2, 0x30, 0x00C0FFEE) + bytes([len(NAME)]) + NAME + b"\3"
)
BODY = struct.pack("<HHH", 1, 0x0C, len(ITEM)) + ITEM
IDENTITY = struct.pack("<HHII8sI", 0x63, len(BODY), 0, 0, b"periplus", 0) + BODY
CPPPO = bytes.fromhex(
    "63003c00000000000000000070657269706c75730000000001000c00360001000002af12000000000000"
    "00000000000001000e003600140b60311a066c0014313735362d4c36312f42204c4f47495835353631ff"
)
SCRIPTS: dict[str, list[Line]] = {
    "a module": [(">", QUESTION.data), ("<", IDENTITY)],
    "cpppo 5.2.5": [(">", QUESTION.data), ("<", CPPPO)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}
MORE_SCRIPTS = ((PROTOCOL_TCP, SCRIPTS),)


def test_a_module() -> None:
    for protocol in PROTOCOLS:
        service = play(protocol, SCRIPTS["a module"])
        assert (service.protocol, service.product, service.version) == (
            "ethernet-ip",
            "1756-EN2T/D",
            "11.002",
        )
        assert (service.vendor, service.device) == ("Rockwell Automation", "communications adapter")
        assert service.detail["serial"] == "00c0ffee"


def test_cpppo() -> None:
    for protocol in PROTOCOLS:
        service = play(protocol, SCRIPTS["cpppo 5.2.5"])
        assert (service.product, service.version) == ("1756-L61/B LOGIX5561", "20.011")
        assert (service.vendor, service.device) == ("Rockwell Automation", "controller")


def test_an_echo_is_none() -> None:
    for protocol in PROTOCOLS:
        assert play(protocol, SCRIPTS["an echo"]).protocol is None


@given(damaged(IDENTITY))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        identity_untrusted(data)

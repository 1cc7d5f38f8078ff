"""ADB: answers by Android's protocol.txt, and what adbhoneypot 3.0.2 plays."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.identify.protocol.adb import PROTOCOL, QUESTION, banner_untrusted, turned

BANNER = (
    b"device::ro.product.name=sdk;ro.product.model=Pixel 7;ro.product.device=emu64x;features=cmd,shell_v2"
)


def answer(command: bytes, body: bytes) -> bytes:
    return command + struct.pack("<IIII", 0x01000001, 1 << 20, len(body), sum(body)) + turned(command) + body


HONEYPOT = (
    b"CNXN\0\0\0\1\0\x10\0\0y\0\0\0\xed+\0\0\xbc\xb1\xa7\xb1device::ro.product.name=hlteuc;"
    b"ro.product.model=SAMSUNG-SM-N900A;ro.product.device=hlteatt;features=cmd,stat_v2,shell_v2\0"
)
SCRIPTS: dict[str, list[Line]] = {
    "a device that takes anybody": [(">", QUESTION), ("<", answer(b"CNXN", BANNER))],
    "a device that wants a key": [(">", QUESTION), ("<", answer(b"AUTH", bytes(20)))],
    "adbhoneypot 3.0.2": [(">", QUESTION), ("<", HONEYPOT)],
    "no ADB": [(">", QUESTION), ("<", answer(b"CNXN", b"")[:20] + bytes(4))],
}


def test_devices() -> None:
    service = play(PROTOCOL, SCRIPTS["a device that takes anybody"])
    assert (service.protocol, service.device, service.info) == ("adb", "Pixel 7", "open to anybody")
    assert service.os == "Android"
    assert play(PROTOCOL, SCRIPTS["a device that wants a key"]).info == "authorisation required"


def test_a_honeypot() -> None:
    service = play(PROTOCOL, SCRIPTS["adbhoneypot 3.0.2"])
    assert (service.device, service.info) == ("SAMSUNG-SM-N900A", "open to anybody")


def test_what_is_no_adb_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no ADB"]).protocol is None


@given(st.binary(max_size=60))
def test_any_banner(data: bytes) -> None:
    assert "kind" in banner_untrusted(data)

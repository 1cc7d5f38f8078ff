"""S7: a CPU 315's answers, by Siemens' description of the lists 0x0011 and 0x001C, and those of Snap7's server."""

import struct
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.s7 import (
    CALLED,
    COMPONENTS,
    JOB,
    MODULES,
    PROTOCOL,
    SETUP,
    USER_DATA,
    components_untrusted,
    connect,
    looks_untrusted,
    message,
    modules_untrusted,
    read_list,
    tpkt,
)

SLOT_2, SLOT_1 = CALLED
CONFIRM = tpkt(bytes.fromhex("11d00001000100c0010ac1020100c2020102"))
ACK = tpkt(bytes.fromhex("02f080 3203 0000 0001 0008 0000 0000 f0 00 0001 0001 00f0".replace(" ", "")))
REFUSAL = tpkt(bytes.fromhex("06800001000000"))
SETUP_COMMUNICATION = message(JOB, struct.pack("!BBHHH", SETUP, 0, 1, 1, 480))


def listed(which: int, size: int, *entries: bytes) -> bytes:
    body = b"".join(each.ljust(size, b"\0") for each in entries)
    head = struct.pack("!BBHHHHH", 0xFF, 9, 8 + len(body), which, 0, size, len(entries))
    return message(USER_DATA, bytes.fromhex("000112081284010100000000"), head + body)


MODULE_LIST = listed(
    MODULES,
    28,
    struct.pack("!H20sHHH", 1, b"6ES7 315-2EH14-0AB0 ", 0xC0, 4, 1),
    struct.pack("!H20sHBBBB", 7, b" " * 20, 0xC0, 0x56, 3, 2, 14),
)
COMPONENT_LIST = listed(COMPONENTS, 34, b"\0\1SIMATIC 300", b"\0\5S C-X4U421302009", b"\0\7CPU 315-2 PN/DP")
REFUSED = message(USER_DATA, bytes.fromhex("000112081284010100000000"), b"\x0a\0\0\0")
BEGIN: list[Line] = [(">", connect(SLOT_2)), ("<", CONFIRM), (">", SETUP_COMMUNICATION), ("<", ACK)]
SNAP7_MODULES = bytes.fromhex(
    "0300009902f080320700000001000c007c000112081284010000000000ff09007800110000001c000400"
    "0136455337203331352d32454831342d304142302000c000040001000636455337203331352d32454831"
    "342d304142302000c0000400010007202020202020202020202020202020202020202000c05603020600"
    "81426f6f74204c6f61646572202020202020202020000041200909"
)
SNAP7_COMPONENTS = bytes.fromhex(
    "0300017d02f080320700000001000c0160000112081284010000000000ff09015c001c00000022000a00"
    "01534e4150372d5345525645520000000000000000000000000000000000000000000243505520333135"
    "2d3220504e2f445000000000000000000000000000000000000003000000000000000000000000000000"
    "000000000000000000000000000000000000044f726967696e616c205369656d656e732045717569706d"
    "656e7400000000000000055320432d433255523238393232303132000000000000000000000000000000"
    "000007435055203331352d3220504e2f4450000000000000000000000000000000000000084d4d432032"
    "3637464631314600000000000000000000000000000000000000000009002af600000100000000000000"
    "00000000000000000000000000000000000000000a000000000000000000000000000000000000000000"
    "0000000000000000000000000b0000000000000000000000000000000000000000000000000000000000"
    "000000"
)
SCRIPTS: dict[str, list[Line]] = {
    "a CPU 315": [
        *BEGIN,
        (">", read_list(MODULES)),
        ("<", MODULE_LIST),
        (">", read_list(COMPONENTS)),
        ("<", COMPONENT_LIST),
    ],
    "Snap7's server, python-snap7 2.0.2": [
        (">", connect(SLOT_2)),
        ("<", CONFIRM),
        (">", SETUP_COMMUNICATION),
        ("<", bytes.fromhex("0300001b02f080320300000001000800000000f0000001000101e0")),
        (">", read_list(MODULES)),
        ("<", SNAP7_MODULES),
        (">", read_list(COMPONENTS)),
        ("<", SNAP7_COMPONENTS),
    ],
    "lists are refused": [*BEGIN, (">", read_list(MODULES)), ("<", REFUSED)],
    "a controller in slot 1": [
        (">", connect(SLOT_2)),
        ("<", REFUSAL),
        ("afresh", b""),
        (">", connect(SLOT_1)),
        ("<", CONFIRM),
        (">", SETUP_COMMUNICATION),
        ("<", ACK),
        (">", read_list(MODULES)),
    ],
    "refused twice": [
        (">", connect(SLOT_2)),
        ("<", REFUSAL),
        ("afresh", b""),
        (">", connect(SLOT_1)),
        ("<", REFUSAL),
    ],
    "another ISO service": [
        (">", connect(SLOT_2)),
        ("<", CONFIRM),
        (">", SETUP_COMMUNICATION),
        ("<", CONFIRM),
    ],
    "an echo": [(">", connect(SLOT_2)), ("<", connect(SLOT_2))],
}


def test_a_cpu() -> None:
    service = play(PROTOCOL, SCRIPTS["a CPU 315"])
    assert (service.protocol, service.product, service.version) == ("s7comm", "CPU 315-2 PN/DP", "3.2.14")
    assert (service.vendor, service.device) == ("Siemens", "PLC")
    assert service.detail["order_number"] == "6ES7 315-2EH14-0AB0"
    assert service.detail["serial"] == "S C-X4U421302009"


def test_snap7() -> None:
    service = play(PROTOCOL, SCRIPTS["Snap7's server, python-snap7 2.0.2"])
    assert (service.product, service.version, service.device) == ("CPU 315-2 PN/DP", "3.2.6", "PLC")
    assert service.detail["system_name"] == "SNAP7-SERVER"


def test_less() -> None:
    assert play(PROTOCOL, SCRIPTS["lists are refused"]).confidence == 0.98
    assert play(PROTOCOL, SCRIPTS["a controller in slot 1"]).confidence == 0.98
    assert play(PROTOCOL, SCRIPTS["refused twice"]).protocol is None
    assert play(PROTOCOL, SCRIPTS["another ISO service"]).protocol is None
    assert (looks_untrusted(ACK), looks_untrusted(CONFIRM)) == (0.9, 0)


def test_an_echo_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


@given(damaged(MODULE_LIST[4:], COMPONENT_LIST[4:], REFUSED[4:]))
def test_any_bytes(data: bytes) -> None:
    for parse in (modules_untrusted, components_untrusted):
        with suppress(BadReply):
            parse(data)

"""MSRPC: the bind that samba of Debian 12 acknowledges as a domain controller in a namespace; lists by C706, O."""

import struct

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.msrpc import (
    ASK_ALL,
    BIND_MAPPER,
    MAPPER,
    PROTOCOL,
    entries_untrusted,
    pdu,
    tower_untrusted,
)

ACK = bytes.fromhex(
    "05000c03100000003c00000069726550d016d0161b7b000004003133350000000100000000000000045d888a"
    "eb1cc9119fe808002b10486002000000"
)


def tower(port: int) -> bytes:
    first = b"\x13\0\x0d" + MAPPER.bytes_le + b"\3\0\2\0\0\0"
    ndr = b"\x13\0\x0d" + bytes(16) + b"\2\0\2\0\0\0"
    tcp = b"\1\0\x07\2\0" + struct.pack("!H", port)
    return b"\5\0" + first + ndr + b"\1\0\x0b\2\0\0\0" + tcp + b"\1\0\x09\4\0\xc6\x12\0\1"


def listing(*entries: tuple[bytes, bytes]) -> bytes:
    stub = bytes(20) + struct.pack("<4I", len(entries), 64, 0, len(entries))
    for number, (_, note) in enumerate(entries, 1):
        stub += bytes(16) + struct.pack("<3I", number, 0, len(note)) + note + bytes(-len(note) % 4)
    for place, _ in entries:
        stub += struct.pack("<2I", len(place), len(place)) + place
        stub += bytes(-len(stub) % 4)
    return stub + bytes(4)


STUB = listing((tower(135), b"mapper\0"), (tower(49664), b"\0"))
HALF = len(STUB) // 2


def response(stub: bytes, flags: int) -> bytes:
    whole = pdu(2, bytes(8) + stub)
    return whole[:3] + bytes([flags]) + whole[4:]


SCRIPTS: dict[str, list[Line]] = {
    "samba as a domain controller": [
        (">", BIND_MAPPER),
        ("<", ACK),
        (">", ASK_ALL),
        ("<", response(STUB, 3)),
    ],
    "two fragments": [
        (">", BIND_MAPPER),
        ("<", ACK),
        (">", ASK_ALL),
        ("<", response(STUB[:HALF], 1) + response(STUB[HALF:], 2)),
    ],
    "a bind that is refused": [(">", BIND_MAPPER), ("<", pdu(13, b"\0\0\0"))],
    "no MSRPC": [(">", BIND_MAPPER), ("<", pdu(9, b""))],
}


def test_samba() -> None:
    service = play(PROTOCOL, SCRIPTS["samba as a domain controller"])
    assert (service.protocol, service.detail["bound"]) == ("msrpc", True)
    endpoints = service.detail["endpoints"]
    assert isinstance(endpoints, dict)
    assert any(each.startswith(str(MAPPER)) for each in endpoints)


def test_fragments_are_joined() -> None:
    service = play(PROTOCOL, SCRIPTS["two fragments"])
    assert service.detail["endpoints"] == {
        f"{MAPPER} v3 tcp:135 198.18.0.1": "mapper",
        f"{MAPPER} v3 tcp:49664 198.18.0.1": "",
    }


def test_a_refusal_identifies_it_too() -> None:
    service = play(PROTOCOL, SCRIPTS["a bind that is refused"])
    assert (service.protocol, service.detail["bound"]) == ("msrpc", False)


def test_what_is_no_msrpc_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no MSRPC"]).protocol is None


@given(damaged(STUB, tower(1)))
def test_any_bytes(data: bytes) -> None:
    survive(data, entries_untrusted, tower_untrusted)

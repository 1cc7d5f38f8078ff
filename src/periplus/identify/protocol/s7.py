"""S7 communication: which module and which firmware a Siemens controller has, by its list of system states.

RFC 1006 and ISO 8073 (class 0) for the connection; Siemens, System Software for S7-300/400, system status lists
0x0011 (module identification) and 0x001C (component identification). Neither program nor data are read.

Identified by an acknowledgement of S7's setup of communication.

Limits: S7-1200 and 1500 stand in slot 1, which is asked for after slot 2 was refused; they answer only where they
allow access from outside (PUT/GET), and then little.
"""

import struct
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Afresh, Detail, Exactly, Known, Say, Talk, Told, Want

__all__ = ["PROTOCOL", "components_untrusted", "looks_untrusted", "modules_untrusted"]

CONNECT_REQUEST, CONNECT_CONFIRM, DISCONNECT, DATA = 0xE0, 0xD0, 0x80, 0xF0
S7, JOB, ACK_DATA, USER_DATA = 0x32, 1, 3, 7
SETUP = 0xF0
MODULES, COMPONENTS = 0x0011, 0x001C
MODULE, FIRMWARE = 1, 7
NAMES = {1: "system_name", 2: "module_name", 3: "plant", 4: "copyright", 5: "serial", 7: "module_type"}
MOST_PACKET = 1_024
CALLED = (0x0102, 0x0101)  # rack 0, slots 2 and 1
LIST_HEAD = 12  # of an answer: return code, transport, length, list, index, size and count of its entries


def tpkt(body: bytes) -> bytes:
    """Return the body in its packet (RFC 1006, 6)."""
    return struct.pack("!BBH", 3, 0, 4 + len(body)) + body


def connect(called: int) -> bytes:
    """Return a connection request: size of packets, calling and called selector."""
    options = bytes.fromhex("c0010ac1020100") + struct.pack("!BBH", 0xC2, 2, called)
    body = struct.pack("!BHHB", CONNECT_REQUEST, 0, 1, 0) + options
    return tpkt(bytes([len(body)]) + body)


def message(kind: int, parameter: bytes, data: bytes = b"") -> bytes:
    """Return a message of S7 in a data packet."""
    head = struct.pack("!BBHHHH", S7, kind, 0, 1, len(parameter), len(data))
    return tpkt(bytes([2, DATA, 0x80]) + head + parameter + data)


def read_list(which: int) -> bytes:
    """Return the request to read a system status list."""
    return message(USER_DATA, bytes.fromhex("0001120411440100"), struct.pack("!BBHHH", 0xFF, 9, 4, which, 0))


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it: a connection's confirmation is that of other ISO services too."""
    if len(data) > 8 and data[:2] == b"\3\0" and data[5] == DATA and data[7] == S7:
        return 0.9
    return 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Connect, set up, read two lists."""
    yield from _connected()
    yield Say(message(JOB, struct.pack("!BBHHH", SETUP, 0, 1, 1, 480)))
    answer = yield from _packet()
    if answer[3:5] != bytes([S7, ACK_DATA]) or SETUP not in answer[13:18]:
        raise BadReply("no acknowledgement of S7")
    yield Known(0.98, "acknowledged S7's setup")
    yield Say(read_list(MODULES))
    yield modules_untrusted((yield from _packet()))
    yield Say(read_list(COMPONENTS))
    yield components_untrusted((yield from _packet()))


def _connected() -> Generator[Want, bytes, None]:
    """Connect to the first slot that takes it; raises BadReply."""
    for number, called in enumerate(CALLED, 1):
        yield Say(connect(called))
        kind = (yield from _packet())[1]
        if kind == CONNECT_CONFIRM:
            return
        if kind != DISCONNECT or number == len(CALLED):
            raise BadReply("no connection at the transport")
        yield Afresh()


def _packet() -> Generator[Want, bytes, bytes]:
    head = yield Exactly(4)
    size = int.from_bytes(head[2:], "big")
    if head[:2] != b"\3\0" or not 7 <= size <= MOST_PACKET:
        raise BadReply("no packet of RFC 1006")
    return (yield Exactly(size - 4))


def _entries(packet: bytes, which: int) -> list[bytes]:
    """Return the entries of a system status list; raises BadReply."""
    cursor = Cursor(packet, 3)
    if cursor.number(1) != S7 or cursor.number(1) != USER_DATA:
        raise BadReply("no answer with a list")
    cursor.take(4)
    parameters, data = cursor.number(2), cursor.number(2)
    cursor.take(parameters)
    if data < LIST_HEAD or cursor.number(1) != 0xFF:
        raise BadReply("the list is not given")
    cursor.take(3)
    listed = cursor.number(2)
    cursor.take(2)
    size, count = cursor.number(2), cursor.number(2)
    if listed != which or not size >= 4:
        raise BadReply("another list")
    return [cursor.take(size) for _ in range(min(count, cursor.left // size))]


def modules_untrusted(packet: bytes) -> Told:
    """Return order number and firmware; raises BadReply."""
    detail: dict[str, Detail] = {}
    version = None
    for entry in _entries(packet, MODULES):
        cursor = Cursor(entry)
        number, order = cursor.number(2), cursor.take(min(20, cursor.left)).decode("latin-1").strip("\0 ")
        if number == MODULE:
            detail["order_number"] = order
        elif number == FIRMWARE and cursor.left >= 6:
            _, major, minor, patch = cursor.take(2), cursor.take(2)[1], cursor.number(1), cursor.number(1)
            version = f"{major}.{minor}.{patch}"
    order = str(detail.get("order_number", ""))
    return Told(texts={"s7.order": order} if order else {}, vendor="Siemens", version=version, detail=detail)


def components_untrusted(packet: bytes) -> Told:
    """Return the names that the controller was given; raises BadReply."""
    detail: dict[str, Detail] = {}
    for entry in _entries(packet, COMPONENTS):
        name = NAMES.get(int.from_bytes(entry[:2], "big"))
        text = entry[2:].split(b"\0")[0].decode("latin-1").strip()
        if name and text:
            detail[name] = text
    kind = detail.get("module_type")
    return Told(product=kind if isinstance(kind, str) else None, detail=detail)


PROTOCOL = Protocol(
    name="s7comm",
    title="S7 communication",
    source="RFC 1006; Siemens, System Software for S7-300/400",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(102,),
    rarity=8,
    careful=True,
)

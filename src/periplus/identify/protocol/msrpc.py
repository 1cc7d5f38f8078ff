"""MSRPC's endpoint mapper: which interfaces a host has, and where.

DCE 1.1: RPC (Open Group C706), chapters 12 (PDUs), appendix L (towers) and O (ept_lookup); MS-RPCE. A bind without
authentication and one lookup of at most `MOST_ENTRIES`; nothing is called that does more than list.

Identified by an answer to our bind.
"""

import struct
import uuid
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Talk, Told, Want

__all__ = ["PROTOCOL", "entries_untrusted", "looks_untrusted", "tower_untrusted"]

REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK = 0, 2, 3, 11, 12, 13
FIRST, LAST = 1, 2
CALL = 0x50657269
MAPPER = uuid.UUID("e1af8308-5d1f-11c9-91a4-08002b14a0fa")
NDR = uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860")
LOOKUP = 2
MOST_ENTRIES, MOST_FRAGMENTS, MOST = 64, 8, 8_192
UUID_FLOOR, TCP, UDP, IP, PIPE, LOCAL, HTTP, NETBIOS = 0x0D, 0x07, 0x08, 0x09, 0x0F, 0x10, 0x1F, 0x11


def pdu(kind: int, body: bytes) -> bytes:
    """Return a PDU of version 5, in one fragment, little-endian."""
    return struct.pack("<BBBBIHHI", 5, 0, kind, FIRST | LAST, 0x10, 16 + len(body), 0, CALL) + body


BIND_MAPPER = pdu(
    BIND,
    struct.pack("<HHIBxH", 5_840, 5_840, 0, 1, 0)
    + struct.pack("<HBx", 0, 1)
    + MAPPER.bytes_le
    + struct.pack("<HH", 3, 0)
    + NDR.bytes_le
    + struct.pack("<I", 2),
)
ASK_ALL = pdu(REQUEST, struct.pack("<IHHIIII20xI", 64, 0, LOOKUP, 0, 0, 0, 1, MOST_ENTRIES))


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of MSRPC: a PDU of version 5 that answers."""
    answers = (
        len(data) >= 16 and data[:2] == b"\5\0" and data[2] in (BIND_ACK, BIND_NAK, FAULT) and data[3] & FIRST
    )
    return 0.95 if answers and data[4:8] == b"\x10\0\0\0" and data[12:16] == struct.pack("<I", CALL) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Bind; then look up."""
    yield Say(BIND_MAPPER)
    answer = yield from framed(16, 8, 2, order="little", more=-16, most=MOST)
    if not looks_untrusted(answer):
        raise BadReply("no answer to a bind")
    yield Known(0.97, "an answer to our bind")
    bound = answer[2] == BIND_ACK
    yield Told(detail={"bound": bound})
    if bound:
        yield Say(ASK_ALL)
        found = entries_untrusted((yield from _response()))
        names: dict[str, Detail] = dict(found)
        yield Told(detail={"endpoints": names})


def _response() -> Generator[Want, bytes, bytes]:
    """Take the fragments of a response; return what they carry."""
    stub = b""
    for _ in range(MOST_FRAGMENTS):
        part = yield from framed(16, 8, 2, order="little", more=-16, most=MOST)
        if part[2] != RESPONSE or len(part) < 24:
            raise BadReply("no response to a lookup")
        stub += part[24:]
        if part[3] & LAST:
            return stub
    raise BadReply("a response without end")


def entries_untrusted(stub: bytes) -> list[tuple[str, str]]:
    """Return each endpoint and its note; raises BadReply."""
    cursor = Cursor(stub, 20, "little")
    count = cursor.number(4)
    cursor.take(12)
    if count > MOST_ENTRIES:
        raise BadReply("more entries than were asked for")
    notes = []
    for _ in range(count):
        cursor.take(16)
        has_tower = cursor.number(4)
        cursor.take(4)
        text = printable(cursor.take(cursor.number(4)))
        cursor.align(4)
        if has_tower:
            notes.append(text)
    found = []
    for note in notes:
        cursor.take(4)
        found.append((tower_untrusted(cursor.sized(4)), note))
        cursor.take(min(-cursor.at % 4, cursor.left))
    return found


def tower_untrusted(data: bytes) -> str:
    """Return interface and place of a tower in one line; raises BadReply."""
    cursor = Cursor(data, 0, "little")
    floors = [(cursor.sized(2), cursor.sized(2)) for _ in range(cursor.number(2))]
    if len(floors) < 3 or len(floors[0][0]) < 19 or floors[0][0][0] != UUID_FLOOR:
        raise BadReply("no tower")
    first = floors[0][0]
    interface = f"{uuid.UUID(bytes_le=first[1:17])} v{int.from_bytes(first[17:19], 'little')}"
    places = [each for each in (_place(left, right) for left, right in floors[3:]) if each]
    return f"{interface} {' '.join(places)}"


def _place(left: bytes, right: bytes) -> str:
    kind = left[0] if left else 0
    if kind in (TCP, UDP, HTTP):
        return f"{ {TCP: 'tcp', UDP: 'udp', HTTP: 'http'}[kind] }:{int.from_bytes(right[:2], 'big')}"
    if kind == IP and len(right) == 4:
        return ".".join(map(str, right)) if any(right) else ""
    if kind in (PIPE, LOCAL, NETBIOS) and printable(right):
        return f"{ {PIPE: 'pipe', LOCAL: 'local', NETBIOS: 'host'}[kind] }:{printable(right)}"
    return ""


PROTOCOL = Protocol(
    name="msrpc",
    title="Microsoft RPC endpoint mapper",
    source="Open Group C706; MS-RPCE",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(135,),
    rarity=3,
)

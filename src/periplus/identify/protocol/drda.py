"""DB2, Derby and what else speaks DRDA: the server's attributes; and DB2's administration server over UDP.

DRDA volume 3 (Open Group C114): DSS header, EXCSAT, EXCSATRD; texts are EBCDIC. It comes before any choice of how
to log in. Over UDP, what catalogue tools ask the administration server.

Identified by EXCSATRD with our correlation number, which is 1, as Derby answers by no other; over UDP by
``DB2RETADDR``.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Known, Say, Some, Talk, Told
from periplus.payload.db2 import PAYLOADS

__all__ = ["PROTOCOLS", "address_untrusted", "attributes_untrusted"]

MAGIC, REQUEST, REPLY, CORRELATION = 0xD0, 1, 2, 1
EXCSAT, EXCSATRD = 0x1041, 0x1443
NAMES = {
    0x115E: "external_name",
    0x116D: "server_name",
    0x115A: "release",
    0x1147: "class",
    0x1404: "managers",
}
EBCDIC = "cp500"
MANAGERS = struct.pack("!8H", 0x1403, 7, 0x2407, 7, 0x240F, 7, 0x1440, 7)
DISCOVERY, ANSWER = PAYLOADS[0].data, b"DB2RETADDR\0"


def parameter(code: int, value: bytes) -> bytes:
    """Return an object of DDM."""
    return struct.pack("!HH", len(value) + 4, code) + value


def question() -> bytes:
    """Return EXCSAT."""
    name = "periplus".encode(EBCDIC)
    texts = b"".join(parameter(code, name) for code, key in NAMES.items() if key != "managers")
    body = parameter(EXCSAT, texts + parameter(0x1404, MANAGERS))
    return struct.pack("!HBBH", len(body) + 6, MAGIC, REQUEST, CORRELATION) + body


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of DRDA."""
    return 0.95 if data[2:3] == bytes([MAGIC]) and data[8:10] == struct.pack("!H", EXCSATRD) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Exchange attributes."""
    yield Say(question())
    answer = yield from framed(2, 0, 2, more=-2, most=8_192)
    said = attributes_untrusted(answer)
    yield Known(0.98, "EXCSATRD to EXCSAT")
    text = "\n".join(f"{name}:{said[name]}" for name in ("class", "release") if name in said)
    yield Told(texts={"drda.server": text}, detail={**said})


def attributes_untrusted(data: bytes) -> dict[str, str]:
    """Return the attributes of an answer to our request by name; raises BadReply."""
    cursor = Cursor(data, 2)
    if cursor.number(1) != MAGIC or cursor.number(1) & 0xF != REPLY or cursor.number(2) != CORRELATION:
        raise BadReply("no answer of DRDA to our request")
    inside = Cursor(cursor.take(cursor.number(2) - 2))
    if inside.number(2) != EXCSATRD:
        raise BadReply("no attributes of a server")
    said = {}
    while inside.left:
        length, code = inside.number(2), inside.number(2)
        value = inside.take(length - 4)
        if code in NAMES and NAMES[code] != "managers":
            said[NAMES[code]] = printable(value, EBCDIC)
    return said


def udp_looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of DB2's administration server."""
    return 0.97 if data.startswith(ANSWER) else 0.0


def udp_talk_untrusted(peer: Peer) -> Talk:
    """Ask for name and release."""
    yield Say(DISCOVERY)
    name, release = address_untrusted((yield Some()))
    yield Known(0.97, "DB2RETADDR")
    yield Told(
        texts={"drda.server": f"class:DB2 administration server\nrelease:{release}"}, hostname=name or None
    )


def address_untrusted(data: bytes) -> tuple[str, str]:
    """Return host and release of an answer; raises BadReply."""
    if not data.startswith(ANSWER):
        raise BadReply("no DB2RETADDR")
    cursor = Cursor(data, len(ANSWER))
    release = printable(cursor.until())
    return printable(cursor.rest().split(b"\0")[0], "latin-1"), release


PROTOCOLS = (
    Protocol(
        name="drda",
        title="DRDA",
        source="Open Group C114 (DDM)",
        talk=talk_untrusted,
        looks=looks_untrusted,
        ports=(50000, 446, 447, 448, 1527, 60000),
        rarity=6,
    ),
    Protocol(
        name="ibm-db2",
        title="DB2 administration server",
        source="IBM DB2 discovery",
        talk=udp_talk_untrusted,
        looks=udp_looks_untrusted,
        over=Over.UDP,
        ports=(523,),
        rarity=7,
    ),
)

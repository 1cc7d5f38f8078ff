"""Microsoft SQL Server: version and encryption by TDS's prelogin, and the instances of a host by its browser (UDP).

MS-TDS sections 2.2.3.1 (packet header), 2.2.6.5 (PRELOGIN), 3.2.5.2 (TLS, which is carried in packets until it is
agreed on; by 8.0 it is there from the start); MC-SQLR sections 2.2.2, 2.2.5. No login follows.

Identified by a tabular packet whose prelogin options point inside it; the browser by its answer's type and length.
"""

import struct
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Detail, Envelope, Known, Say, Secure, Some, Talk, Told, Want
from periplus.payload.mssql import UNICAST_REQUEST

__all__ = ["PROTOCOLS", "instances_untrusted", "prelogin_untrusted", "unpack_untrusted", "upgrade_untrusted"]

PRELOGIN, TABULAR = 0x12, 0x04
VERSION, ENCRYPTION, INSTANCE, THREAD, MARS, TERMINATOR = 0, 1, 2, 3, 4, 0xFF
ENCRYPTIONS = {0: "off", 1: "on", 2: "not supported", 3: "required"}
NO_TLS = ENCRYPTIONS[2]
MOST = 1_024
HEAD, MOST_PACKET = 8, 4_096  # as long as no other size was agreed on
ANSWER = 5
MOST_INSTANCES = 64


def prelogin() -> bytes:
    """Return our question: the options' places, then their values."""
    values = ((VERSION, bytes(6)), (ENCRYPTION, b"\0"), (INSTANCE, b"\0"), (THREAD, bytes(4)), (MARS, b"\0"))
    at, places, body = 5 * len(values) + 1, b"", b""
    for kind, value in values:
        places += struct.pack("!BHH", kind, at + len(body), len(value))
        body += value
    return pack(places + bytes([TERMINATOR]) + body)


def pack(data: bytes) -> bytes:
    """Return packets that hold the data; the last one says that it is."""
    step = MOST_PACKET - HEAD
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    return b"".join(
        struct.pack("!BBHHBB", PRELOGIN, number == len(pieces), HEAD + len(piece), 0, 0, 0) + piece
        for number, piece in enumerate(pieces, 1)
    )


def unpack_untrusted(data: bytes) -> tuple[bytes, bytes]:
    """Return what whole packets hold, and the rest; raises BadReply."""
    held = b""
    while len(data) >= HEAD:
        length = int.from_bytes(data[2:4], "big")
        if data[0] not in (PRELOGIN, TABULAR) or length < HEAD:
            raise BadReply("no packet of TDS")
        if len(data) < length:
            break
        held += data[HEAD:length]
        data = data[length:]
    return held, data


IN_PACKETS = Envelope(pack, unpack_untrusted)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of TDS: a prelogin begins with the place of the version."""
    return 0.9 if data[:2] == b"\x04\1" and data[8:9] == b"\0" and data[11:13] == b"\0\6" else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the options, then for TLS."""
    version, detail = yield from _prelogin()
    yield Known(0.98, "prelogin options of TDS")
    yield Told(texts={"mssql.version": version}, detail=detail)
    if not peer.tls and detail["encryption"] != NO_TLS:
        yield Secure(IN_PACKETS)


def upgrade_untrusted(peer: Peer) -> Talk:
    """Ask for the options and begin TLS."""
    _, detail = yield from _prelogin()
    if detail["encryption"] == NO_TLS:
        raise BadReply("it does not begin TLS")
    yield Secure(IN_PACKETS)


def _prelogin() -> Generator[Want, bytes, tuple[str, dict[str, Detail]]]:
    yield Say(prelogin())
    packet = yield from framed(8, 2, 2, more=-8, most=MOST)
    if packet[0] != TABULAR:
        raise BadReply("no tabular packet")
    return prelogin_untrusted(packet[8:])


def prelogin_untrusted(body: bytes) -> tuple[str, dict[str, Detail]]:
    """Return version and options of an answer; raises BadReply."""
    cursor = Cursor(body)
    options: dict[int, bytes] = {}
    while (kind := cursor.number(1)) != TERMINATOR:
        place, length = cursor.number(2), cursor.number(2)
        options[kind] = Cursor(body, min(place, len(body))).take(length)
    if len(options.get(VERSION, b"")) != 6 or len(options.get(ENCRYPTION, b"")) != 1:
        raise BadReply("no prelogin options")
    major, minor, build, sub = struct.unpack("!BBHH", options[VERSION])
    version = f"{major}.{minor}.{build}.{sub}"
    code = options[ENCRYPTION][0]
    return version, {"version": version, "encryption": ENCRYPTIONS.get(code & 3, str(code))}


def browser_looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of the browser."""
    return 0.95 if data[:1] == bytes([ANSWER]) and data[3:].startswith(b"ServerName;") else 0.0


def browser_talk_untrusted(peer: Peer) -> Talk:
    """Ask for all instances."""
    yield Say(UNICAST_REQUEST)
    instances = instances_untrusted((yield Some()))
    yield Known(0.97, "a list of instances")
    first = instances[0]
    texts = {"mssql.version": first["Version"]} if "Version" in first else {}
    yield Told(
        texts=texts, hostname=first.get("ServerName"), detail={"instances": [{**each} for each in instances]}
    )


def instances_untrusted(data: bytes) -> list[dict[str, str]]:
    """Return what is said of each instance; raises BadReply."""
    cursor = Cursor(data, order="little")
    if cursor.number(1) != ANSWER:
        raise BadReply("no answer of the browser")
    text = printable(cursor.sized(2), "latin-1")
    found = []
    for each in text.split(";;")[:MOST_INSTANCES]:
        words = each.split(";")
        pairs = dict(zip(words[::2], words[1::2], strict=False))
        if "ServerName" in pairs:
            found.append(pairs)
    if not found:
        raise BadReply("no list of instances")
    return found


PROTOCOLS = (
    Protocol(
        name="ms-sql-s",
        title="Microsoft SQL Server",
        source="MS-TDS",
        talk=talk_untrusted,
        looks=looks_untrusted,
        ports=(1433, 1434, 14330),
        rarity=3,
        upgrade=upgrade_untrusted,
        alpn=("tds/8.0",),
    ),
    Protocol(
        name="ms-sql-m",
        title="SQL Server browser",
        source="MC-SQLR",
        talk=browser_talk_untrusted,
        looks=browser_looks_untrusted,
        over=Over.UDP,
        ports=(1434,),
        rarity=4,
    ),
)

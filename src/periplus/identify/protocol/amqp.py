"""AMQP: Connection.Start of 0-9-1 with the server's properties, or the header of 1.0.

AMQP 0-9-1 specification, sections 2.2.4 (header), 2.3.5 (frames), 4.2.5.5 (tables), 1.4.2.1 (connection.start);
AMQP 1.0, section 2.2. Nothing is answered to the start, so nobody logs in.

Identified by the method frame of Connection.Start, or by a protocol header.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "start_untrusted", "table_untrusted"]

HEADER = b"AMQP"
VERSION_0_9_1, VERSION_1_0 = b"\0\0\x09\1", b"\0\1\0\0"
METHOD, END = 1, 0xCE
START = b"\0\x0a\0\x0a"  # class connection, method start
MOST, MOST_DEPTH = 32_768, 5
SHOWN = ("product", "version", "platform", "cluster_name", "copyright", "information", "host", "brokerName")
FIXED = {
    b"b": 1,
    b"B": 1,
    b"U": 2,
    b"s": 2,
    b"u": 2,
    b"I": 4,
    b"i": 4,
    b"L": 8,
    b"l": 8,
    b"T": 8,
    b"f": 4,
    b"d": 8,
}


def looks_untrusted(data: bytes) -> float:
    """How sure first bytes or an answer make of AMQP."""
    if data.startswith(HEADER) and len(data) == 8:
        return 0.95
    return 0.95 if data[:3] == b"\1\0\0" and data[7:11] == START else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for 0-9-1."""
    yield Say(HEADER + VERSION_0_9_1)
    head = yield Exactly(7)
    if head.startswith(HEADER):
        other = head[4:] + (yield Exactly(1))
        if other == VERSION_0_9_1:
            raise BadReply("our own header, which no server refuses with itself")
        name = "1.0" if other[1:] == VERSION_1_0[1:] else ".".join(map(str, other[1:]))
        yield Known(0.97, f"protocol header of AMQP {name}")
        yield Told(detail={"protocol": name, "sasl": other[0] == 3})
        return
    length = int.from_bytes(head[3:], "big")
    if head[0] != METHOD or not 0 < length <= MOST:
        raise BadReply("no method frame")
    body = yield Exactly(length + 1)
    said, detail = start_untrusted(body)
    yield Known(0.99, "Connection.Start")
    text = "\n".join(f"{name}:{said[name]}" for name in SHOWN if isinstance(said.get(name), str))
    yield Told(
        texts={"amqp.properties": text},
        detail={**detail, **{name: said[name] for name in SHOWN if name in said}},
    )


def start_untrusted(body: bytes) -> tuple[dict[str, Detail], dict[str, Detail]]:
    """Return the server's properties, and version, mechanisms and locales; raises BadReply."""
    cursor = Cursor(body)
    if cursor.take(4) != START or body[-1] != END:
        raise BadReply("no Connection.Start")
    version = f"{cursor.number(1)}-{cursor.number(1)}"
    said = table_untrusted(cursor.sized(4))
    mechanisms, locales = printable(cursor.sized(4)).split(), printable(cursor.sized(4)).split()
    return said, {"protocol": version, "mechanisms": [*mechanisms], "locales": [*locales]}


def table_untrusted(data: bytes, depth: int = 0) -> dict[str, Detail]:
    """Return a table; raises BadReply."""
    if depth > MOST_DEPTH:
        raise BadReply("tables in tables without end")
    cursor = Cursor(data)
    found: dict[str, Detail] = {}
    while cursor.left:
        name = printable(cursor.sized(1))
        found[name] = _value(cursor, cursor.take(1), depth)
    return found


def _value(cursor: Cursor, kind: bytes, depth: int) -> Detail:
    if kind == b"S":
        return printable(cursor.sized(4))
    if kind == b"F":
        return table_untrusted(cursor.sized(4), depth + 1)
    if kind == b"t":
        return bool(cursor.number(1))
    if kind in b"AxD" and kind:
        return cursor.take(5).hex() if kind == b"D" else cursor.sized(4).hex()
    if kind in FIXED:
        return cursor.number(FIXED[kind])
    if kind == b"V":
        return None
    raise BadReply("no value of AMQP")


PROTOCOL = Protocol(
    name="amqp",
    title="AMQP",
    source="AMQP 0-9-1 specification",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(5672, 5673),
    tls_ports=(5671,),
    rarity=4,
)

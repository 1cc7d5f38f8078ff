"""Modbus over TCP: the device's identification, which is read and nothing else.

MODBUS Application Protocol 1.1b3, section 6.21 (function 43 / 14, basic and regular objects); MODBUS Messaging on
TCP/IP 1.0b for the header. Registers and coils are never read.

Identified by an answer with our transaction and function, or the exception of that function.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "objects_untrusted"]

TRANSACTION = b"Pe"
FUNCTION, MEI_DEVICE, REGULAR, FROM_FIRST = 0x2B, 0x0E, 2, 0
EXCEPTION = 0x80
MOST = 253
UNITS = (1, 255)
NAMES = ("vendor", "product_code", "revision", "url", "product", "model", "application")
EXCEPTIONS = {1: "illegal function", 2: "illegal address", 3: "illegal value", 4: "device failure", 6: "busy",
              10: "gateway path unavailable", 11: "gateway target silent"}  # fmt: skip


def question(unit: int) -> bytes:
    """Return the question to one unit; 255 is the device itself rather than what is behind a gateway."""
    body = bytes([unit, FUNCTION, MEI_DEVICE, REGULAR, FROM_FIRST])
    return TRANSACTION + bytes(2) + len(body).to_bytes(2, "big") + body


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it: to another protocol's question it is at best an exception."""
    if len(data) < 9 or data[2:4] != bytes(2) or len(data) != 6 + int.from_bytes(data[4:6], "big"):
        return 0.0
    if data[:2] == TRANSACTION and data[7] & ~EXCEPTION == FUNCTION:
        return 0.95
    return 0.75 if len(data) == 9 and data[7] & EXCEPTION and data[8] in EXCEPTIONS else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask one unit after the other for its identification."""
    for unit in UNITS:
        yield Say(question(unit))
        head = yield Exactly(6)
        size = int.from_bytes(head[4:], "big")
        if head[:4] != TRANSACTION + bytes(2) or not 3 <= size <= MOST + 1:
            raise BadReply("no answer of Modbus to our question")
        body = yield Exactly(size)
        if body[1] == FUNCTION | EXCEPTION:
            yield Known(0.95, "an exception of Modbus")
            code = body[-1]  # behind the kind of interface, by versions before 1.1b
            yield Told(detail={"exception": EXCEPTIONS.get(code, code), "unit": unit})
            continue
        told = objects_untrusted(body[1:])
        yield Known(0.98, "its identification by Modbus")
        yield told
        return


def objects_untrusted(data: bytes) -> Told:
    """Return the objects of an identification; raises BadReply."""
    cursor = Cursor(data)
    if cursor.number(1) != FUNCTION or cursor.number(1) != MEI_DEVICE:
        raise BadReply("no identification of Modbus")
    cursor.take(4)
    found: dict[str, str] = {}
    for _ in range(cursor.number(1)):
        number = cursor.number(1)
        value = cursor.sized(1).decode("latin-1").strip("\0 ")
        found[NAMES[number] if number < len(NAMES) else f"object_{number}"] = value
    detail: dict[str, Detail] = {**found}
    device = " ".join(filter(None, (found.get("vendor"), found.get("product_code"))))
    return Told(
        texts={"modbus.device": device} if device else {},
        vendor=found.get("vendor") or None,
        product=found.get("product") or found.get("product_code") or None,
        version=found.get("revision") or None,
        detail=detail,
    )


PROTOCOL = Protocol(
    name="modbus",
    title="Modbus over TCP",
    source="MODBUS Application Protocol 1.1b3",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(502, 802),
    rarity=8,
    careful=True,
)

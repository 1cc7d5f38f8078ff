"""BACnet/IP: a device's identifier, then its maker, model, firmware and name, one property a question.

ASHRAE 135, 15.5 (ReadProperty), 20.2 (encoding), annex J. Only reading; no Who-Is that all would hear.

Identified by an acknowledgement or error for our request in BACnet's link header.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Some, Talk, Told
from periplus.payload.bacnet import BACNET_IP, INVOKE_ID, OBJECT_IDENTIFIER, PAYLOADS, READ_PROPERTY

__all__ = ["PROTOCOL", "looks_untrusted", "value_untrusted"]

IDENTIFIER = PAYLOADS[0].data
PROPERTIES = {"vendor": 121, "model": 70, "firmware": 44, "application": 12, "name": 77, "location": 58}
COMPLEX_ACK, ERROR, REJECT, ABORT = 3, 5, 6, 7
OPENING, CHARACTER_STRING, OBJECT = 0x3E, 7, 12
EXTENDED = 5
CHARSETS = {0: "utf-8", 4: "utf-16-be", 5: "latin-1"}


def question(number: int) -> bytes:
    """Return the request for another property of the device."""
    assert IDENTIFIER[-1] == OBJECT_IDENTIFIER
    return IDENTIFIER[:-1] + bytes([number])


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it."""
    try:
        _application(data)
    except BadReply:
        return 0.0
    return 0.96


def talk_untrusted(peer: Peer) -> Talk:
    """Read the identifier, then what a reader may want to know."""
    yield Say(IDENTIFIER)
    found = value_untrusted((yield Some()))
    yield Known(0.97, "answered ReadProperty")
    detail: dict[str, Detail] = {"device": found}
    if found is None:
        return
    for name, number in PROPERTIES.items():
        yield Say(question(number))
        try:
            detail[name] = value_untrusted((yield Some(wait_s=1.0)))
        except BadReply:
            break
    words = {key: value for key, value in detail.items() if isinstance(value, str) and value}
    device = f"{words.get('vendor', '')} {words.get('model', '')}".strip()
    yield Told(
        texts={"bacnet.device": device} if device else {},
        vendor=words.get("vendor"),
        product=words.get("model"),
        version=words.get("firmware"),
        detail=detail,
    )


def _application(data: bytes) -> tuple[int, Cursor]:
    """Return the kind of an answer to our request, and what follows its header; raises BadReply."""
    cursor = Cursor(data)
    if cursor.number(1) != BACNET_IP or cursor.number(1) not in (0x0A, 0x0B) or cursor.number(2) != len(data):
        raise BadReply("no BACnet/IP")
    if cursor.number(1) != 1 or cursor.number(1) & 0xA8:
        raise BadReply("no plain network header of BACnet")
    kind, invoke, service = cursor.number(1) >> 4, cursor.number(1), cursor.number(1)
    if kind not in (COMPLEX_ACK, ERROR, REJECT, ABORT) or invoke != INVOKE_ID:
        raise BadReply("no answer to our request")
    if kind in (COMPLEX_ACK, ERROR) and service != READ_PROPERTY:
        raise BadReply("an answer to another service")
    return kind, cursor


def value_untrusted(data: bytes) -> str | None:
    """Return the property's value as text; None: the device refuses. Raises BadReply."""
    kind, cursor = _application(data)
    if kind != COMPLEX_ACK:
        return None
    while cursor.left and cursor.data[cursor.at] != OPENING:
        cursor.take(cursor.number(1) & 7)
    cursor.expect(bytes([OPENING]), "value of a property")
    tag = cursor.number(1)
    size = tag & 7
    if size == EXTENDED:
        size = cursor.number(1)
        size = cursor.number(2) if size == 254 else size
    value = cursor.take(size)
    if tag >> 4 == CHARACTER_STRING and value:
        return value[1:].decode(CHARSETS.get(value[0], "latin-1"), "replace")
    if tag >> 4 == OBJECT and size == 4:
        return str(int.from_bytes(value, "big") & 0x3FFFFF)
    return value.hex()


PROTOCOL = Protocol(
    name="bacnet",
    title="BACnet/IP",
    source="ASHRAE 135",
    talk=talk_untrusted,
    looks=looks_untrusted,
    over=Over.UDP,
    ports=(47808,),
    rarity=8,
    careful=True,
)

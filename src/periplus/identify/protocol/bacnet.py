"""BACnet/IP: a device's identifier, then its maker, model, firmware and name, one property a question.

ASHRAE 135, 15.5 (ReadProperty), 16.10 (Who-Is), 20.2 (encoding), annex J. Only reading. The number that stands for
any device is tried first; a device that does not know it (bacpypes3) is asked for its own by a Who-Is to it alone.

Identified by an acknowledgement or error for our request in BACnet's link header.

Limits: an I-Am that goes to the whole network instead of to us is not heard.
"""

from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Some, Talk, Told, Want
from periplus.payload.bacnet import (
    ANY_DEVICE,
    BACNET_IP,
    DEVICE_TYPE,
    INVOKE_ID,
    PAYLOADS,
    READ_PROPERTY,
    UNICAST,
)

__all__ = ["PROTOCOL", "i_am_untrusted", "looks_untrusted", "value_untrusted"]

IDENTIFIER, WHO_IS = (each.data for each in PAYLOADS)
PROPERTIES = {"vendor": 121, "model": 70, "firmware": 44, "application": 12, "name": 77, "location": 58}
UNSAID = ("", "N/A")  # the latter is bacpypes3's
COMPLEX_ACK, ERROR, REJECT, ABORT = 3, 5, 6, 7
OPENING, CHARACTER_STRING, OBJECT = 0x3E, 7, 12
I_AM = bytes(
    [0x10, 0, OBJECT << 4 | 4]
)  # unconfirmed, its service, and the first value: an object of four bytes
EXTENDED = 5
CHARSETS = {0: "utf-8", 4: "utf-16-be", 5: "latin-1"}


def question(number: int, device: int = ANY_DEVICE) -> bytes:
    """Return the request for another property of the device."""
    return (
        IDENTIFIER[:-6]
        + (DEVICE_TYPE << 22 | device).to_bytes(4, "big")
        + IDENTIFIER[-2:-1]
        + bytes([number])
    )


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
    device = ANY_DEVICE if found else (yield from _own_number())
    detail: dict[str, Detail] = {"device": found or str(device)}
    for name, number in PROPERTIES.items():
        yield Say(question(number, device))
        try:
            detail[name] = value_untrusted((yield Some(wait_s=1.0)))
        except BadReply:
            break
    words = {key: value for key, value in detail.items() if isinstance(value, str) and value not in UNSAID}
    named = f"{words.get('vendor', '')} {words.get('model', '')}".strip()
    yield Told(
        texts={"bacnet.device": named} if named else {},
        vendor=words.get("vendor"),
        product=words.get("model"),
        version=words.get("firmware"),
        detail=detail,
    )


def _own_number() -> Generator[Want, bytes, int]:
    yield Say(WHO_IS)
    return i_am_untrusted((yield Some(wait_s=1.0)))


def i_am_untrusted(data: bytes) -> int:
    """Return the number by which a device names itself; raises BadReply."""
    cursor = Cursor(data)
    if cursor.take(2) != bytes([BACNET_IP, UNICAST]) or cursor.number(2) != len(data):
        raise BadReply("no BACnet/IP to us alone")
    cursor.expect(bytes([1, 0]) + I_AM, "I-Am")
    return cursor.number(4) & ANY_DEVICE


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

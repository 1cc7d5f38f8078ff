"""Ubiquiti's discovery: access points, bridges and switches say model, firmware and name.

Ubiquiti discovery, version 1: a header of four bytes, then fields of kind, length and value; no published
specification, the fields are those that every device sends.

Identified by an answer of version 1 whose fields fill it, with an address, a name or firmware among them.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.ubiquiti import PAYLOADS

__all__ = ["PROTOCOL", "fields_untrusted"]

MAC, MAC_AND_ADDRESS, FIRMWARE, HOST, PLATFORM, NETWORK, MODEL = 0x01, 0x02, 0x03, 0x0B, 0x0C, 0x0D, 0x14
NAMES = {FIRMWARE: "firmware", HOST: "hostname", PLATFORM: "platform", NETWORK: "network", MODEL: "model"}


def fields_untrusted(data: bytes) -> Answered:
    """Read the fields; raises BadReply."""
    cursor = Cursor(data)
    if cursor.number(1) != 1 or cursor.number(1) or cursor.number(2) != cursor.left or not cursor.left:
        raise BadReply("no answer of Ubiquiti's discovery")
    detail: dict[str, Detail] = {}
    while cursor.left:
        kind, value = cursor.number(1), cursor.sized(2)
        if kind in NAMES:
            detail[NAMES[kind]] = value.decode("utf-8", "replace").strip("\0")
        elif kind in (MAC, MAC_AND_ADDRESS) and len(value) >= 6:
            detail["mac"] = value[:6].hex(":")
    said = {key: value for key, value in detail.items() if isinstance(value, str)}
    if not said:
        raise BadReply("none of the fields that every device sends")
    told = Told(
        vendor="Ubiquiti",
        product=said.get("model") or said.get("platform"),
        version=said.get("firmware"),
        hostname=said.get("hostname"),
        detail=detail,
    )
    return Answered(0.95, "the fields of a device", told)


QUESTION = Question(PAYLOADS[0].data, fields_untrusted)
PROTOCOL = Protocol(
    name="ubiquiti-discovery",
    title="Ubiquiti discovery",
    source="Ubiquiti discovery, version 1",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(10001,),
    rarity=8,
)

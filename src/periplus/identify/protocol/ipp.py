"""Internet Printing Protocol: Get-Printer-Attributes over HTTP, with the few attributes that say what printer it is.

RFC 8010 section 3 (encoding), RFC 8011 section 4.2.5 (the operation); PWG 5100.14 for the path.

Identified by a message in ``application/ipp`` that returns our request's number.

Limits: values are read as text, numbers and as bytes; collections (which none of the wanted attributes is) are not.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.http.message import asked, request
from periplus.identify.http.texts import told_untrusted
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Known, Talk, Told

__all__ = ["PROTOCOL", "attributes_untrusted", "get_printer_attributes", "looks_untrusted"]

PATH = "/ipp/print"
GET_PRINTER_ATTRIBUTES, NUMBER = 0x000B, 0x50455249
HEAD = struct.Struct("!BBHI")
END_OF_ATTRIBUTES, FIRST_VALUE_TAG = 0x03, 0x10
INTEGER, ENUM, KEYWORD, URI, CHARSET, LANGUAGE = 0x21, 0x23, 0x44, 0x45, 0x47, 0x48
TEXTS = range(0x40, 0x60)
MOST_VALUES = 200
WANTED = (
    "printer-make-and-model", "printer-name", "printer-info", "printer-location", "printer-state", "printer-uuid",
    "printer-device-id", "printer-firmware-name", "printer-firmware-string-version", "ipp-versions-supported",
)  # fmt: skip
CONTENT = (("Content-Type", "application/ipp"),)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of IPP: its content type."""
    head = data[:2048].partition(b"\r\n\r\n")[0].lower()
    return 0.92 if head.startswith(b"http/1.") and b"\r\ncontent-type: application/ipp" in head else 0.0


def get_printer_attributes(uri: str) -> bytes:
    """Return the request for the wanted attributes of a printer."""
    fixed = ((CHARSET, "attributes-charset", "utf-8"), (LANGUAGE, "attributes-natural-language", "en"))
    asks = ((KEYWORD, "" if number else "requested-attributes", each) for number, each in enumerate(WANTED))
    values = b"".join(
        struct.pack("!BH", tag, len(name)) + name.encode() + struct.pack("!H", len(value)) + value.encode()
        for tag, name, value in (*fixed, (URI, "printer-uri", uri), *asks)
    )
    return HEAD.pack(1, 1, GET_PRINTER_ATTRIBUTES, NUMBER) + b"\x01" + values + bytes([END_OF_ATTRIBUTES])


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the printer's attributes."""
    uri = f"{'ipps' if peer.tls else 'ipp'}://{peer.authority}{PATH}"
    answer = yield from asked(request(peer, PATH, "POST", CONTENT, get_printer_attributes(uri)))
    if not answer.get("content-type").lower().startswith("application/ipp"):
        raise BadReply("no answer in application/ipp")
    said = attributes_untrusted(answer.body)
    yield Known(0.97, "returned our request's number in application/ipp")
    yield told_untrusted(answer, PATH)
    model = said.get("printer-make-and-model")
    yield Told(
        texts={"ipp.model": str(model)} if model else {},
        product=str(model) if model else None,
        info=str(said["printer-info"]) if said.get("printer-info") else None,
        device="printer" if model else None,
        detail=said,
    )


def attributes_untrusted(body: bytes) -> dict[str, Detail]:
    """Return status and attributes of a response to our request; raises BadReply."""
    if len(body) < HEAD.size:
        raise BadReply("an IPP message is cut short")
    major, minor, status, number = HEAD.unpack_from(body)
    if number != NUMBER or not 1 <= major <= 2:
        raise BadReply("no IPP response to our request")
    said: dict[str, Detail] = {"ipp_version": f"{major}.{minor}", "ipp_status": status}
    at, name = HEAD.size, ""
    for _ in range(MOST_VALUES):
        if at >= len(body) or body[at] == END_OF_ATTRIBUTES:
            break
        if body[at] < FIRST_VALUE_TAG:  # the beginning of a group
            at += 1
            continue
        tag = body[at]
        new_name, at = _counted(body, at + 1)
        value, at = _counted(body, at)
        name = new_name.decode("ascii", "replace") or name
        if name in WANTED:
            said[name] = _joined(said.get(name), _value(tag, value))
    return said


def _counted(body: bytes, at: int) -> tuple[bytes, int]:
    """Return bytes with their length before them, and where the next thing is."""
    length = int.from_bytes(body[at : at + 2], "big")
    if len(body) < at + 2 + length:
        raise BadReply("an IPP message is cut short")
    return body[at + 2 : at + 2 + length], at + 2 + length


def _value(tag: int, value: bytes) -> Detail:
    if tag in (INTEGER, ENUM):
        return int.from_bytes(value, "big", signed=True)
    return value.decode("utf-8", "replace") if tag in TEXTS else None


def _joined(before: Detail, value: Detail) -> Detail:
    """Several values of one attribute become a list."""
    if before is None:
        return value
    return [*before, value] if isinstance(before, list) else [before, value]


PROTOCOL = Protocol(
    name="ipp",
    title="Internet Printing Protocol",
    source="RFC 8010",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(631,),
    tls_ports=(631,),
    rarity=6,
)

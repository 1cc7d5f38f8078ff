"""IKE, versions 2 and 1: the first message of a key exchange, which is never finished.

RFC 7296, sections 1.2 and 3; RFC 2408, section 3; RFC 3948 for port 4500. What a peer chose of our proposals, or how
it refused them, and its vendor identifiers are read; these name products and what they can do.

Identified by a message that returns our initiator's identifier and sets the responder's, or notifies us.
"""

import struct
from collections.abc import Callable, Iterator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Talk, Told
from periplus.payload.ike import IKE_SA_INIT, MAIN_MODE, NON_ESP_MARKER, PAYLOADS, SPI

__all__ = ["PROTOCOL", "answer_untrusted", "version_1_untrusted", "version_2_untrusted"]

HEAD = struct.Struct("!8s8sBBBBII")
MOST_PAYLOADS = 64
INFORMATIONAL, RESPONSE = 5, 0x20
SA_1, NOTIFY_1, VENDOR_1, SA_2, NOTIFY_2, VENDOR_2 = 1, 11, 13, 33, 41, 43
NOTES = {
    7: "invalid syntax", 14: "no proposal chosen", 17: "invalid key exchange", 24: "authentication failed",
    16388: "NAT detection", 16389: "NAT detection", 16390: "cookie", 16404: "multiple authentication",
    16406: "redirect supported", 16418: "childless", 16430: "fragmentation", 16431: "signature hashes",
}  # fmt: skip
# Vendor identifiers, as their makers publish them or as MD5 of a text; by how they begin.
VENDORS = {
    "afcad71368a1f1c96b8696fc77570100": "RFC 3706 dead peer detection",
    "4a131c81070358455c5728f20e95452f": "RFC 3947 NAT traversal",
    "4048b7d56ebce88525e7de7f00d6c2d3": "IKE fragmentation",
    "882fe56d6fd20dbc2251613b2ebe5beb": "strongSwan",
    "09002689dfd6b712": "XAUTH",
    "12f5f28c457168a9702d9fe274cc": "Cisco Unity",
    "1e2b516905991c7d7c96fcbfb587e461": "Microsoft Windows",
    "8299031757a36082c6a621de": "Fortinet FortiGate",
    "f4ed19e0c114eb516faaac0ee37daf2807b4381f": "Check Point",
    "4f45": "Openswan or Libreswan",
}


def answer_untrusted(data: bytes) -> Answered:
    """Read a message of either version; raises BadReply."""
    data = data.removeprefix(NON_ESP_MARKER)
    if len(data) < HEAD.size:
        raise BadReply("too short for IKE")
    initiator, responder, first, version, exchange, flags, _, length = HEAD.unpack_from(data)
    if initiator != SPI or length != len(data):
        raise BadReply("no answer to our IKE message")
    said_2 = (version >> 4, exchange) == (2, IKE_SA_INIT) and flags & RESPONSE
    said_1 = (version >> 4, exchange) in ((1, MAIN_MODE), (1, INFORMATIONAL)) and responder != bytes(8)
    if not said_1 and not said_2:
        raise BadReply("no answer of IKE")
    vendors: list[Detail] = []
    detail: dict[str, Detail] = {
        f"version_{version >> 4}": True,
        "responder": responder.hex(),
        "vendor_ids": vendors,
    }
    for kind, body in _payloads(Cursor(data, HEAD.size), first):
        if kind in (VENDOR_1, VENDOR_2):
            vendors.append(_vendor(body))
        elif kind in (SA_1, SA_2):
            detail["chosen"] = body.hex()
        elif kind in (NOTIFY_1, NOTIFY_2):
            _note(detail, body if kind == NOTIFY_2 else body[4:])
    texts = {"ike.vendor": "\n".join(map(str, vendors))} if vendors else {}
    return Answered(0.97, f"an answer of IKE version {version >> 4}", Told(texts=texts, detail=detail))


def version_2_untrusted(data: bytes) -> Answered:
    """Read the answer to our question in version 2; raises BadReply."""
    return _in_version(2, data)


def version_1_untrusted(data: bytes) -> Answered:
    """Read the answer to our question in version 1; raises BadReply."""
    return _in_version(1, data)


def _in_version(version: int, data: bytes) -> Answered:
    found = answer_untrusted(data)
    if f"version_{version}" not in found.told.detail:
        raise BadReply("an answer to our other question")
    return found


def _payloads(cursor: Cursor, kind: int) -> Iterator[tuple[int, bytes]]:
    for _ in range(MOST_PAYLOADS):
        if not kind:
            return
        following, _, length = cursor.number(1), cursor.number(1), cursor.number(2)
        yield kind, cursor.take(length - 4)
        kind = following
    raise BadReply("too many payloads")


def _vendor(body: bytes) -> str:
    for beginning, name in VENDORS.items():
        if body.hex().startswith(beginning):
            return name
    return body.decode("ascii") if body.isascii() and body.decode("ascii").isprintable() else body.hex()


def _note(detail: dict[str, Detail], body: bytes) -> None:
    number = int.from_bytes(body[2:4], "big")
    notes = detail.setdefault("notes", [])
    assert isinstance(notes, list)
    notes.append(NOTES.get(number, str(number)))


def _questions(behind_nat: bool) -> tuple[Question, ...]:
    first, second = (3, 2) if behind_nat else (1, 0)
    return (
        Question(PAYLOADS[first].data, version_2_untrusted),
        Question(PAYLOADS[second].data, version_1_untrusted),
    )


def talk_untrusted(peer: Peer) -> Talk:
    """Ask in version 2, then in version 1; behind address translation with the mark that tells it from ESP."""
    talk: Callable[[Peer], Talk] = talk_of(*_questions(peer.port == 4500))
    yield from talk(peer)


PROTOCOL = Protocol(
    name="isakmp",
    title="Internet Key Exchange",
    source="RFC 7296, RFC 2408",
    talk=talk_untrusted,
    looks=looks_of(*_questions(False)),
    over=Over.UDP,
    ports=(500, 4500),
    rarity=4,
)

"""QUIC: a packet of a version kept for this use, which a server answers with the versions that it speaks.

RFC 9000, sections 6 and 15; RFC 8999, section 6. No connection is begun, so what is spoken over it (HTTP/3, DNS) is
not known: only that it is QUIC, and its versions.

Identified by a version negotiation that returns both our connection identifiers.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.quic import DESTINATION_ID, PAYLOADS, SOURCE_ID

__all__ = ["PROTOCOL", "versions_untrusted"]

NAMES = {
    1: "1",
    0x6B3343CF: "2",
    0x709A50C4: "2 (draft)",
    0x51303433: "Q043",
    0x51303436: "Q046",
    0x51303530: "Q050",
}
LONG_HEADER = 0x80


def versions_untrusted(data: bytes) -> Answered:
    """Read a version negotiation; raises BadReply."""
    cursor = Cursor(data)
    if not cursor.number(1) & LONG_HEADER or cursor.number(4):
        raise BadReply("no version negotiation of QUIC")
    if cursor.sized(1) != SOURCE_ID or cursor.sized(1) != DESTINATION_ID:
        raise BadReply("not our connection")
    if not cursor.left or cursor.left % 4:
        raise BadReply("no list of versions")
    versions = [number for (number,) in struct.iter_unpack("!I", cursor.rest())]
    shown: list[Detail] = [_name(each) for each in versions if each & 0x0F0F0F0F != 0x0A0A0A0A]
    return Answered(0.98, "listed its versions", Told(detail={"versions": shown}))


def _name(version: int) -> str:
    if version >> 8 == 0xFF0000:
        return f"draft {version & 0xFF}"
    return NAMES.get(version, f"{version:#010x}")


QUESTION = Question(PAYLOADS[0].data, versions_untrusted)
PROTOCOL = Protocol(
    name="quic",
    title="QUIC",
    source="RFC 9000, RFC 8999",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(80, 443, 784, 853, 4433, 8443),
    rarity=3,
)

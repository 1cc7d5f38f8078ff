"""MikroTik's neighbour discovery: a router says identity, version of RouterOS, platform and board.

MikroTik Neighbor Discovery Protocol: four bytes, then fields of kind, length and value (MikroTik's documentation
names the fields). Nobody logs in.

Identified by an answer whose fields fill it, with a version or a platform among them.

Limits: many routers send the answer to everybody on the link, and not to us.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.mikrotik import PAYLOADS

__all__ = ["PROTOCOL", "fields_untrusted"]

MAC = 1
NAMES = {5: "identity", 7: "version", 8: "platform", 11: "software_id", 12: "board", 16: "interface"}


def fields_untrusted(data: bytes) -> Answered:
    """Read the fields; raises BadReply."""
    cursor = Cursor(data)
    cursor.take(4)
    detail: dict[str, Detail] = {}
    while cursor.left:
        kind, value = cursor.number(2), cursor.sized(2)
        if kind in NAMES:
            detail[NAMES[kind]] = value.decode("utf-8", "replace")
        elif kind == MAC and len(value) == 6:
            detail["mac"] = value.hex(":")
    said = {key: value for key, value in detail.items() if isinstance(value, str)}
    if not said.get("version") or not said.get("platform"):
        raise BadReply("no version and platform of a MikroTik")
    told = Told(
        vendor="MikroTik",
        product="RouterOS",
        os="RouterOS",
        version=said["version"].partition(" ")[0],
        hostname=said.get("identity"),
        info=said.get("board"),
        detail=detail,
    )
    return Answered(0.95, "the fields of a router", told)


QUESTION = Question(PAYLOADS[0].data, fields_untrusted)
PROTOCOL = Protocol(
    name="mndp",
    title="MikroTik Neighbor Discovery Protocol",
    source="MikroTik, neighbour discovery",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(5678,),
    rarity=8,
)

"""SLP: which types of services there are in the default scope.

RFC 2608, sections 8 and 10.2.

Identified by a Service Type Reply with our transaction.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.slp import PAYLOADS, VERSION, XID

__all__ = ["PROTOCOL", "types_untrusted"]

SERVICE_TYPE_REPLY = 10
MOST_SHOWN = 100


def types_untrusted(data: bytes) -> Answered:
    """Read a Service Type Reply; raises BadReply."""
    cursor = Cursor(data)
    if cursor.number(1) != VERSION or cursor.number(1) != SERVICE_TYPE_REPLY or cursor.number(3) != len(data):
        raise BadReply("no Service Type Reply")
    cursor.take(5)
    if cursor.number(2) != XID:
        raise BadReply("not our transaction")
    cursor.sized(2)
    detail: dict[str, Detail] = {"error": cursor.number(2)}
    listed = cursor.sized(2).decode("utf-8", "replace") if cursor.left else ""
    types: list[Detail] = [*listed.split(",")[:MOST_SHOWN]] if listed else []
    texts = {"slp.types": listed} if listed else {}
    return Answered(0.97, "a reply to our transaction", Told(texts=texts, detail={**detail, "types": types}))


QUESTION = Question(PAYLOADS[0].data, types_untrusted)
PROTOCOL = Protocol(
    name="svrloc",
    title="Service Location Protocol",
    source="RFC 2608",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(427,),
    rarity=7,
)

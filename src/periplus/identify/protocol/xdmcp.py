"""XDMCP: whether a display manager would serve us. No session is asked for.

XDMCP 1.1, section 4 and packet formats.

Identified by Willing or Unwilling, whole and in their form.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Told
from periplus.payload.xdmcp import PAYLOADS, VERSION

__all__ = ["PROTOCOL", "answer_untrusted"]

WILLING, UNWILLING = 5, 6


def answer_untrusted(data: bytes) -> Answered:
    """Read Willing or Unwilling; raises BadReply."""
    cursor = Cursor(data)
    version, kind, length = cursor.number(2), cursor.number(2), cursor.number(2)
    if version != VERSION or kind not in (WILLING, UNWILLING) or length != cursor.left:
        raise BadReply("no answer of a display manager")
    if kind == WILLING:
        cursor.sized(2)
    host, status = (cursor.sized(2).decode("utf-8", "replace") for _ in range(2))
    if cursor.left:
        raise BadReply("more than an answer of a display manager")
    told = Told(hostname=host or None, detail={"willing": kind == WILLING, "status": status})
    return Answered(0.95, "Willing" if kind == WILLING else "Unwilling", told)


QUESTION = Question(PAYLOADS[0].data, answer_untrusted)
PROTOCOL = Protocol(
    name="xdmcp",
    title="X Display Manager Control Protocol",
    source="XDMCP 1.1",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(177,),
    rarity=8,
)

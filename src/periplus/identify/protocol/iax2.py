"""IAX2: a poke, which a telephone exchange answers with a pong; no call is made.

RFC 5456, sections 6.7 and 8.1.1.

Identified by a full frame of IAX control, a pong to our call.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.payload.iax2 import CALL, FULL_FRAME, IAX_CONTROL, PAYLOADS

__all__ = ["PROTOCOL", "pong_untrusted"]

PONG, UNSUPPORTED, INVALID = 0x03, 0x21, 0x0A
ANSWERS = {PONG: "PONG", UNSUPPORTED: "UNSUPPORT", INVALID: "INVAL"}


def pong_untrusted(data: bytes) -> Answered:
    """Read the answer to a poke; raises BadReply."""
    cursor = Cursor(data)
    source, destination = cursor.number(2), cursor.number(2)
    cursor.take(6)
    kind, subclass = cursor.number(1), cursor.number(1)
    if (
        not source & FULL_FRAME
        or destination & 0x7FFF != CALL
        or kind != IAX_CONTROL
        or subclass not in ANSWERS
    ):
        raise BadReply("no answer to our poke")
    return Answered(0.95, f"{ANSWERS[subclass]} to our poke")


QUESTION = Question(PAYLOADS[0].data, pong_untrusted)
PROTOCOL = Protocol(
    name="iax",
    title="Inter-Asterisk eXchange",
    source="RFC 5456",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(4569,),
    rarity=8,
)

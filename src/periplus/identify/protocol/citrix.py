"""Citrix ICA browser: the message by which a client finds the master browser.

Citrix ICA browser protocol, as clients of the nineties speak it.

Identified by an answer of the same protocol: its own length first, then the type of an answer, then the same mark.

Limits: only servers before XenApp 7 answer.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.payload.citrix import MAGIC, PAYLOADS, REQUEST_MASTER

__all__ = ["PROTOCOL", "answer_untrusted"]


def answer_untrusted(data: bytes) -> Answered:
    """Read the answer; raises BadReply."""
    cursor = Cursor(data)
    if cursor.number(2, "little") != len(data):
        raise BadReply("no answer of an ICA browser")
    kind = cursor.number(2, "little")
    if kind == REQUEST_MASTER or kind >> 8 not in (0x30, 0x31, 0x32) or cursor.number(4, "little") != MAGIC:
        raise BadReply("no answer of an ICA browser")
    return Answered(0.9, "an answer of an ICA browser")


QUESTION = Question(PAYLOADS[0].data, answer_untrusted)
PROTOCOL = Protocol(
    name="icabrowser",
    title="Citrix ICA browser",
    source="Citrix ICA browser protocol",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(1604,),
    rarity=9,
)

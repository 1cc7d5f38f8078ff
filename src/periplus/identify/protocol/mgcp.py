"""MGCP: an audit of an endpoint that a media gateway does not have.

RFC 3435, sections 2.4 and 3.3.

Identified by a response with our transaction: three digits, our number, a comment.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Told
from periplus.payload.mgcp import PAYLOADS

__all__ = ["PROTOCOL", "response_untrusted"]

TRANSACTION = PAYLOADS[0].data.split()[1]
RESPONSE = re.compile(rb"([0-9]{3})[ \t]+(\d{1,9})(?:[ \t]+([^\r\n]{0,200}))?(?:\r?\n|$)")


def response_untrusted(data: bytes) -> Answered:
    """Read the response; raises BadReply."""
    found = RESPONSE.match(data)
    if found is None or found[2] != TRANSACTION:
        raise BadReply("no response to our audit")
    comment = (found[3] or b"").decode("utf-8", "replace")
    return Answered(
        0.96, "a response to our transaction", Told(detail={"code": int(found[1]), "comment": comment})
    )


QUESTION = Question(PAYLOADS[0].data, response_untrusted)
PROTOCOL = Protocol(
    name="mgcp",
    title="Media Gateway Control Protocol",
    source="RFC 3435",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(2427, 2727),
    rarity=8,
)

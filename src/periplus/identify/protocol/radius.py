"""RADIUS: the server's status, signed with the secret of the standard's example. Nobody is logged in.

RFC 5997, section 6.1; RFC 2865, section 3 for the answer's authenticator.

Identified by an answer with our identifier; surely if it is signed with the same secret, which means that the server
really has the example's. Limits: a server with another secret, or that does not know us, drops the request, as nearly
all do: silence says nothing, and most RADIUS servers cannot be told.
"""

import hashlib

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.radius import AUTHENTICATOR, ID, PAYLOADS

__all__ = ["PROTOCOL", "answer_untrusted"]

ANSWERS = {2: "Access-Accept", 3: "Access-Reject", 5: "Accounting-Response"}
EXAMPLE_SECRET = b"xyzzy5461"
REPLY_MESSAGE = 18


def answer_untrusted(data: bytes) -> Answered:
    """Read an answer; raises BadReply."""
    cursor = Cursor(data)
    code, ident, length = cursor.number(1), cursor.number(1), cursor.number(2)
    if code not in ANSWERS or ident != ID or length != len(data):
        raise BadReply("no answer to our RADIUS request")
    signature = cursor.take(16)
    detail: dict[str, Detail] = {"answer": ANSWERS[code]}
    while cursor.left:
        kind, size = cursor.number(1), cursor.number(1)
        value = cursor.take(size - 2)
        if kind == REPLY_MESSAGE:
            detail["message"] = value.decode("utf-8", "replace")
    signed = data[:4] + AUTHENTICATOR + data[20:] + EXAMPLE_SECRET
    if signature == hashlib.md5(signed, usedforsecurity=False).digest():
        return Answered(
            0.99, "signed with the example's secret", Told(detail={**detail, "example_secret": True})
        )
    return Answered(0.75, f"{ANSWERS[code]} to our request", Told(detail=detail))


QUESTION = Question(PAYLOADS[0].data, answer_untrusted)
PROTOCOL = Protocol(
    name="radius",
    title="Remote Authentication Dial In User Service",
    source="RFC 2865, RFC 5997",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(1645, 1646, 1812, 1813),
    rarity=8,
)

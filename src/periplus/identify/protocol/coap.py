"""CoAP: the list of resources at ``/.well-known/core``.

RFC 7252, section 3; RFC 6690, section 4.

Identified by an acknowledgement of our message, with an answer's code in it.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.coap import MESSAGE_ID, PAYLOADS

__all__ = ["PROTOCOL", "answer_untrusted"]

VERSION_1, ACKNOWLEDGEMENT, RESET = 1, 2, 3
PAYLOAD_MARK = 0xFF
SUCCESS = 2
MOST_SHOWN = 2_000


def answer_untrusted(data: bytes) -> Answered:
    """Read the acknowledgement; raises BadReply."""
    cursor = Cursor(data)
    first, code, ident = cursor.number(1), cursor.number(1), cursor.number(2)
    kind = first >> 4 & 3
    if first >> 6 != VERSION_1 or ident != MESSAGE_ID or kind not in (ACKNOWLEDGEMENT, RESET) or first & 0xF:
        raise BadReply("no answer to our CoAP message")
    if kind == RESET:
        if code or cursor.left:
            raise BadReply("no reset of CoAP")
        return Answered(0.75, "reset our message")
    if code and code >> 5 not in (SUCCESS, 4, 5):
        raise BadReply("no answer's code of CoAP")
    shown = f"{code >> 5}.{code & 0x1F:02}"
    _skip_options(cursor)
    payload = cursor.rest()[:MOST_SHOWN].decode("utf-8", "replace")
    listed = code >> 5 == SUCCESS
    detail: dict[str, Detail] = {"code": shown, "resources" if listed else "diagnostic": payload}
    texts = {"coap.resources": payload} if payload and listed else {}
    return Answered(0.95, f"acknowledged our message by {shown}", Told(texts=texts, detail=detail))


def _skip_options(cursor: Cursor) -> None:
    """Go on to the payload (RFC 7252, 3.1)."""
    while cursor.left:
        head = cursor.number(1)
        if head == PAYLOAD_MARK:
            return
        size = head & 0xF
        for each in (head >> 4, size):
            if each == 0xF:
                raise BadReply("no option of CoAP")
        _extended(cursor, head >> 4)
        cursor.take(_extended(cursor, size))


def _extended(cursor: Cursor, nibble: int) -> int:
    if nibble < 13:
        return nibble
    return 13 + cursor.number(1) if nibble == 13 else 269 + cursor.number(2)


QUESTION = Question(PAYLOADS[0].data, answer_untrusted)
PROTOCOL = Protocol(
    name="coap",
    title="Constrained Application Protocol",
    source="RFC 7252",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(5683, 5685),
    rarity=5,
)

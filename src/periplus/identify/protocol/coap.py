"""CoAP over UDP and TCP: the list of resources at ``/.well-known/core``.

RFC 7252, section 3; RFC 6690, section 4; RFC 8323, sections 3.2 and 5.3, for TCP, where both ends first say what they
are capable of.

Identified by an acknowledgement of our message, with an answer's code in it; over TCP by an answer with our token.
"""

from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told, Want
from periplus.payload.coap import MESSAGE_ID, PAYLOADS

__all__ = ["PROTOCOLS", "answer_untrusted", "response_untrusted", "tcp_looks_untrusted", "tcp_talk_untrusted"]

VERSION_1, ACKNOWLEDGEMENT, RESET = 1, 2, 3
PAYLOAD_MARK = 0xFF
SUCCESS = 2
CAPABLE = 0xE1  # 7.01, whose options are the size of messages (2) and blocks (4)
TOKEN = b"P"
LEAST_EXTENDED = 13  # a length from here on stands in a byte of its own
MOST, MOST_MESSAGES = 16_384, 4
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
    return response_untrusted(code, cursor)


def response_untrusted(code: int, cursor: Cursor) -> Answered:
    """Read options and payload of a response; raises BadReply."""
    if code and code >> 5 not in (SUCCESS, 4, 5):
        raise BadReply("no answer's code of CoAP")
    shown = f"{code >> 5}.{code & 0x1F:02}"
    _skip_options(cursor)
    payload = cursor.rest()[:MOST_SHOWN].decode("utf-8", "replace")
    listed = code >> 5 == SUCCESS
    detail: dict[str, Detail] = {"code": shown, "resources" if listed else "diagnostic": payload}
    texts = {"coap.resources": payload} if payload and listed else {}
    return Answered(0.95, f"answered our message by {shown}", Told(texts=texts, detail=detail))


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


def tcp_looks_untrusted(data: bytes) -> float:
    """How sure first bytes make of CoAP over TCP: capabilities without a token, one of the known options first."""
    short = len(data) > 2 and 0 < data[0] >> 4 < LEAST_EXTENDED and not data[0] & 0xF
    return 0.9 if short and data[1] == CAPABLE and data[2] >> 4 in (2, 4) else 0.0


def tcp_talk_untrusted(peer: Peer) -> Talk:
    """Say what we are capable of, and ask for the list; what comes before the answer is passed by."""
    options = QUESTION.data[4:]
    head = bytes([LEAST_EXTENDED << 4 | len(TOKEN), len(options) - LEAST_EXTENDED, QUESTION.data[1]])
    yield Say(bytes([0, CAPABLE]) + head + TOKEN + options)
    for _ in range(MOST_MESSAGES):
        code, token, body = yield from _message()
        if token == TOKEN and code:
            found = response_untrusted(code, Cursor(body))
            yield Known(found.confidence, found.why)
            yield found.told
            return
        if code >> 5 != CAPABLE >> 5:
            raise BadReply("no answer of CoAP to our message")


def _message() -> Generator[Want, bytes, tuple[int, bytes, bytes]]:
    """Take code, token, and the rest of a message over TCP; raises BadReply."""
    [first] = yield Exactly(1)
    length, tokens = first >> 4, first & 0xF
    if tokens > 8:
        raise BadReply("no message of CoAP")
    if length >= LEAST_EXTENDED:
        extended = yield Exactly(1 << length - LEAST_EXTENDED)
        length = int.from_bytes(extended, "big") + (LEAST_EXTENDED, 269, 65_805)[length - LEAST_EXTENDED]
    if length > MOST:
        raise BadReply("a message of CoAP that is too long")
    rest = yield Exactly(1 + tokens + length)
    return rest[0], rest[1 : 1 + tokens], rest[1 + tokens :]


QUESTION = Question(PAYLOADS[0].data, answer_untrusted)
PROTOCOLS = (
    Protocol(
        name="coap",
        title="Constrained Application Protocol",
        source="RFC 7252",
        talk=talk_of(QUESTION),
        looks=looks_of(QUESTION),
        over=Over.UDP,
        ports=(5683, 5685),
        rarity=5,
    ),
    Protocol(
        name="coap",
        title="Constrained Application Protocol over TCP",
        source="RFC 8323",
        talk=tcp_talk_untrusted,
        looks=tcp_looks_untrusted,
        ports=(5683, 5685),
        tls_ports=(5684,),
        rarity=8,
    ),
)

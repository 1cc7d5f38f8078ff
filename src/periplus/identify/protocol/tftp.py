"""TFTP: a request to read a file that is not there, which is answered by an error.

RFC 1350, section 5; the answer comes from a port of its own (section 4).

Identified by an error, a block of data or an acknowledgement of options, whole and in TFTP's form. An error's text is
the server's own words.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Told
from periplus.payload.tftp import PAYLOADS

__all__ = ["PROTOCOL", "answer_untrusted"]

DATA, ERROR, OPTIONS = 3, 5, 6
MOST_ERROR_CODE = 8
BLOCK = 512


def answer_untrusted(data: bytes) -> Answered:
    """Read what answers a request to read; raises BadReply."""
    cursor = Cursor(data)
    kind, number = cursor.number(2), cursor.number(2)
    if kind == DATA and number == 1 and cursor.left <= BLOCK:
        return Answered(0.7, "a first block of data")
    if kind != ERROR or number > MOST_ERROR_CODE:
        raise BadReply("no answer of TFTP")
    text = cursor.text()
    if cursor.left or not text.isprintable():
        raise BadReply("no error of TFTP")
    told = Told(texts={"tftp.error": text}, detail={"error": number, "text": text})
    return Answered(0.95, "an error in the form of TFTP", told)


QUESTION = Question(PAYLOADS[0].data, answer_untrusted)
PROTOCOL = Protocol(
    name="tftp",
    title="Trivial File Transfer Protocol",
    source="RFC 1350",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(69, 1069),
    rarity=4,
    elsewhere=True,
)

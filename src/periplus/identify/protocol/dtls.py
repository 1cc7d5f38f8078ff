"""DTLS: a client's first message, answered with a cookie to send again, with a server's message, or with an alert.

RFC 6347, sections 4.1 and 4.2. The handshake goes no further.

Identified by a record of the handshake with a server's message in it; an alert alone is less.

Limits: a server that wants keys shared beforehand only, or none of our ciphers, says so by an alert or not at all.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Told
from periplus.payload.dtls import PAYLOADS

__all__ = ["PROTOCOL", "answer_untrusted"]

ALERT, HANDSHAKE = 21, 22
VERSIONS = {0xFEFF: "DTLS 1.0", 0xFEFD: "DTLS 1.2"}
MESSAGES = {2: "ServerHello", 3: "HelloVerifyRequest"}


def answer_untrusted(data: bytes) -> Answered:
    """Read the first record; raises BadReply."""
    cursor = Cursor(data)
    kind, version = cursor.number(1), cursor.number(2)
    epoch, _ = cursor.number(2), cursor.take(6)
    body = Cursor(cursor.sized(2))
    if version not in VERSIONS or epoch:
        raise BadReply("no record of DTLS")
    if kind == ALERT and body.left == 2 and body.number(1) in (1, 2):
        return Answered(
            0.9, "an alert of DTLS", Told(detail={"alert": body.number(1), "record": VERSIONS[version]})
        )
    if kind != HANDSHAKE or body.data[:1] not in (b"\2", b"\3"):
        raise BadReply("no message of a DTLS server")
    message = MESSAGES[body.number(1)]
    body.take(11)
    said = body.number(2)
    detail = {"message": message, "record": VERSIONS[version], "version": VERSIONS.get(said, f"{said:#06x}")}
    return Answered(0.98, f"{message} of DTLS", Told(detail={**detail}))


QUESTION = Question(PAYLOADS[0].data, answer_untrusted)
PROTOCOL = Protocol(
    name="dtls",
    title="Datagram Transport Layer Security",
    source="RFC 6347",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(443, 853, 2083, 3391, 4433, 5061, 5349, 5684, 6514, 10161),
    rarity=4,
)

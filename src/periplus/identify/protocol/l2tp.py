"""L2TP: the request to start a control connection, answered with host name, maker and firmware.

RFC 2661, sections 3.1, 4.4 and 6.1. The connection is never completed; the target forgets it.

Identified by a reply of L2TP version 2 to our tunnel: a start or a stop.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.l2tp import CONTROL, PAYLOADS

__all__ = ["PROTOCOL", "answer_untrusted"]

OUR_TUNNEL = 1
REPLY, STOP = 2, 4
MESSAGE_TYPE, FIRMWARE, HOST_NAME, VENDOR_NAME = 0, 6, 7, 8
LENGTH_BITS = 0x3FF


def answer_untrusted(data: bytes) -> Answered:
    """Read a start-control-connection-reply or what refuses it; raises BadReply."""
    cursor = Cursor(data)
    if cursor.number(2) != CONTROL or cursor.number(2) != len(data):
        raise BadReply("no control message of L2TP")
    tunnel = cursor.number(2)
    cursor.take(6)
    values: dict[int, bytes] = {}
    while cursor.left:
        size = cursor.number(2) & LENGTH_BITS
        vendor, kind = cursor.number(2), cursor.number(2)
        value = cursor.take(size - 6)
        if not vendor:
            values.setdefault(kind, value)
    kind = int.from_bytes(values.get(MESSAGE_TYPE, b""), "big")
    if tunnel != OUR_TUNNEL or kind not in (REPLY, STOP):
        raise BadReply("no reply to our start of a control connection")
    host = values.get(HOST_NAME, b"").decode("utf-8", "replace")
    vendor_name = values.get(VENDOR_NAME, b"").decode("utf-8", "replace").strip("\0 ")
    firmware = values.get(FIRMWARE, b"").hex()
    detail: dict[str, Detail] = {"vendor_name": vendor_name, "firmware": firmware, "accepted": kind == REPLY}
    texts = {"l2tp.vendor": f"{vendor_name} {firmware}"} if vendor_name else {}
    return Answered(0.97, "a reply to our tunnel", Told(texts=texts, hostname=host or None, detail=detail))


QUESTION = Question(PAYLOADS[0].data, answer_untrusted)
PROTOCOL = Protocol(
    name="l2tp",
    title="Layer Two Tunneling Protocol",
    source="RFC 2661",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(1701,),
    rarity=6,
)

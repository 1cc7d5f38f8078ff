"""FINS over UDP: model and version of an Omron controller.

Omron W342, CONTROLLER DATA READ (command 05 01). Only reading.

Identified by a response with our service number and command.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Told
from periplus.payload.fins import CONTROLLER_DATA_READ, PAYLOADS, SERVICE_ID

__all__ = ["PROTOCOL", "data_untrusted"]

RESPONSE = 0x40


def data_untrusted(data: bytes) -> Answered:
    """Read the response; raises BadReply."""
    cursor = Cursor(data)
    if not cursor.number(1) & RESPONSE or cursor.number(1):
        raise BadReply("no response of FINS")
    cursor.take(7)
    if cursor.number(1) != SERVICE_ID or cursor.take(2) != CONTROLLER_DATA_READ:
        raise BadReply("no response to our command")
    code = cursor.number(2)
    if cursor.left < 40:
        return Answered(0.93, "a response of FINS", Told(detail={"end_code": code}))
    model, version = (cursor.take(20).decode("latin-1").strip("\0 ") for _ in range(2))
    told = Told(vendor="Omron", product=model or None, version=version or None, detail={"end_code": code})
    return Answered(0.97, "a controller's data", told)


QUESTION = Question(PAYLOADS[0].data, data_untrusted)
PROTOCOL = Protocol(
    name="omron-fins",
    title="Omron FINS",
    source="Omron W342",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(9600,),
    rarity=8,
    careful=True,
)

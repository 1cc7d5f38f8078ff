"""KNXnet/IP: the description of the gateway to a building's bus; the bus itself is not touched.

KNX standard 3/8/2, sections 7.5 and 7.7.

Identified by a description response with a device's information in it.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.knx import HEADER_SIZE, PAYLOADS, VERSION_1_0

__all__ = ["PROTOCOL", "description_untrusted"]

DESCRIPTION_RESPONSE, DEVICE_INFORMATION = 0x0204, 1
DEVICE_SIZE = 54
MEDIA = {1: "TP0", 2: "TP1", 4: "PL110", 16: "RF", 32: "IP"}


def description_untrusted(data: bytes) -> Answered:
    """Read a description; raises BadReply."""
    cursor = Cursor(data)
    if (
        cursor.number(1) != HEADER_SIZE
        or cursor.number(1) != VERSION_1_0
        or cursor.number(2) != DESCRIPTION_RESPONSE
    ):
        raise BadReply("no description of KNXnet/IP")
    if (
        cursor.number(2) != len(data)
        or cursor.number(1) != DEVICE_SIZE
        or cursor.number(1) != DEVICE_INFORMATION
    ):
        raise BadReply("no information about a device")
    medium, status, address = cursor.number(1), cursor.number(1), cursor.number(2)
    cursor.take(2)
    serial, _, mac = cursor.take(6), cursor.take(4), cursor.take(6)
    name = cursor.take(30).partition(b"\0")[0].decode("latin-1").strip()
    detail: dict[str, Detail] = {"medium": MEDIA.get(medium, medium), "programming": bool(status & 1)}
    detail |= {"address": f"{address >> 12}.{address >> 8 & 15}.{address & 255}", "serial": serial.hex()}
    told = Told(
        texts={"knx.name": name} if name else {}, info=name or None, detail={**detail, "mac": mac.hex(":")}
    )
    return Answered(0.98, "a device's description", told)


QUESTION = Question(PAYLOADS[0].data, description_untrusted)
PROTOCOL = Protocol(
    name="knxnet-ip",
    title="KNXnet/IP",
    source="KNX 3/8/2",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(3671,),
    rarity=9,
    careful=True,
)

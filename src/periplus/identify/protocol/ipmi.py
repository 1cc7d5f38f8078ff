"""IPMI over RMCP: which ways to log in a management controller has, and its presence by ASF. Nobody logs in.

IPMI 2.0, sections 13.6 and 22.13; ASF 2.0, section 3.2.4.

Identified by the answer to Get Channel Authentication Capabilities, or by a presence pong.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.ipmi import ASF, ASF_IANA, GET_CHANNEL_AUTHENTICATION, IPMI, PAYLOADS, RMCP_VERSION

__all__ = ["PROTOCOL", "capabilities_untrusted", "presence_untrusted"]

PRESENCE_PONG = 0x40
APPLICATION_RESPONSE = 7 << 2
WAYS = {0: "none", 1: "MD2", 2: "MD5", 4: "password", 5: "OEM"}
MAKERS = {
    2: "IBM",
    11: "HP",
    42: "Sun",
    343: "Intel",
    674: "Dell",
    4413: "Broadcom",
    10876: "Supermicro",
    19046: "Lenovo",
}


def capabilities_untrusted(data: bytes) -> Answered:
    """Read Get Channel Authentication Capabilities; raises BadReply."""
    cursor = _rmcp(data, IPMI)
    cursor.take(9)
    message = Cursor(cursor.sized(1))
    message.take(1)
    function = message.number(1)
    message.take(3)
    if function & 0xFC != APPLICATION_RESPONSE or message.number(1) != GET_CHANNEL_AUTHENTICATION:
        raise BadReply("no answer about ways to log in")
    if message.number(1):
        return Answered(0.9, "refused to tell its ways to log in")
    channel, ways, status, versions = (message.number(1) for _ in range(4))
    maker = message.number(3, "little")
    detail: dict[str, Detail] = {
        "channel": channel & 0xF,
        "ways": [name for bit, name in WAYS.items() if ways >> bit & 1],
    }
    detail |= {
        "anonymous": bool(status & 1),
        "null_users": bool(status & 2),
        "per_message": not status & 0x10,
    }
    detail |= {"version": "2.0" if ways & 0x80 and versions & 2 else "1.5", "oem": maker}
    told = Told(version=str(detail["version"]), vendor=MAKERS.get(maker), detail=detail)
    return Answered(0.98, "told its ways to log in", told)


def presence_untrusted(data: bytes) -> Answered:
    """Read a presence pong; raises BadReply."""
    cursor = _rmcp(data, ASF)
    if cursor.number(4) != ASF_IANA or cursor.number(1) != PRESENCE_PONG:
        raise BadReply("no presence pong")
    cursor.take(2)
    pong = Cursor(cursor.sized(1))
    maker, _, entities = pong.number(4), pong.number(4), pong.number(1)
    detail: dict[str, Detail] = {"maker": maker, "ipmi": bool(entities & 0x80)}
    return Answered(0.97, "a presence pong", Told(vendor=MAKERS.get(maker), detail=detail))


def _rmcp(data: bytes, kind: int) -> Cursor:
    cursor = Cursor(data)
    if cursor.number(1) != RMCP_VERSION or cursor.take(3)[2] != kind:
        raise BadReply("no RMCP")
    return cursor


QUESTIONS = (
    Question(PAYLOADS[1].data, capabilities_untrusted),
    Question(PAYLOADS[0].data, presence_untrusted, wait_s=1.0),
)
PROTOCOL = Protocol(
    name="asf-rmcp",
    title="Intelligent Platform Management Interface",
    source="IPMI 2.0, ASF 2.0",
    talk=talk_of(*QUESTIONS),
    looks=looks_of(*QUESTIONS),
    over=Over.UDP,
    ports=(623, 664),
    rarity=6,
)

"""GTP and PFCP: heartbeats between the nodes of mobile networks, which need no association.

3GPP TS 29.060, 7.2.1; TS 29.281, 5.1; TS 29.274, 7.1.1; TS 29.244, 7.4.2.

Identified by an echo response with our sequence number; in PFCP by a heartbeat response.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Told
from periplus.payload.gtp import PAYLOADS, SEQUENCE
from periplus.payload.pfcp import PAYLOADS as PFCP_PAYLOADS

__all__ = ["PROTOCOLS", "heartbeat_untrusted", "version_1_untrusted", "version_2_untrusted"]

ECHO_RESPONSE, HEARTBEAT_RESPONSE = 2, 2
RECOVERY, RECOVERY_TIME_STAMP = 14, 96
NTP_TO_UNIX = 2_208_988_800


def version_1_untrusted(data: bytes) -> Answered:
    """Read an echo response of GTPv1; raises BadReply."""
    cursor = Cursor(data)
    if (
        cursor.number(1) & 0xF0 != 0x30
        or cursor.number(1) != ECHO_RESPONSE
        or cursor.number(2) != len(data) - 8
    ):
        raise BadReply("no echo response of GTPv1")
    cursor.take(4)
    if cursor.number(2) != SEQUENCE:
        raise BadReply("not our sequence number")
    cursor.take(2)
    restarts = cursor.number(1) if cursor.left >= 2 and cursor.number(1) == RECOVERY else None
    return Answered(0.97, "an echo response of GTPv1", Told(detail={"version_1": True, "restarts": restarts}))


def version_2_untrusted(data: bytes) -> Answered:
    """Read an echo response of GTPv2; raises BadReply."""
    cursor = Cursor(data)
    if cursor.number(1) >> 5 != 2 or cursor.number(1) != ECHO_RESPONSE or cursor.number(2) != len(data) - 4:
        raise BadReply("no echo response of GTPv2")
    if cursor.number(3) != SEQUENCE:
        raise BadReply("not our sequence number")
    return Answered(0.97, "an echo response of GTPv2", Told(detail={"version_2": True}))


def heartbeat_untrusted(data: bytes) -> Answered:
    """Read a heartbeat response; raises BadReply."""
    cursor = Cursor(data)
    if (
        cursor.number(1) >> 5 != 1
        or cursor.number(1) != HEARTBEAT_RESPONSE
        or cursor.number(2) != len(data) - 4
    ):
        raise BadReply("no heartbeat response of PFCP")
    cursor.expect(PFCP_PAYLOADS[0].data[4:7], "heartbeat of ours")
    cursor.take(1)
    if cursor.number(2) != RECOVERY_TIME_STAMP or cursor.number(2) != 4:
        raise BadReply("no time of the last start")
    return Answered(
        0.97, "a heartbeat response", Told(detail={"started_unix": cursor.number(4) - NTP_TO_UNIX})
    )


ECHOES = (Question(PAYLOADS[0].data, version_1_untrusted), Question(PAYLOADS[1].data, version_2_untrusted))
HEARTBEAT = Question(PFCP_PAYLOADS[0].data, heartbeat_untrusted)
PROTOCOLS = (
    Protocol(
        name="gtp",
        title="GPRS Tunnelling Protocol",
        source="3GPP TS 29.060, 29.274, 29.281",
        talk=talk_of(*ECHOES),
        looks=looks_of(*ECHOES),
        over=Over.UDP,
        ports=(2123, 2152),
        rarity=8,
    ),
    Protocol(
        name="pfcp",
        title="Packet Forwarding Control Protocol",
        source="3GPP TS 29.244",
        talk=talk_of(HEARTBEAT),
        looks=looks_of(HEARTBEAT),
        over=Over.UDP,
        ports=(8805,),
        rarity=9,
    ),
)

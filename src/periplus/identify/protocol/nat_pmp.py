"""NAT-PMP and PCP: a gateway's outer address, and an announcement. No port is mapped.

RFC 6886, section 3.2; RFC 6887, sections 7.2 and 14.1.

Identified by the answer's form: twelve bytes of NAT-PMP, or PCP's header with a result.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Told
from periplus.payload.nat_pmp import PAYLOADS

__all__ = ["PROTOCOL", "address_untrusted", "announced_untrusted"]

ANSWER = 128
MOST_RESULT_1, MOST_RESULT_2 = 5, 13


def address_untrusted(data: bytes) -> Answered:
    """Read the outer address, or why it is not told; raises BadReply."""
    cursor = Cursor(data)
    version, kind, result, seconds = cursor.number(1), cursor.number(1), cursor.number(2), cursor.number(4)
    if (
        version
        or kind != ANSWER
        or result > MOST_RESULT_1
        or cursor.left not in ((4,) if not result else (0, 4))
    ):
        raise BadReply("no answer of NAT-PMP")
    address = ".".join(map(str, cursor.rest()))
    told = Told(
        detail={"nat_pmp": True, "result": result, "outer_address": address or None, "up_seconds": seconds}
    )
    return Answered(0.93, "an outer address by NAT-PMP", told)


def announced_untrusted(data: bytes) -> Answered:
    """Read the answer to an announcement; raises BadReply."""
    cursor = Cursor(data)
    version, kind = cursor.number(1), cursor.number(1)
    cursor.take(1)
    result, _, seconds = cursor.number(1), cursor.number(4), cursor.number(4)
    if version not in (1, 2) or kind != ANSWER or result > MOST_RESULT_2 or cursor.left < 12:
        raise BadReply("no answer of PCP")
    return Answered(
        0.93, "an answer of PCP", Told(detail={"pcp": version, "pcp_result": result, "up_seconds": seconds})
    )


QUESTIONS = (
    Question(PAYLOADS[0].data, address_untrusted),
    Question(PAYLOADS[1].data, announced_untrusted, wait_s=1.0),
)
PROTOCOL = Protocol(
    name="nat-pmp",
    title="NAT Port Mapping Protocol",
    source="RFC 6886, RFC 6887",
    talk=talk_of(*QUESTIONS),
    looks=looks_of(*QUESTIONS),
    over=Over.UDP,
    ports=(5351,),
    rarity=7,
)

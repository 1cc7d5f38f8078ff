"""RIP and RIPng: the metric of one route. The whole table is never asked for.

RFC 2453, sections 3.6 and 3.9; RFC 2080, sections 2.1 and 2.4.

Identified by a response of the same version with as many routes as were asked for.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Told
from periplus.payload.rip import PAYLOADS

__all__ = ["PROTOCOLS", "route_ng_untrusted", "route_untrusted"]

RESPONSE, INFINITY = 2, 16
QUESTION_4, QUESTION_6 = (each.data for each in PAYLOADS)


def route_untrusted(data: bytes) -> Answered:
    """Read the answer about the default route; raises BadReply."""
    if (
        len(data) != len(QUESTION_4)
        or data[0] != RESPONSE
        or data[1] not in (1, 2)
        or data[4:12] != QUESTION_4[4:12]
    ):
        raise BadReply("no answer of RIP to our question")
    return _answered(int.from_bytes(data[-4:], "big"), data[1])


def route_ng_untrusted(data: bytes) -> Answered:
    """Read the answer about a prefix of documentation; raises BadReply."""
    if (
        len(data) != len(QUESTION_6)
        or data[:4] != struct.pack("!BBH", RESPONSE, 1, 0)
        or data[4:20] != QUESTION_6[4:20]
    ):
        raise BadReply("no answer of RIPng to our question")
    return _answered(data[-1], 1)


def _answered(metric: int, version: int) -> Answered:
    if not 0 < metric <= INFINITY:
        raise BadReply("no metric of RIP")
    return Answered(0.93, "an answer about our route", Told(detail={"version": version, "metric": metric}))


def _protocol(name: str, title: str, source: str, question: Question, port: int) -> Protocol:
    return Protocol(
        name=name,
        title=title,
        source=source,
        talk=talk_of(question),
        looks=looks_of(question),
        over=Over.UDP,
        ports=(port,),
        rarity=8,
    )


PROTOCOLS = (
    _protocol("rip", "Routing Information Protocol", "RFC 2453", Question(QUESTION_4, route_untrusted), 520),
    _protocol(
        "ripng",
        "Routing Information Protocol for IPv6",
        "RFC 2080",
        Question(QUESTION_6, route_ng_untrusted),
        521,
    ),
)

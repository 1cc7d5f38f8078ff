"""Multicast DNS, asked directly: which types of services a host offers.

RFC 6762, sections 5.4 and 6.7; RFC 6763, section 9. Responders answer to the sender alone.

Identified by an answer with our ID that lists services of ``_services._dns-sd._udp.local``.

Limits: responders may keep quiet to hosts that are not on their link.
"""

from periplus.errors import BadReply
from periplus.identify.dns import answer_untrusted
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.mdns import PAYLOADS

__all__ = ["PROTOCOL", "services_untrusted"]

MOST_SERVICES = 100


def services_untrusted(data: bytes) -> Answered:
    """Read the list of types; raises BadReply."""
    from dns.rdatatype import PTR

    answer = answer_untrusted(data, PAYLOADS[0].data)
    listed = [
        str(each).rstrip(".").removesuffix(".local")
        for records in answer.answer
        if records.rdtype == PTR
        for each in records
    ]
    if not listed or not all(each.startswith("_") for each in listed):
        raise BadReply("no list of services")
    shown: list[Detail] = [*sorted(set(listed))[:MOST_SERVICES]]
    texts = {"mdns.services": " ".join(map(str, shown))}
    return Answered(0.95, "a list of its services", Told(texts=texts, detail={"services": shown}))


QUESTION = Question(PAYLOADS[0].data, services_untrusted)
PROTOCOL = Protocol(
    name="mdns",
    title="Multicast DNS",
    source="RFC 6762, RFC 6763",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(5353,),
    rarity=6,
)

"""Multicast DNS, asked directly: which types of services a host offers, and what it is called.

RFC 6762, sections 4, 5.4 and 6.7; RFC 6763, section 9. Responders answer to the sender alone. One without services
is silent about them, but knows the name that belongs to its address.

Identified by an answer with our ID that lists services of ``_services._dns-sd._udp.local``, or a name in ``local``
for its address.

Limits: responders may keep quiet to hosts that are not on their link.
"""

from ipaddress import ip_address

from periplus.errors import BadReply
from periplus.identify.dns import answer_untrusted
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Talk, Told
from periplus.payload.dns import IN, PTR, encode_name
from periplus.payload.dns import question as dns_question
from periplus.payload.mdns import PAYLOADS, UNICAST_ANSWER

__all__ = ["PROTOCOL", "name_untrusted", "services_untrusted"]

MOST_SERVICES = 100


def services_untrusted(data: bytes) -> Answered:
    """Read the list of types; raises BadReply."""
    listed = [each.removesuffix(".local") for each in _pointed_to(data, PAYLOADS[0].data)]
    if not listed or not all(each.startswith("_") for each in listed):
        raise BadReply("no list of services")
    shown: list[Detail] = [*sorted(set(listed))[:MOST_SERVICES]]
    texts = {"mdns.services": " ".join(map(str, shown))}
    return Answered(0.95, "a list of its services", Told(texts=texts, detail={"services": shown}))


def name_untrusted(data: bytes, asked: bytes) -> Answered:
    """Read the name that belongs to the address; raises BadReply."""
    names = _pointed_to(data, asked)
    if not names or not all(each.endswith(".local") for each in names):
        raise BadReply("no name in local")
    return Answered(0.95, "a name in local for its address", Told(hostname=names[0]))


def _pointed_to(data: bytes, asked: bytes) -> list[str]:
    """Return all names that the answer to this question points to; raises BadReply."""
    answer = answer_untrusted(data, asked)
    return [str(each).rstrip(".") for records in answer.answer if records.rdtype == PTR for each in records]


def name_question(peer: Peer) -> Question:
    """Return the question for the name that belongs to the address."""
    reverse = ip_address(peer.address.partition("%")[0]).reverse_pointer
    asked = dns_question(encode_name(reverse), PTR, UNICAST_ANSWER | IN)
    return Question(asked, lambda data: name_untrusted(data, asked), wait_s=1.0)


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for services, then for the name."""
    yield from talk_of(QUESTION, name_question(peer))(peer)


QUESTION = Question(PAYLOADS[0].data, services_untrusted)
PROTOCOL = Protocol(
    name="mdns",
    title="Multicast DNS",
    source="RFC 6762, RFC 6763",
    talk=talk_untrusted,
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(5353,),
    rarity=6,
)

"""LLMNR, asked directly for the name of 127.0.0.1, which is the host's own.

RFC 4795, section 2.1.

Identified, at its port, by an answer with our ID; a name server that was asked the same answers likewise, so the
confidence is low unless the answer has the flags of LLMNR alone.

Limits: a responder may drop what was not sent to the multicast address (2.4), and usually does.
"""

from periplus.errors import BadReply
from periplus.identify.dns import answer_untrusted
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Told
from periplus.payload.llmnr import PAYLOADS

__all__ = ["PROTOCOL", "name_untrusted"]


def name_untrusted(data: bytes) -> Answered:
    """Read the answer; raises BadReply."""
    from dns.flags import RA
    from dns.rdatatype import PTR

    answer = answer_untrusted(data, PAYLOADS[0].data)
    names = [str(each).rstrip(".") for records in answer.answer if records.rdtype == PTR for each in records]
    if not names or answer.flags & RA:
        raise BadReply("no name of its own")
    return Answered(0.6, "named 127.0.0.1", Told(hostname=names[0], detail={"names": [*names]}))


QUESTION = Question(PAYLOADS[0].data, name_untrusted)
PROTOCOL = Protocol(
    name="llmnr",
    title="Link-Local Multicast Name Resolution",
    source="RFC 4795",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(5355,),
    rarity=9,
)

"""DNS over UDP and TCP: a question that is answered out of itself, then who the server says it is.

RFC 1035, section 4; RFC 4892 for the texts ``version.bind``, ``hostname.bind`` and ``id.server`` in the class CHAOS,
which are a custom of BIND that others took over. Whether a server recurses is read from RA in its answer about
``localhost`` (RFC 6761, 6.3), so no name of anybody's is ever looked up.

Identified by an answer with our ID to our question.

Limits: servers may say anything for a version, or nothing; RA shows what is offered to us, not whether it works.
"""

from periplus.errors import BadReply
from periplus.identify.dns import answer_untrusted, texts_of
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told
from periplus.payload.dns import CHAOS, PAYLOADS, TXT, encode_name, question

__all__ = [
    "PROTOCOLS",
    "QUESTIONS",
    "first_untrusted",
    "looks_untrusted",
    "name_untrusted",
    "version_untrusted",
]

LOCALHOST, VERSION = (each.data for each in PAYLOADS)
NAMES = tuple(question(encode_name(each), TXT, CHAOS) for each in ("id.server", "hostname.bind"))
REFUSED = 5


def first_untrusted(data: bytes) -> Answered:
    """Read the answer about localhost; raises BadReply."""
    from dns.flags import RA
    from dns.rcode import to_text

    answer = answer_untrusted(data, LOCALHOST)
    if not answer.question:
        raise BadReply("an answer without our question")
    code = answer.rcode()
    recurses = bool(answer.flags & RA)
    detail: dict[str, Detail] = {"recursion_available": recurses, "answer": to_text(code)}
    return Answered(0.98, "an answer to our question", Told(detail=detail))


def version_untrusted(data: bytes) -> Answered:
    """Read the answer about the version; raises BadReply."""
    texts = texts_of(answer_untrusted(data, VERSION))
    text = texts[0] if texts else ""
    told = Told(texts={"dns.version": text}, detail={"version": text}) if text else Told()
    return Answered(0.97, "an answer to our question", told)


def name_untrusted(data: bytes) -> Answered:
    """Read the answer about the server's name; raises BadReply."""
    for asked in NAMES:
        try:
            texts = texts_of(answer_untrusted(data, asked))
        except BadReply:
            continue
        told = Told(detail={"server_id": texts[0]}) if texts and texts[0] else Told()
        return Answered(0.97, "an answer to our question", told)
    raise BadReply("no answer about the server's name")


QUESTIONS = (
    Question(LOCALHOST, first_untrusted),
    Question(VERSION, version_untrusted, wait_s=1.0),
    *(Question(each, name_untrusted, wait_s=1.0) for each in NAMES),
)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer over TCP makes of DNS: its length stands before it."""
    whole = int.from_bytes(data[:2], "big") == len(data) - 2
    return looks_of(*QUESTIONS)(data[2:]) if whole else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask the same questions one by one; each message stands behind its length (RFC 7766, 8)."""
    for number, each in enumerate(QUESTIONS):
        yield Say(len(each.data).to_bytes(2, "big") + each.data)
        length = int.from_bytes((yield Exactly(2)), "big")
        found = each.read((yield Exactly(length)))
        if not number:
            yield Known(found.confidence, found.why)
        yield found.told


PROTOCOLS = (
    Protocol(
        name="domain",
        title="Domain Name System",
        source="RFC 1035",
        talk=talk_of(*QUESTIONS, needs_first=True),
        looks=looks_of(*QUESTIONS),
        over=Over.UDP,
        ports=(53,),
        rarity=1,
    ),
    Protocol(
        name="domain",
        title="Domain Name System",
        source="RFC 1035, RFC 7766; inside TLS RFC 7858",
        talk=talk_untrusted,
        looks=looks_untrusted,
        ports=(53,),
        tls_ports=(853,),
        rarity=3,
    ),
)

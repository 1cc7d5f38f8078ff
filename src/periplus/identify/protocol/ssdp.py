"""SSDP, the search of UPnP, sent to one host: who answers, and where its description is. The description is not read.

UPnP Device Architecture 2.0, 1.3.2 and 1.3.3. Many devices answer from a port of their own.

Identified by an answer in the form of HTTP that holds a search target and a unique service name.
"""

from periplus.errors import BadReply
from periplus.identify.model import Over, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Told
from periplus.payload.ssdp import PAYLOADS

__all__ = ["PROTOCOL", "answer_untrusted"]

SAYS = ("location", "st", "usn", "server", "cache-control", "opt", "x-user-agent")


def answer_untrusted(data: bytes) -> Answered:
    """Read the answer's head; raises BadReply."""
    first, *others = data.decode("utf-8", "replace").split("\r\n")
    if not first.startswith("HTTP/1.") or " 200" not in first:
        raise BadReply("no answer to a search")
    pairs = (line.partition(":") for line in others)
    fields = {key.strip().lower(): value.strip() for key, _, value in pairs}
    if not fields.get("st") or not fields.get("usn"):
        raise BadReply("no search target and service name")
    detail: dict[str, Detail] = {key: fields[key] for key in SAYS if fields.get(key)}
    texts = {"ssdp.server": fields["server"]} if fields.get("server") else {}
    return Answered(0.97, "an answer with search target and service name", Told(texts=texts, detail=detail))


QUESTION = Question(PAYLOADS[0].data, answer_untrusted)
PROTOCOL = Protocol(
    name="ssdp",
    title="Simple Service Discovery Protocol",
    source="UPnP Device Architecture 2.0",
    talk=talk_of(QUESTION),
    looks=looks_of(QUESTION),
    over=Over.UDP,
    ports=(1900,),
    rarity=6,
    elsewhere=True,
)

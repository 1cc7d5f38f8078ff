"""CVS with its password server: told by its complaint about a line that is no beginning.

CVS client/server protocol, "How to Connect to and Authenticate Oneself to the CVS server": every conversation begins
with a request to authenticate. We make none; the server names itself in the complaint.

Identified by the words of that complaint.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

COMPLAINT = re.compile(
    rb"(?:error \d+ )?\S*cvs\S* \[(?:pserver|server) aborted\]|.*bad auth protocol start", re.IGNORECASE
)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of CVS."""
    return 0.9 if COMPLAINT.match(data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Say what is no beginning."""
    yield Say(b"periplus\n")
    answer = yield Line(512)
    if not COMPLAINT.match(answer):
        raise BadReply("no complaint of CVS")
    yield Known(0.97, "complains as CVS does")
    text = plain_untrusted(answer)
    yield Told(texts={"cvs.error": text}, detail={"says": text})


PROTOCOL = Protocol(
    name="cvspserver",
    title="CVS",
    source="CVS client/server protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(2401,),
    rarity=9,
)

"""ClamAV's daemon: VERSION, which has the engine's version and that of its signatures.

clamd(8), section "COMMANDS"; the form with a leading ``n`` ends in a line feed. Nothing is scanned.

Identified by an answer that begins with ClamAV and a version.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

VERSION = re.compile(r"ClamAV (\d[\w.+~-]*)(?:/(\d+)/(.*))?")


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of clamd."""
    return 0.9 if data.rstrip(b"\r\n\0") == b"UNKNOWN COMMAND" or data.startswith(b"ClamAV ") else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the version."""
    yield Say(b"nVERSION\n")
    answer = plain_untrusted((yield Line(512)))
    found = VERSION.fullmatch(answer)
    if found is None:
        raise BadReply("no version of ClamAV")
    yield Known(0.97, "tells a version of ClamAV")
    yield Told(
        texts={"clamd.version": answer},
        info=f"signatures {found[2]}" if found[2] else None,
        detail={"engine": found[1], "signatures": found[2], "signatures_of": found[3]},
    )


PROTOCOL = Protocol(
    name="clamd",
    title="ClamAV",
    source="clamd(8)",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(3310,),
    rarity=8,
)

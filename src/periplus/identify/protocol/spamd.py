"""SpamAssassin's daemon: PING, answered by PONG. No mail is sent to it.

The SPAMC/SPAMD protocol as SpamAssassin's spamd/PROTOCOL describes it, version 1.5.

Identified by a status line of SPAMD.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

STATUS = re.compile(r"SPAMD/(\d[\d.]*) (\d+) (.*)")


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of spamd."""
    return 0.95 if data.startswith(b"SPAMD/") else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for a sign of life."""
    yield Say(b"PING SPAMC/1.2\r\n\r\n")
    answer = plain_untrusted((yield Line(512)))
    status = STATUS.fullmatch(answer)
    if status is None:
        raise BadReply("no status line of SPAMD")
    yield Known(0.98, "a status line of SPAMD")
    yield Told(
        texts={"spamd.status": answer},
        detail={"protocol": status[1], "code": int(status[2]), "says": status[3]},
    )


PROTOCOL = Protocol(
    name="spamd",
    title="SpamAssassin",
    source="spamd/PROTOCOL of SpamAssassin",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(783,),
    rarity=8,
)

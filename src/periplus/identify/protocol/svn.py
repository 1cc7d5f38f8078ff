"""Subversion's own server: the greeting, with the protocol's versions and what the server can.

libsvn_ra_svn/protocol of Subversion, sections 1 and 2: ``( success ( MIN MAX ( ) ( capability ... ) ) )``.

Identified by that greeting. No repository is named, as the answer to that asks for a login.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Known, Talk, Told, Until

__all__ = ["PROTOCOL", "looks_untrusted"]

BEGIN = re.compile(rb"\( success \( \d+ \d+ \( ")
GREETING = re.compile(r"\( success \( (\d+) (\d+) \( ([^()]*)\) \( ([^()]*)\) \) \) ")


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of Subversion."""
    return 0.98 if BEGIN.match(data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the greeting."""
    greeting = GREETING.fullmatch(plain_untrusted((yield Until(b") ) ) ", 4_096))))
    if greeting is None:
        raise BadReply("no greeting of Subversion")
    yield Known(0.98, "a greeting in Subversion's syntax")
    yield Told(
        product="svnserve",
        vendor="Apache",
        cpe=("cpe:2.3:a:apache:subversion:*:*:*:*:*:*:*:*",),
        detail={
            "versions": [int(greeting[1]), int(greeting[2])],
            "mechanisms": [*greeting[3].split()],
            "capabilities": [*greeting[4].split()],
        },
    )


PROTOCOL = Protocol(
    name="svn",
    title="Subversion",
    source="libsvn_ra_svn/protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(3690,),
    first=First.SERVER,
    rarity=8,
)

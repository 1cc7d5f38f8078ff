"""The rsync daemon: its protocol version, its message of the day, and which modules it lists.

The daemon's handshake as rsync's csprotocol.txt describes it: both sides begin with ``@RSYNCD: VERSION``, the client
names a module, and ``#list`` names none but asks for all.

Identified by the first line.
"""

import re

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Detail, Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

OURS = b"@RSYNCD: 31.0\n#list\n"
GREETING = re.compile(r"@RSYNCD: (\d+)(?:\.(\d+))?(?: (.*))?")
MOST_LINES = 300


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of rsync."""
    return 0.99 if data.startswith(b"@RSYNCD: ") else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Greet, and read the list."""
    greeting = GREETING.fullmatch(plain_untrusted((yield Line(512))))
    if greeting is None:
        raise BadReply("no greeting of rsync")
    yield Known(0.99, "begins with @RSYNCD")
    yield Told(
        info=f"protocol version {greeting[1]}",
        detail={"protocol": int(greeting[1]), "digests": [*(greeting[3] or "").split()]},
    )
    yield Say(OURS)
    modules: dict[str, Detail] = {}
    motd: list[str] = []
    for _ in range(MOST_LINES):
        line = plain_untrusted((yield Line(2_048)))
        if line.startswith(("@RSYNCD: EXIT", "@ERROR")):
            break
        name, tab, comment = line.partition("\t")
        if tab:
            modules[name.rstrip()] = comment
        else:
            motd.append(line)
    yield Told(detail={"modules": modules, "motd": "\n".join(motd).strip()})


PROTOCOL = Protocol(
    name="rsync",
    title="rsync daemon",
    source="csprotocol.txt of rsync",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(873, 8730),
    tls_ports=(874,),
    first=First.SERVER,
    rarity=4,
)

"""SPICE, consoles of virtual machines: the answer to a link message, which comes before any ticket.

SPICE protocol, section "Channel Link": RedLinkMess and RedLinkReply (magic ``REDQ``). The reply brings the key
with which a password would be sent; none is. We say that we choose how to log in, for which the server then waits.

Identified by the magic and a reply's size.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "reply_untrusted"]

MAGIC, MAJOR, MINOR, MAIN_CHANNEL = b"REDQ", 2, 2, 1
CHOOSES_LOGIN, LOGIN_BY_TICKET = 1, 2  # capabilities of all channels
LINK = struct.pack("<IBBIIII", 0, MAIN_CHANNEL, 0, 1, 0, 18, CHOOSES_LOGIN | LOGIN_BY_TICKET)
QUESTION = MAGIC + struct.pack("<III", MAJOR, MINOR, len(LINK)) + LINK
KEY = 162
FAULTS = {
    0: "ready",
    1: "error",
    2: "wrong magic",
    3: "wrong data",
    4: "wrong version",
    5: "TLS needed",
    6: "TLS not needed",
}


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of SPICE."""
    return 0.97 if data[:4] == MAGIC and data[4:8] in (b"\1\0\0\0", b"\2\0\0\0") else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the main channel."""
    yield Say(QUESTION)
    answer = yield from framed(16, 12, 4, order="little", most=4_096)
    detail = reply_untrusted(answer)
    yield Known(0.98, "a reply to our link message")
    yield Told(detail=detail)


def reply_untrusted(data: bytes) -> dict[str, Detail]:
    """Return version and outcome of a reply; raises BadReply."""
    cursor = Cursor(data, 0, "little")
    if cursor.take(4) != MAGIC:
        raise BadReply("no reply of SPICE")
    version = f"{cursor.number(4)}.{cursor.number(4)}"
    cursor.take(4)
    fault, key = cursor.number(4), cursor.take(KEY)
    return {"protocol": version, "status": FAULTS.get(fault, str(fault)), "key": any(key)}


PROTOCOL = Protocol(
    name="spice",
    title="SPICE",
    source="SPICE protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(5900, 5901, 5902, 3001),
    tls_ports=(5902, 61000),
    rarity=8,
)

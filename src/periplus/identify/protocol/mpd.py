"""Music Player Daemon: its greeting, which has the version of its protocol, and which outputs may be asked for.

The MPD protocol (mpd.readthedocs.io/en/latest/protocol.html), "Protocol overview". ``commands`` lists what a client
without a password may do; it plays and changes nothing.

Identified by the greeting.
"""

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

GREETING = b"OK MPD "
MOST_COMMANDS = 300


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of MPD."""
    return 0.99 if data.startswith(GREETING) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the greeting, ask what may be asked."""
    greeting = yield Line(256)
    if not greeting.startswith(GREETING):
        raise BadReply("no greeting of MPD")
    yield Known(0.99, "begins with OK MPD")
    version = plain_untrusted(greeting[len(GREETING) :])
    yield Told(texts={"mpd.greeting": version}, detail={"protocol": version})
    yield Say(b"commands\n")
    commands = 0
    for _ in range(MOST_COMMANDS):
        line = yield Line(256)
        if not line.startswith(b"command: "):
            break
        commands += 1
    yield Told(detail={"commands_without_password": commands})
    yield Say(b"close\n")


PROTOCOL = Protocol(
    name="mpd",
    title="Music Player Daemon",
    source="the MPD protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(6600,),
    first=First.SERVER,
    rarity=8,
)

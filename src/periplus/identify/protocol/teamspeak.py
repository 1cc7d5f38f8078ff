"""TeamSpeak 3: the first step of its voice handshake over UDP, and the greeting of its query interface over TCP.

TeamSpeak 3 protocol, low-level initialisation; TeamSpeak 3 server query manual. Nobody is logged in.

Identified by the second step, which returns our chance number; by the greeting ``TS3``.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import First, Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Known, Line, Say, Talk, Told
from periplus.payload.teamspeak import CHANCE, MAC, PAYLOADS

__all__ = ["PROTOCOLS", "looks_untrusted", "step_untrusted"]

SECOND_STEP = 1
FROM_SERVER = 0x88


def step_untrusted(data: bytes) -> Answered:
    """Read the second step; raises BadReply."""
    cursor = Cursor(data)
    cursor.expect(MAC, "handshake of TeamSpeak")
    cursor.take(2)
    if cursor.number(1) != FROM_SERVER or cursor.number(1) != SECOND_STEP:
        raise BadReply("no second step")
    cursor.take(16)
    if cursor.number(4, "little") != CHANCE and data[-4:] != CHANCE.to_bytes(4, "big"):
        raise BadReply("not our chance number")
    return Answered(0.97, "returned our chance number", Told(product="TeamSpeak", vendor="TeamSpeak Systems"))


def looks_untrusted(data: bytes) -> float:
    """How sure a greeting makes of the query interface."""
    return 0.97 if data.startswith(b"TS3\n\r") else 0.6 if data.startswith(b"TS3\n") else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the greeting, and say good-bye."""
    if (yield Line(8)) != b"TS3":
        raise BadReply("no greeting of TeamSpeak")
    welcome = (yield Line(512)).lstrip(b"\r")
    if b"TeamSpeak" not in welcome:
        raise BadReply("no welcome of TeamSpeak")
    yield Known(0.98, "greeted as TeamSpeak 3")
    yield Told(
        product="TeamSpeak",
        vendor="TeamSpeak Systems",
        detail={"welcome": welcome.decode("utf-8", "replace")},
    )
    yield Say(b"quit\n")


QUESTION = Question(PAYLOADS[0].data, step_untrusted)
PROTOCOLS = (
    Protocol(
        name="teamspeak",
        title="TeamSpeak 3 voice",
        source="TeamSpeak 3 protocol",
        talk=talk_of(QUESTION),
        looks=looks_of(QUESTION),
        over=Over.UDP,
        ports=(9987,),
        rarity=8,
    ),
    Protocol(
        name="teamspeak-query",
        title="TeamSpeak 3 server query",
        source="TeamSpeak 3 server query manual",
        talk=talk_untrusted,
        looks=looks_untrusted,
        ports=(10011,),
        first=First.SERVER,
        rarity=8,
    ),
)

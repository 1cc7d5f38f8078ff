"""The small services of 1983, over TCP and UDP: echo, active users, daytime, quote of the day, chargen, time.

RFC 862, 866, 867, 865, 864, 868. Over UDP each answers any datagram; over TCP all but echo speak unasked, and all but
echo and chargen then close.

Identified by form, so never beyond doubt: echo by our own random words, chargen by the moving pattern of its lines,
daytime by a date, time by a plausible number. Users and quotes are any text, so they are told only at their ports,
and with little confidence. Discard (RFC 863) says nothing whatever is sent, so it cannot be told from silence.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from periplus.errors import BadReply
from periplus.identify.model import MOST_RARE, First, Over, Peer, Protocol, never_untrusted
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Detail, End, Ended, Exactly, Known, Say, Some, Talk, Told

__all__ = [
    "PROTOCOLS",
    "chargen_untrusted",
    "daytime_untrusted",
    "looks_chargen_untrusted",
    "looks_daytime_untrusted",
    "looks_time_untrusted",
    "text_untrusted",
    "time_untrusted",
]

RING = bytes(range(32, 127)) * 3  # the printing characters, so often that each line of chargen is within
LINE = 72
YEAR_1990, YEAR_2036 = 2_840_140_800, 1 << 32  # seconds since 1900
ANYTHING = b"periplus\r\n"
MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
DATE = re.compile(
    rf"(?=.*\b(?:(?:{MONTH}).*\b(?:19|20)\d\d\b|\d{{2,4}}[-/.]\d\d?[-/.]\d\d|\d\d?[-/.]\d\d?[-/.]\d{{2,4}}|"
    rf"(?:19|20)\d\d\b.*(?:{MONTH})))(?=.*\d\d?:\d\d)[\w :,./+()-]*",
    re.IGNORECASE,
)
CODE = re.compile(r"\s*\d{3}[ -]")  # of a reply, as in FTP
NIST = re.compile(r"\d{5} \d\d-\d\d-\d\d \d\d:\d\d:\d\d \d\d .*UTC\(\w+\)")
LONGEST_DATE = 80


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer is taken for."""

    confidence: float
    why: str
    says: Detail = None


def daytime_untrusted(data: bytes) -> Reading:
    """Read one line with date and time; raises BadReply."""
    line = plain_untrusted(data).strip()
    if not 12 <= len(line) <= LONGEST_DATE or "\n" in line:
        raise BadReply("no date")
    if NIST.match(line):
        return Reading(0.9, "a line as NIST's servers send it", line)
    if not DATE.fullmatch(line):
        raise BadReply("no date")
    return Reading(0.7, "one line, a date and a time", line)


def chargen_untrusted(data: bytes) -> Reading:
    """Read lines, each of which begins one character further; over UDP there may be but one. Raises BadReply."""
    first, _, rest = data.partition(b"\r\n")
    at = RING.find(first) + 1
    if len(first) != LINE or not at or rest[:LINE] not in RING[at : at + LINE]:
        raise BadReply("no moving pattern")
    return Reading(0.95 if rest else 0.85, "the pattern of chargen")


def time_untrusted(data: bytes) -> Reading:
    """Read a time since 1990 in seconds since 1900; raises BadReply."""
    seconds = int.from_bytes(data, "big")
    if len(data) != 4 or not YEAR_1990 <= seconds < YEAR_2036 or data.isascii():
        raise BadReply("no time")
    return Reading(0.7, "four bytes that are a plausible time", seconds)


def text_untrusted(data: bytes) -> Reading:
    """Read any text; raises BadReply if there is none."""
    lines = plain_untrusted(data).strip().splitlines()
    if not lines:
        raise BadReply("no text")
    return Reading(0.4, "some text at this port", lines[0][:200])


def looks_daytime_untrusted(data: bytes) -> float:
    """How sure first bytes make of daytime: one line, a date and a time, no code in front."""
    return 0.0 if CODE.match(plain_untrusted(data)) else 0.7 * _sure(daytime_untrusted, data)


def looks_chargen_untrusted(data: bytes) -> float:
    """How sure first bytes make of chargen."""
    return _sure(chargen_untrusted, data)


def looks_time_untrusted(data: bytes) -> float:
    """How sure first bytes make of time."""
    return _sure(time_untrusted, data) / 2


def _sure(read_untrusted: Callable[[bytes], Reading], data: bytes) -> float:
    try:
        return read_untrusted(data).confidence
    except BadReply:
        return 0.0


def talk_echo_untrusted(peer: Peer) -> Talk:
    """Say something random: exactly that must come back."""
    ours = b"periplus " + peer.nonce[:16].hex().encode() + b"\r\n"
    yield Say(ours)
    if (yield Exactly(len(ours))) != ours:
        raise BadReply("no echo")
    yield Known(0.8, "returned our random words")


def _unasked(read_untrusted: Callable[[bytes], Reading], most: int, closes: bool) -> Callable[[Peer], Talk]:
    """Over TCP: read so many bytes, or up to the peer's end."""

    def talk_untrusted(peer: Peer) -> Talk:
        try:
            data = yield Exactly(most)
        except Ended as ended:
            if closes and ended.why not in (End.CLOSED, End.RESET):
                raise
            data = ended.rest
        yield from _told(read_untrusted(data))

    return talk_untrusted


def _asked(read_untrusted: Callable[[bytes], Reading]) -> Callable[[Peer], Talk]:
    """Over UDP: one datagram for any other."""

    def talk_untrusted(peer: Peer) -> Talk:
        yield Say(ANYTHING)
        data = yield Some()
        if data == ANYTHING:
            raise BadReply("an echo")
        yield from _told(read_untrusted(data))

    return talk_untrusted


def _told(reading: Reading) -> Talk:
    yield Known(reading.confidence, reading.why)
    yield Told(detail={} if reading.says is None else {"says": reading.says})


@dataclass(frozen=True, slots=True)
class Service:
    """What makes two protocols, one a carrier."""

    name: str
    title: str
    source: str
    port: int
    read: Callable[[bytes], Reading]
    most: int = 512
    closes: bool = True
    looks: Callable[[bytes], float] = never_untrusted
    rarity: int = MOST_RARE


SERVICES = (
    Service("systat", "Active users", "RFC 866", 11, text_untrusted),
    Service("daytime", "Daytime", "RFC 867", 13, daytime_untrusted, looks=looks_daytime_untrusted, rarity=8),
    Service("qotd", "Quote of the day", "RFC 865", 17, text_untrusted),
    Service(
        "chargen",
        "Character generator",
        "RFC 864",
        19,
        chargen_untrusted,
        2 * LINE + 2,
        False,
        looks_chargen_untrusted,
        8,
    ),
    Service("time", "Time", "RFC 868", 37, time_untrusted, 5, looks=looks_time_untrusted, rarity=8),
)


def _over_tcp(each: Service) -> Protocol:
    talk = _unasked(each.read, each.most, each.closes)
    return Protocol(
        each.name,
        each.title,
        each.source,
        talk,
        (each.port,),
        first=First.SERVER,
        looks=each.looks,
        rarity=each.rarity,
    )


def _over_udp(each: Service) -> Protocol:
    return Protocol(
        each.name,
        each.title,
        each.source,
        _asked(each.read),
        (each.port,),
        over=Over.UDP,
        looks=each.looks,
        rarity=each.rarity,
    )


ECHO = tuple(
    Protocol("echo", "Echo", "RFC 862", talk_echo_untrusted, (7,), over=over, rarity=8) for over in Over
)
PROTOCOLS = (*ECHO, *map(_over_tcp, SERVICES), *map(_over_udp, SERVICES))

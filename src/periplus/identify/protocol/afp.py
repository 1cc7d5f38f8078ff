"""AFP, Apple's file sharing: what a server tells of itself without a session.

AFP over TCP: DSIGetStatus; Apple Filing Protocol Reference, FPGetSrvrInfo: machine, versions, ways to log in, name.

Identified by the reply to our request, whose offsets point inside it.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "status_untrusted"]

REPLY, GET_STATUS, NUMBER = 1, 3, 0x5065
QUESTION = struct.pack("!BBHIII", 0, GET_STATUS, NUMBER, 0, 0, 0)
MOST_LISTED = 32


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of AFP."""
    return (
        0.95 if data[:4] == struct.pack("!BBH", REPLY, GET_STATUS, NUMBER) and data[4:8] == bytes(4) else 0.0
    )


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the status."""
    yield Say(QUESTION)
    answer = yield from framed(16, 8, 4, most=16_384)
    if not looks_untrusted(answer):
        raise BadReply("no reply to DSIGetStatus")
    machine, name, detail = status_untrusted(answer[16:])
    yield Known(0.98, "a reply to DSIGetStatus")
    yield Told(texts={"afp.machine": machine}, hostname=name or None, detail=detail)


def status_untrusted(body: bytes) -> tuple[str, str, dict[str, Detail]]:
    """Return machine, name and what else a status says; raises BadReply."""
    cursor = Cursor(body)
    machine_at, versions_at, ways_at, _, flags = (cursor.number(2) for _ in range(5))
    name = printable(cursor.sized(1), "mac_roman")
    machine = printable(_at(body, machine_at).sized(1), "mac_roman")
    versions, ways = _strings(_at(body, versions_at)), _strings(_at(body, ways_at))
    return machine, name, {"machine": machine, "versions": versions, "ways": ways, "flags": flags}


def _at(body: bytes, place: int) -> Cursor:
    return Cursor(body, min(place, len(body)))


def _strings(cursor: Cursor) -> list[Detail]:
    return [printable(cursor.sized(1), "mac_roman") for _ in range(min(cursor.number(1), MOST_LISTED))]


PROTOCOL = Protocol(
    name="afp",
    title="Apple Filing Protocol",
    source="AFP over TCP (DSI)",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(548,),
    rarity=5,
)

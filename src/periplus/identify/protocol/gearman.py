"""Gearman: an echo in the binary protocol, then `version` in the text protocol of administrators.

Gearman protocol (gearmand's PROTOCOL file): ECHO_REQ and ECHO_RES, "Administrative Protocol". Neither changes
anything.

Identified by the echo.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "version_untrusted"]

REQUEST, RESPONSE = b"\0REQ", b"\0RES"
ECHO, ECHOED, FAULT = 16, 17, 19
WORD = b"periplus"
QUESTION = REQUEST + struct.pack("!II", ECHO, len(WORD)) + WORD
ANSWER = RESPONSE + struct.pack("!II", ECHOED, len(WORD)) + WORD


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of Gearman."""
    if data.startswith(RESPONSE) and data[4:7] == bytes(3):
        return 0.9
    return 0.9 if data.startswith(b"ERR unknown_command Unknown+server+command") else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the echo, then the version."""
    yield Say(QUESTION)
    if (yield from framed(12, 8, 4, most=64)) != ANSWER:
        raise BadReply("no echo")
    yield Known(0.98, "ECHO_RES with our word")
    yield Say(b"version\r\n")
    version = version_untrusted((yield Line(128)))
    yield Told(texts={"gearman.version": version}, detail={"version": version})


def version_untrusted(line: bytes) -> str:
    """Return the version; raises BadReply."""
    if not line.startswith(b"OK ") or not line[3:4].isdigit():
        raise BadReply("no answer to version")
    return printable(line[3:])


PROTOCOL = Protocol(
    name="gearman",
    title="Gearman",
    source="gearmand's PROTOCOL",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(4730,),
    rarity=8,
)

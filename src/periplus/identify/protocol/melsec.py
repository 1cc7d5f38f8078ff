"""MELSEC by SLMP over TCP: the model's name of a Mitsubishi controller.

Mitsubishi SH-080956 (SLMP), frame 3E in binary, command 0101 (read type name). Only reading.

Identified by a response in frame 3E to our station.

Limits: controllers that were set to speak ASCII do not answer.
"""

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "name_untrusted"]

STATION = bytes.fromhex("00ffff0300")  # network and unit of the one that reads it
READ_TYPE_NAME = bytes.fromhex("100001010000")  # after at most four seconds; no subcommand
QUESTION = b"\x50\0" + STATION + len(READ_TYPE_NAME).to_bytes(2, "little") + READ_TYPE_NAME
RESPONSE = b"\xd0\0" + STATION
MOST = 64


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it."""
    return 0.95 if data.startswith(RESPONSE) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the model's name."""
    yield Say(QUESTION)
    head = yield Exactly(9)
    size = int.from_bytes(head[7:], "little")
    if not looks_untrusted(head) or not 2 <= size <= MOST:
        raise BadReply("no response of SLMP")
    told = name_untrusted((yield Exactly(size)))
    yield Known(0.96, "a response of SLMP")
    yield told


def name_untrusted(data: bytes) -> Told:
    """Return the model; raises BadReply."""
    cursor = Cursor(data)
    code = cursor.number(2, "little")
    detail: dict[str, Detail] = {"end_code": f"{code:04x}"}
    if code:
        return Told(vendor="Mitsubishi Electric", detail=detail)
    name = cursor.take(16).decode("latin-1").strip("\0 ")
    model = cursor.number(2, "little")
    return Told(
        vendor="Mitsubishi Electric", product=name or None, detail={**detail, "model_code": f"{model:04x}"}
    )


PROTOCOL = Protocol(
    name="melsec",
    title="MELSEC by SLMP",
    source="Mitsubishi SH-080956",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(5007, 5002, 1025),
    rarity=9,
    careful=True,
)

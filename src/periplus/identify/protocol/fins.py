"""FINS over UDP and TCP: model and version of an Omron controller.

Omron W342, CONTROLLER DATA READ (command 05 01). Over TCP (Omron W421, FINS/TCP) both ends first agree on
their nodes, where 0 leaves ours to the controller. Only reading.

Identified by a response with our service number and command; over TCP by the agreement on nodes.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import Piece, framed
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Known, Say, Talk, Told
from periplus.payload.fins import CONTROLLER_DATA_READ, PAYLOADS, SERVICE_ID

__all__ = ["PROTOCOLS", "data_untrusted", "nodes_untrusted", "tcp_looks_untrusted"]

RESPONSE = 0x40
MAGIC = b"FINS"
ASK_NODES, NODES, FRAME = 0, 1, 2
MOST = 512
TO_NODE, FROM_NODE = 4, 7  # where they stand in a frame
ERRORS = {0x20: "all connections are in use", 0x21: "the node is connected already", 0x22: "the node is protected",
          0x23: "our node is out of range", 0x24: "the same node as ours", 0x25: "no node is left"}  # fmt: skip


def data_untrusted(data: bytes) -> Answered:
    """Read the response; raises BadReply."""
    cursor = Cursor(data)
    if not cursor.number(1) & RESPONSE or cursor.number(1):
        raise BadReply("no response of FINS")
    cursor.take(7)
    if cursor.number(1) != SERVICE_ID or cursor.take(2) != CONTROLLER_DATA_READ:
        raise BadReply("no response to our command")
    code = cursor.number(2)
    if cursor.left < 40:
        return Answered(0.93, "a response of FINS", Told(detail={"end_code": code}))
    model, version = (cursor.take(20).decode("latin-1").strip("\0 ") for _ in range(2))
    told = Told(vendor="Omron", product=model or None, version=version or None, detail={"end_code": code})
    return Answered(0.97, "a controller's data", told)


def message(which: int, body: bytes) -> bytes:
    """Return a message over TCP."""
    return MAGIC + struct.pack("!III", 8 + len(body), which, 0) + body


def framed_for(ours: int, theirs: int) -> bytes:
    """Return the question between these nodes."""
    frame = bytearray(QUESTION.data)
    frame[TO_NODE], frame[FROM_NODE] = theirs, ours
    return message(FRAME, bytes(frame))


def tcp_looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of FINS over TCP."""
    return 0.95 if data.startswith(MAGIC + b"\0\0\0") else 0.0


def tcp_talk_untrusted(peer: Peer) -> Talk:
    """Agree on nodes, and ask for the controller's data."""
    yield Say(message(ASK_NODES, bytes(4)))
    answer = yield from _message()
    nodes = nodes_untrusted(answer)
    yield Known(0.97, "answered for a node of FINS")
    if isinstance(nodes, str):
        yield Told(info=nodes)
        return
    yield Say(framed_for(*nodes))
    yield data_untrusted((yield from _message())[16:]).told


def _message() -> Piece:
    return framed(8, 4, 4, most=MOST)


def nodes_untrusted(data: bytes) -> tuple[int, int] | str:
    """Return our node and theirs, or why there are none; raises BadReply."""
    cursor = Cursor(data)
    cursor.expect(MAGIC, "message of FINS")
    cursor.take(4)
    if cursor.number(4) != NODES:
        raise BadReply("no answer about nodes")
    error = cursor.number(4)
    if error:
        return ERRORS.get(error, f"refused by {error:#x}")
    ours, theirs = cursor.number(4), cursor.number(4)
    return ours & 0xFF, theirs & 0xFF


QUESTION = Question(PAYLOADS[0].data, data_untrusted)
PROTOCOLS = (
    Protocol(
        name="omron-fins",
        title="Omron FINS",
        source="Omron W342",
        talk=talk_of(QUESTION),
        looks=looks_of(QUESTION),
        over=Over.UDP,
        ports=(9600,),
        rarity=8,
        careful=True,
    ),
    Protocol(
        name="omron-fins",
        title="Omron FINS over TCP",
        source="Omron W421",
        talk=tcp_talk_untrusted,
        looks=tcp_looks_untrusted,
        ports=(9600,),
        rarity=8,
        careful=True,
    ),
)

"""DNP3: the state of the link, asked of the address that any outstation answers to, and of some usual ones.

IEEE 1815, section 9.2 (data link frames: request link status, function 9; link status, 11) and 4.11 (self-address
0xFFFC). The data link alone is spoken to; no application's function is called. Some outstations first say unasked
that they have started, which shows them as well; it is not confirmed.

Identified by a frame of an outstation with the right checksum.

Limits: an outstation answers only to its own address, and only masters that it knows.
"""

import struct
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Exactly, Known, Say, Talk, Told, Want

__all__ = ["PROTOCOL", "looks_untrusted", "status_untrusted"]

START = b"\x05\x64"
FROM_MASTER_REQUEST_STATUS = 0xC9
FROM_MASTER, PRIMARY = 0x80, 0x40
LINK_STATUS, NOT_SUPPORTED = 0x0B, 0x0F
HEAD, LEAST, BLOCK = (
    10,
    5,
    16,
)  # of a frame: its head, what its length counts of that, and data up to a checksum
MOST_FRAMES = 4
SELF = 0xFFFC
ADDRESSES = (SELF, 0, 1, 10)
US = 1
POLYNOMIAL = 0xA6BC  # 0x3D65, its bits the other way round


def checksum(data: bytes) -> bytes:
    """Return the checksum of a block (IEEE 1815, annex E)."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
    return struct.pack("<H", ~value & 0xFFFF)


def frame(control: int, destination: int, source: int) -> bytes:
    """Return a frame without data."""
    head = START + struct.pack("<BBHH", 5, control, destination, source)
    return head + checksum(head)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it."""
    whole = data[:2] == START and len(data) >= 10 and checksum(data[:8]) == data[8:10]
    return 0.97 if whole and not data[3] & FROM_MASTER else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask a few addresses, and take the first status; what comes before it is an outstation's, too."""
    yield Say(b"".join(frame(FROM_MASTER_REQUEST_STATUS, each, US) for each in ADDRESSES))
    for _ in range(MOST_FRAMES):
        told = status_untrusted((yield from _frame()))
        yield Known(0.98, "a frame of DNP3")
        yield told
        if told.detail["function"] in (LINK_STATUS, NOT_SUPPORTED):
            return


def _frame() -> Generator[Want, bytes, bytes]:
    """Take a frame, and return its head."""
    head = yield Exactly(HEAD)
    held = head[2] - LEAST
    if held > 0 and looks_untrusted(head):
        yield Exactly(held + 2 * -(-held // BLOCK))
    return head


def status_untrusted(data: bytes) -> Told:
    """Return what the head of an outstation's frame says; raises BadReply."""
    if not looks_untrusted(data):
        raise BadReply("no frame of an outstation")
    cursor = Cursor(data, 3)
    control, destination, source = cursor.number(1), cursor.number(2, "little"), cursor.number(2, "little")
    return Told(detail={"address": source, "to": destination, "function": control & (PRIMARY | 0xF)})


PROTOCOL = Protocol(
    name="dnp",
    title="Distributed Network Protocol 3",
    source="IEEE 1815",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(20000,),
    rarity=8,
    careful=True,
)

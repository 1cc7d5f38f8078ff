"""Oracle's listener: its version, by the command that `lsnrctl version` sends.

Oracle Net's TNS packets as its dissectors and clients describe them: a CONNECT whose data asks for VERSION is
refused or accepted with VSNNUM, the version in one number. No database is opened.

Identified by a TNS packet of a fitting type and length whose data names VSNNUM, ERR or TNS.
"""

import re
import struct

from periplus.errors import BadReply
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Ended, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "version_untrusted"]

CONNECT, ACCEPT, REFUSE, DATA, RESEND = 1, 2, 4, 6, 11
ASKED = b"(DESCRIPTION=(CONNECT_DATA=(CID=(PROGRAM=)(HOST=)(USER=))(COMMAND=VERSION)))"
OFFSET = 58
HEAD = struct.Struct("!HHBBH")
OPTIONS = struct.pack("!HHHHHHHHHHIBB", 314, 300, 0, 2048, 32767, 0x4F98, 0, 1, len(ASKED), OFFSET, 0, 0, 0)
QUESTION = HEAD.pack(OFFSET + len(ASKED), 0, CONNECT, 0, 0) + OPTIONS.ljust(OFFSET - HEAD.size, b"\0") + ASKED
VERSION_NUMBER = re.compile(rb"\(VSNNUM=(\d{6,10})\)")
ERROR = re.compile(rb"\(ERR=(\d+)\)")
MOST, MOST_PACKETS = 4_096, 4


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of TNS."""
    fits = (
        len(data) >= HEAD.size and data[4] in (ACCEPT, REFUSE, RESEND) and data[2:4] == data[6:8] == b"\0\0"
    )
    return 0.9 if fits and (b"(VSNNUM=" in data or b"(DESCRIPTION=" in data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the version; ask again when the listener wants that."""
    yield Say(QUESTION)
    heard = b""
    for _ in range(MOST_PACKETS):
        try:
            packet = yield from framed(8, 0, 2, more=-8, most=MOST)
        except Ended:
            break
        if packet[4] == RESEND:
            yield Say(QUESTION)
        elif packet[4] in (ACCEPT, REFUSE, DATA):
            heard += packet[8:]
        else:
            raise BadReply("no TNS packet that answers a CONNECT")
        if packet[4] == REFUSE or VERSION_NUMBER.search(heard):
            break
    version, banner, detail = version_untrusted(heard)
    yield Known(0.97, "a TNS packet with the listener's words")
    yield Told(texts={"oracle.banner": banner} if banner else {}, version=version, detail=detail)


def version_untrusted(data: bytes) -> tuple[str | None, str | None, dict[str, Detail]]:
    """Return version, banner and error of the listener's words; raises BadReply."""
    number, error = VERSION_NUMBER.search(data), ERROR.search(data)
    banner = re.search(rb"TNSLSNR for [^\n\0]{1,200}", data)
    if not (number or error or banner):
        raise BadReply("no words of a listener")
    detail: dict[str, Detail] = {"error": int(error[1][:9])} if error else {}
    version = _dotted(int(number[1])) if number else None
    return version, printable(banner[0]) if banner else None, detail


def _dotted(number: int) -> str:
    """Return VSNNUM in dots; since release 18 its digits are cut elsewhere."""
    cuts = ((24, 255), (16, 255), (12, 15), (4, 255), (0, 15))
    if number >> 24 < 18:
        cuts = ((24, 255), (20, 15), (12, 255), (8, 15), (0, 255))
    return ".".join(str(number >> shift & mask) for shift, mask in cuts)


PROTOCOL = Protocol(
    name="oracle-tns",
    title="Oracle Net listener",
    source="Oracle Net Services, TNS",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(1521, 1522, 1525, 1526, 1529),
    rarity=4,
)

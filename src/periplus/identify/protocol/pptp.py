"""PPTP: the request to start a control connection, answered with host name, maker and firmware.

RFC 2637, sections 2.1 and 2.2. No call is placed; the connection is ended by the polite request to stop (2.3).

Identified by the magic cookie in the reply.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "reply_untrusted"]

COOKIE = 0x1A2B3C4D
CONTROL_MESSAGE, START_REQUEST, START_REPLY, STOP_REQUEST = 1, 1, 2, 3
SIZE, STOP_SIZE = 156, 16
START = struct.pack(
    "!HHIHHHHIIHH64s64s",
    SIZE,
    CONTROL_MESSAGE,
    COOKIE,
    START_REQUEST,
    0,
    0x100,
    0,
    3,
    3,
    0,
    0,
    b"periplus",
    b"Periplus",
)
STOP = struct.pack("!HHIHHBxH", STOP_SIZE, CONTROL_MESSAGE, COOKIE, STOP_REQUEST, 0, 1, 0)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of PPTP."""
    head = struct.pack("!HHIH", SIZE, CONTROL_MESSAGE, COOKIE, START_REPLY)
    return 0.97 if data.startswith(head) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Start a control connection, and stop it."""
    yield Say(START)
    told = reply_untrusted((yield Exactly(SIZE)))
    yield Known(0.98, "PPTP's magic cookie")
    yield told
    yield Say(STOP)


def reply_untrusted(data: bytes) -> Told:
    """Return what a start-control-connection-reply says; raises BadReply."""
    if not looks_untrusted(data):
        raise BadReply("no reply to our start of a control connection")
    cursor = Cursor(data, 12)
    version, result = cursor.number(2), cursor.number(1)
    cursor.take(11)
    firmware = cursor.number(2)
    host, vendor = (cursor.take(64).partition(b"\0")[0].decode("utf-8", "replace") for _ in range(2))
    return Told(
        texts={"pptp.vendor": f"{vendor} {firmware}"} if vendor else {},
        hostname=host or None,
        detail={"vendor_name": vendor, "firmware": firmware, "protocol": version >> 8, "result": result},
    )


PROTOCOL = Protocol(
    name="pptp",
    title="Point-to-Point Tunneling Protocol",
    source="RFC 2637",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(1723,),
    rarity=6,
)

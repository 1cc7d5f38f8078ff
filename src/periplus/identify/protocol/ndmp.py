"""NDMP, backup of file servers: the notice with which a server greets, then what it says of its host.

NDMP version 4 (SNIA), sections 2.3 (messages), 3.1 (NDMP_NOTIFY_CONNECTION_STATUS), 3.2 (NDMP_CONNECT_OPEN), 3.5
(NDMP_CONFIG_GET_HOST_INFO), over records as of RFC 5531. Host information may want a login, which is not made.

Identified by the notice.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.talk import Known, Say, Talk, Told

__all__ = ["PROTOCOL", "host_untrusted", "looks_untrusted", "notice_untrusted"]

NOTICE, OPEN, CLOSE, HOST = 0x502, 0x900, 0x902, 0x100
REQUEST, REPLY = 0, 1
LAST = 0x80000000
REASONS = {0: "connected", 1: "shutdown", 2: "refused"}
MOST_VERSION = 4


def message(number: int, code: int, body: bytes = b"") -> bytes:
    """Return a request as one record."""
    content = struct.pack("!6I", number, 0, REQUEST, code, 0, 0) + body
    return struct.pack("!I", LAST | len(content)) + content


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of NDMP: a request by the server with the notice's code."""
    return 0.97 if data[:2] == b"\x80\0" and data[12:20] == struct.pack("!II", REQUEST, NOTICE) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the notice; agree on a version; ask for the host."""
    reason, version, text = notice_untrusted((yield from framed(4, 1, 3, most=4_096))[4:])
    yield Known(0.98, "a notice about the connection")
    yield Told(info=text or None, detail={"protocol": version, "status": REASONS.get(reason, str(reason))})
    if reason:
        return
    yield Say(message(1, OPEN, struct.pack("!I", min(version, MOST_VERSION))))
    yield from framed(4, 1, 3, most=4_096)
    yield Say(message(2, HOST))
    said = host_untrusted((yield from framed(4, 1, 3, most=4_096))[4:])
    text = "\n".join(f"{name}:{value}" for name, value in said.items())
    yield Told(
        texts={"ndmp.host": text} if said else {},
        hostname=said.get("hostname"),
        os=" ".join(said[name] for name in ("os_type", "os_version") if said.get(name)) or None,
        detail={**said},
    )
    yield Say(message(3, CLOSE))


def notice_untrusted(data: bytes) -> tuple[int, int, str]:
    """Return reason, version and text of the notice; raises BadReply."""
    cursor = Cursor(data)
    cursor.take(8)
    if cursor.number(4) != REQUEST or cursor.number(4) != NOTICE:
        raise BadReply("no notice of NDMP")
    cursor.take(8)
    return cursor.number(4), cursor.number(4), printable(cursor.sized(4))


def host_untrusted(data: bytes) -> dict[str, str]:
    """Return what a reply says of the host; nothing where that wants a login; raises BadReply."""
    cursor = Cursor(data)
    cursor.take(8)
    if cursor.number(4) != REPLY or cursor.number(4) != HOST:
        raise BadReply("no reply about the host")
    cursor.take(8)
    if cursor.number(4):
        return {}
    said = {}
    for name in ("hostname", "os_type", "os_version", "host_id"):
        said[name] = printable(cursor.sized(4))
        cursor.align(4)
    return said


PROTOCOL = Protocol(
    name="ndmp",
    title="NDMP",
    source="NDMP version 4",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(10000,),
    first=First.SERVER,
    rarity=8,
)

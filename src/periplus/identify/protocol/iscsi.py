"""iSCSI: a login request for a version that no target has, which is refused with the versions that it has.

RFC 7143 sections 11.12 (Login Request), 11.13.5 (status 0205, unsupported version). No session comes of it, not
even one for discovery, so the names of targets stay unread.

Identified by a Login Response with our task's tag.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "response_untrusted"]

LOGIN, RESPONSE, REJECT = 0x43, 0x23, 0x3F  # a request's immediate bit is set
NO_VERSION, TAG = 0xFF, b"Peri"
KEYS = b"InitiatorName=iqn.2000-01.invalid.periplus\0SessionType=Discovery\0AuthMethod=None\0"
SIZE = 48
STATUSES = {0x0205: "unsupported version", 0x0200: "initiator error", 0x0203: "not found", 0x0000: "accepted"}


def question() -> bytes:
    """Return the request."""
    head = struct.pack("!BBBBI", LOGIN, 0, NO_VERSION, NO_VERSION, len(KEYS)) + b"\x80Peri\0" + b"\0\0"
    return (head + TAG).ljust(SIZE, b"\0") + KEYS + bytes(-len(KEYS) % 4)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of iSCSI."""
    return 0.95 if len(data) >= SIZE and data[0] == RESPONSE and data[16:20] == TAG else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the version that is not there."""
    yield Say(question())
    status, detail = response_untrusted((yield Exactly(SIZE)))
    yield Known(0.97, f"Login Response with status {status:04x}")
    yield Told(detail=detail)


def response_untrusted(data: bytes) -> tuple[int, dict[str, Detail]]:
    """Return the status of a response to our request, and the versions; raises BadReply."""
    if not looks_untrusted(data):
        raise BadReply("no Login Response to our request")
    status = int.from_bytes(data[36:38], "big")
    return status, {
        "version_max": data[2],
        "version_active": data[3],
        "status": STATUSES.get(status, f"{status:04x}"),
    }


PROTOCOL = Protocol(
    name="iscsi-target",
    title="iSCSI target",
    source="RFC 7143",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(3260, 860),
    rarity=8,
)

"""The Java debugger's wire protocol: its handshake, and the Version command, which only reads.

Java Debug Wire Protocol, "Handshake" and VirtualMachine.Version (1, 1). An open one runs whatever is sent to it.

It takes one debugger at a time, and a machine that waits for its first debugger (``suspend=y``) runs on once that has
left: so it is asked at its usual ports only, unless everything is to be asked everywhere.

Identified by the reply to Version; the handshake alone is an echo.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "version_untrusted"]

HELLO = b"JDWP-Handshake"
HEAD = struct.Struct("!IIBH")  # length, id, flags, error (of a reply) or command (of a command)
REPLY, MOST, MOST_EVENTS = 0x80, 65_535, 8
OUR_ID = 4711
VERSION = HEAD.pack(HEAD.size, OUR_ID, 0, 0x0101)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of JDWP."""
    return 0.4 if data.startswith(HELLO) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Shake hands, ask for the version; events that come before are passed over."""
    yield Say(HELLO)
    if (yield Exactly(len(HELLO))) != HELLO:
        raise BadReply("no handshake of JDWP")
    yield Known(0.5, "a handshake that any echo would give")
    yield Say(VERSION)
    for _ in range(MOST_EVENTS):
        length, number, flags, error = HEAD.unpack((yield Exactly(HEAD.size)))
        if not HEAD.size <= length <= MOST:
            raise BadReply("no packet of JDWP")
        body = (yield Exactly(length - HEAD.size)) if length > HEAD.size else b""
        if (number, flags) == (OUR_ID, REPLY):
            if error:
                raise BadReply(f"error {error} to Version")
            said = version_untrusted(body)
            yield Known(0.98, "a reply to Version")
            yield Told(version=str(said["vm_version"]), texts={"jdwp.vm": str(said["vm_name"])}, detail=said)
            return


def version_untrusted(body: bytes) -> dict[str, Detail]:
    """Read the reply to Version; raises BadReply."""
    description, rest = _text(body)
    if len(rest) < 8:
        raise BadReply("Version is cut short")
    major, minor = struct.unpack_from("!II", rest)
    vm_version, rest = _text(rest[8:])
    vm_name, _ = _text(rest)
    return {
        "description": description,
        "jdwp": f"{major}.{minor}",
        "vm_version": vm_version,
        "vm_name": vm_name,
    }


def _text(data: bytes) -> tuple[str, bytes]:
    length = int.from_bytes(data[:4], "big")
    if len(data) < 4 + length:
        raise BadReply("a text is cut short")
    return plain_untrusted(data[4 : 4 + length]), data[4 + length :]


PROTOCOL = Protocol(
    name="jdwp",
    title="Java Debug Wire Protocol",
    source="Java Debug Wire Protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(5005, 8000, 8787, 8453, 9999),
    rarity=9,
)

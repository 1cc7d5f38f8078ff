"""Pulsar: what a broker calls itself in answer to a client without credentials.

Apache Pulsar binary protocol, CommandConnect, CommandConnected, CommandError (PulsarApi.proto). There is no other
way to be told; nothing is subscribed to, and a broker that wants a login says so.

Identified by one of the two answers, by their types in Protocol Buffers.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.protobuf import message_untrusted, text_field, varint_field
from periplus.identify.talk import Known, Say, Talk, Told

__all__ = ["PROTOCOL", "answer_untrusted", "looks_untrusted"]

CONNECT, CONNECTED, FAULT = 2, 3, 14
TYPE, SERVER_VERSION, PROTOCOL_VERSION, MESSAGE = 1, 1, 2, 3
COMMAND = varint_field(TYPE, CONNECT) + text_field(CONNECT, text_field(1, b"Periplus") + varint_field(4, 6))
QUESTION = struct.pack("!II", len(COMMAND) + 4, len(COMMAND)) + COMMAND


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of Pulsar."""
    if len(data) < 12 or data[:4] != struct.pack("!I", int.from_bytes(data[4:8], "big") + 4):
        return 0.0
    return (
        0.85
        if data[8:11] in (bytes([8, CONNECTED, CONNECTED << 3 | 2]), bytes([8, FAULT, FAULT << 3 | 2]))
        else 0.0
    )


def talk_untrusted(peer: Peer) -> Talk:
    """Connect."""
    yield Say(QUESTION)
    version, protocol, refusal = answer_untrusted((yield from framed(4, 0, 4, most=8_192))[8:])
    yield Known(0.95, "CommandConnected" if version else "CommandError")
    yield Told(
        texts={"pulsar.version": version} if version else {},
        info=refusal,
        detail={"version": version, "protocol": protocol},
    )


def answer_untrusted(command: bytes) -> tuple[str | None, int | None, str | None]:
    """Return the broker's version, its protocol's, and why it refuses; raises BadReply."""
    parts = dict(message_untrusted(command))
    kind = parts.get(TYPE)
    inside = parts.get(kind) if isinstance(kind, int) else None
    if kind not in (CONNECTED, FAULT) or not isinstance(inside, bytes):
        raise BadReply("no answer to CommandConnect")
    said = dict(message_untrusted(inside))
    if kind == FAULT:
        text = said.get(MESSAGE)
        return None, None, printable(text) if isinstance(text, bytes) else "refused"
    version, protocol = said.get(SERVER_VERSION), said.get(PROTOCOL_VERSION)
    if not isinstance(version, bytes):
        raise BadReply("no answer to CommandConnect")
    return printable(version), protocol if isinstance(protocol, int) else None, None


PROTOCOL = Protocol(
    name="pulsar",
    title="Apache Pulsar",
    source="Apache Pulsar binary protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(6650,),
    tls_ports=(6651,),
    rarity=8,
)

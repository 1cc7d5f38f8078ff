"""NRPE, Nagios' agent for plugins: its version, by the check that is none.

NRPE's common.h and protocol.txt (packets of version 2, CRC-32 over the whole): the query ``_NRPE_CHECK`` runs no
plugin. By default it speaks inside TLS, with ciphers that need no certificate. It closes on hosts that it does not
know.

Identified by a response packet of its fixed size and right sum.
"""

import struct
from zlib import crc32

from periplus.errors import BadReply
from periplus.identify.frames import printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "answer_untrusted", "looks_untrusted"]

QUERY, RESPONSE, VERSION = 1, 2, 2
HEAD = struct.Struct("!HHIh")
BUFFER, SIZE = 1_024, 1_036  # the packet is padded as C lays it out


def question() -> bytes:
    """Return the query."""
    text = b"_NRPE_CHECK".ljust(BUFFER + 2, b"\0")
    return HEAD.pack(VERSION, QUERY, crc32(HEAD.pack(VERSION, QUERY, 0, 0) + text), 0) + text


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of NRPE."""
    return 0.9 if data[:4] == struct.pack("!HH", VERSION, RESPONSE) and data[10:16] == b"NRPE v" else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the version."""
    yield Say(question())
    text = answer_untrusted((yield Exactly(SIZE)))
    yield Known(0.97, "a response packet with its sum")
    yield Told(texts={"nrpe.version": text}, detail={"answer": text})


def answer_untrusted(packet: bytes) -> str:
    """Return the text of a response; raises BadReply."""
    if len(packet) < SIZE:
        raise BadReply("the packet is cut short")
    version, kind, total, code = HEAD.unpack_from(packet)
    if (version, kind) != (VERSION, RESPONSE) or crc32(
        HEAD.pack(version, kind, 0, code) + packet[10:]
    ) != total:
        raise BadReply("no response packet of NRPE")
    return printable(packet[10:].split(b"\0")[0])


PROTOCOL = Protocol(
    name="nrpe",
    title="Nagios Remote Plugin Executor",
    source="NRPE, packets of version 2",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(5666,),
    tls_ports=(5666,),
    rarity=8,
)

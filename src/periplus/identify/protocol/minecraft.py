"""Minecraft: the status that a server's list shows, of the Java edition over TCP and of Bedrock over UDP.

The Java protocol's handshake and status request (minecraft.wiki, Java Edition protocol); RakNet's unconnected ping.
Nobody joins.

Identified by a status in JSON with a version, or by a pong with RakNet's magic and a list that names its edition.
"""

import json
import struct
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told, Want
from periplus.payload.minecraft import MAGIC, PAYLOADS, TIME

__all__ = ["PROTOCOLS", "pong_untrusted", "status_untrusted"]

UNCONNECTED_PONG = 0x1C
MOST_STATUS = 262_144
STATUS, ANY_VERSION = 1, 47  # a version that all servers since 2014 answer a status request of


def varint(number: int) -> bytes:
    """Return a number seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def packet(*parts: bytes) -> bytes:
    """Return the parts behind their length."""
    body = b"".join(parts)
    return varint(len(body)) + body


def handshake(peer: Peer) -> bytes:
    """Return the handshake towards a status, and the request for it."""
    host = (peer.name or peer.address).encode("utf-8")[:255]
    hello = packet(
        b"\0", varint(ANY_VERSION), varint(len(host)), host, struct.pack("!H", peer.port), varint(STATUS)
    )
    return hello + packet(b"\0")


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the status."""
    yield Say(handshake(peer))
    length = yield from _varint()
    if not 4 < length <= MOST_STATUS:
        raise BadReply("no status")
    if (yield Exactly(1)) != b"\0":
        raise BadReply("no status packet")
    size = yield from _varint()
    if not 2 <= size < length:
        raise BadReply("no status")
    told = status_untrusted((yield Exactly(size)))
    yield Known(0.98, "a status with a version")
    yield told


def _varint() -> Generator[Want, bytes, int]:
    number = 0
    for shift in range(0, 35, 7):
        [byte] = yield Exactly(1)
        number |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return number
    raise BadReply("a number without end")


def status_untrusted(data: bytes) -> Told:
    """Return what a status says; raises BadReply."""
    try:
        status = json.loads(data)
    except (ValueError, RecursionError):
        raise BadReply("a status that is no JSON") from None
    version = status.get("version") if isinstance(status, dict) else None
    if not isinstance(version, dict) or not isinstance(version.get("name"), str):
        raise BadReply("a status without a version")
    players = status.get("players")
    detail: dict[str, Detail] = {"version": version["name"], "protocol": str(version.get("protocol"))}
    if isinstance(players, dict):
        detail |= {key: players[key] for key in ("online", "max") if isinstance(players.get(key), int)}
    description = status.get("description")
    text = description.get("text") if isinstance(description, dict) else description
    if isinstance(text, str):
        detail["description"] = text[:500]
    return Told(texts={"minecraft.version": version["name"]}, detail=detail)


def pong_untrusted(data: bytes) -> Answered:
    """Read Bedrock's pong; raises BadReply."""
    cursor = Cursor(data)
    if cursor.number(1) != UNCONNECTED_PONG or cursor.number(8) != TIME:
        raise BadReply("no pong")
    cursor.take(8)
    cursor.expect(MAGIC, "magic of RakNet")
    if not cursor.left:
        return Answered(0.6, "a pong of RakNet without a list")
    fields = cursor.sized(2).decode("utf-8", "replace").split(";")
    names = ("edition", "name", "protocol", "version", "online", "max", "id", "world", "mode")
    detail: dict[str, Detail] = dict(zip(names, fields, strict=False))
    if fields[0] not in ("MCPE", "MCEE"):
        return Answered(0.6, "a pong of RakNet", Told(detail=detail))
    texts = {"minecraft.bedrock": ";".join(fields)}
    return Answered(
        0.98,
        "a pong of Minecraft",
        Told(texts=texts, version=fields[3] if len(fields) > 3 else None, detail=detail),
    )


QUESTION = Question(PAYLOADS[0].data, pong_untrusted)
PROTOCOLS = (
    Protocol(
        name="minecraft",
        title="Minecraft, Java edition",
        source="minecraft.wiki, Java Edition protocol, server list ping",
        talk=talk_untrusted,
        ports=(25565, 25566, 25575),
        rarity=6,
    ),
    Protocol(
        name="minecraft-bedrock",
        title="Minecraft, Bedrock edition",
        source="RakNet, unconnected ping",
        talk=talk_of(QUESTION),
        looks=looks_of(QUESTION),
        over=Over.UDP,
        ports=(19132, 19133),
        rarity=7,
    ),
)

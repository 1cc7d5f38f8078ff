"""ADB, Android's debug bridge: what a device answers to a host's greeting.

Android's protocol.txt: CNXN, AUTH, STLS, each of 24 bytes whose last four are its first four turned over. A device
that wants a key answers with AUTH, to which nothing is said, so that nobody is asked on its screen.

Identified by one of the three with its turned number.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Known, Say, Talk, Told

__all__ = ["PROTOCOL", "banner_untrusted", "looks_untrusted"]

CONNECT, AUTH, TLS = b"CNXN", b"AUTH", b"STLS"
VERSION, MOST = 0x01000000, 4_096
NAME = b"host::\0"


def turned(command: bytes) -> bytes:
    """Return a command's check: all its bits turned over."""
    return bytes(0xFF - each for each in command)


QUESTION = CONNECT + struct.pack("<IIII", VERSION, MOST, len(NAME), sum(NAME)) + turned(CONNECT) + NAME


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of ADB."""
    return 0.98 if data[:4] in (CONNECT, AUTH, TLS) and data[20:24] == turned(data[:4]) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Greet."""
    yield Say(QUESTION)
    answer = yield from framed(24, 12, 4, order="little", most=MOST)
    if not looks_untrusted(answer) or answer == QUESTION:
        raise BadReply("no answer of ADB")
    kind = answer[:4]
    yield Known(0.98, f"{kind.decode()} with its check")
    if kind != CONNECT:
        yield Told(info="authorisation required", detail={"answer": kind.decode()})
        return
    said = banner_untrusted(answer[24:])
    text = "\n".join(f"{name}:{value}" for name, value in said.items())
    yield Told(
        texts={"adb.banner": text},
        info="open to anybody",
        device=said.get("ro.product.model"),
        detail={"answer": kind.decode(), **said},
    )


def banner_untrusted(data: bytes) -> dict[str, str]:
    """Return a device's kind and its properties."""
    kind, _, rest = printable(data).partition(":")
    pairs = (each.partition("=") for each in rest.rpartition(":")[2].split(";"))
    return {"kind": kind, **{name: value for name, found, value in pairs if found}}


PROTOCOL = Protocol(
    name="adb",
    title="Android Debug Bridge",
    source="Android, adb protocol.txt",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(5555,),
    rarity=7,
)

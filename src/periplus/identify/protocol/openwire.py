"""OpenWire, ActiveMQ's own protocol: the format in which the broker would like to talk, which it sends unasked.

ActiveMQ OpenWire version 2 specification, WireFormatInfo, whose properties name provider and version.

Identified by that packet's type and magic text.
"""

import re

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.talk import Known, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "properties_untrusted"]

WIRE_FORMAT_INFO = 1
MAGIC = b"ActiveMQ"
MOST = 4_096
TEXT = re.compile(rb"(Provider[A-Za-z]+|Host|PlatformDetails)\x09")


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of OpenWire."""
    return 0.98 if data[4:5] == bytes([WIRE_FORMAT_INFO]) and data[5:13] == MAGIC else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the format."""
    packet = yield from framed(4, 0, 4, most=MOST)
    if not looks_untrusted(packet):
        raise BadReply("no WireFormatInfo")
    yield Known(0.98, "WireFormatInfo")
    version = int.from_bytes(packet[13:17], "big")
    said = properties_untrusted(packet[17:])
    text = "\n".join(f"{name}:{value}" for name, value in said.items())
    yield Told(texts={"openwire.format": text}, detail={"protocol": version, **said})


def properties_untrusted(body: bytes) -> dict[str, str]:
    """Return the properties that are text and name the broker; raises BadReply."""
    said = {}
    for found in TEXT.finditer(body):
        said[printable(found[1])] = printable(Cursor(body, found.end()).sized(2))
    return said


PROTOCOL = Protocol(
    name="openwire",
    title="ActiveMQ OpenWire",
    source="OpenWire version 2 specification",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(61616,),
    tls_ports=(61617,),
    first=First.SERVER,
    rarity=6,
)

"""Cassandra and ScyllaDB: the options that a node supports, before any login.

CQL binary protocol version 4, sections 2 (frame), 4.1.3 (OPTIONS), 4.2.4 (SUPPORTED), 4.2.1 (ERROR). A node that
lacks version 4 says so in an error of its own version.

Identified by a response frame that answers our stream's number.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "options_untrusted"]

VERSION, RESPONSE = 4, 0x80
ERROR, OPTIONS, SUPPORTED = 0, 5, 6
STREAM = 0x5065
QUESTION = struct.pack("!BBHBI", VERSION, 0, STREAM, OPTIONS, 0)
MOST = 16_384
MOST_VERSION = 7


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of CQL: a response that names options, or a protocol's version in an error."""
    if len(data) < 9 or not RESPONSE < data[0] <= RESPONSE + MOST_VERSION:
        return 0.0
    return 0.9 if (data[4] == SUPPORTED and b"CQL_VERSION" in data) or b"protocol version" in data else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the options."""
    yield Say(QUESTION)
    frame = yield from framed(9, 5, 4, most=MOST)
    version, code = frame[0] & 0x7F, frame[4]
    if not (frame[0] & RESPONSE and 1 <= version <= MOST_VERSION and code in (ERROR, SUPPORTED)):
        raise BadReply("no response frame of CQL")
    if code == ERROR:
        cursor = Cursor(frame, 13)
        text = printable(cursor.sized(2))
        if "protocol version" not in text:
            raise BadReply("no error of CQL about versions")
        yield Known(0.93, "an error of CQL")
        yield Told(info=text, detail={"protocol": version})
        return
    options = options_untrusted(frame[9:])
    if int.from_bytes(frame[2:4], "big") != STREAM or "CQL_VERSION" not in options:
        raise BadReply("no answer to our stream")
    yield Known(0.98, "options of CQL")
    text = "\n".join(f"{name}:{' '.join(values)}" for name, values in options.items())
    detail: dict[str, Detail] = {name.lower(): [*values] for name, values in options.items()}
    yield Told(texts={"cassandra.options": text}, detail={"protocol": version, **detail})


def options_untrusted(body: bytes) -> dict[str, list[str]]:
    """Return the options, each with its values; raises BadReply."""
    cursor = Cursor(body)
    return {
        printable(cursor.sized(2)): [printable(cursor.sized(2)) for _ in range(cursor.number(2))]
        for _ in range(cursor.number(2))
    }


PROTOCOL = Protocol(
    name="cassandra",
    title="Cassandra, CQL",
    source="CQL binary protocol version 4",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(9042, 9142, 19042),
    tls_ports=(9142,),
    rarity=7,
)

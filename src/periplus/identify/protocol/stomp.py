"""STOMP: what a broker answers to a client that speaks no version of it.

STOMP 1.2, "Protocol Negotiation": such a CONNECT is refused with ERROR and the versions that the broker has,
before any login is looked at.

Identified by an ERROR (or CONNECTED) frame with its end.
"""

from periplus.errors import BadReply
from periplus.identify.frames import printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Known, Say, Talk, Told, Until

__all__ = ["PROTOCOL", "frame_untrusted", "looks_untrusted"]

QUESTION = b"CONNECT\naccept-version:0.0\nhost:periplus\n\n\0"
SHOWN = ("version", "server", "message", "content-type")


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of STOMP."""
    begins = data.startswith((b"ERROR\n", b"CONNECTED\n", b"ERROR\r\n", b"CONNECTED\r\n"))
    return 0.9 if begins and b":" in data.partition(b"\n")[2].partition(b"\n")[0] else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Connect by a version that nobody has."""
    yield Say(QUESTION)
    headers, body = frame_untrusted((yield Until(b"\0", 8_192)))
    yield Known(0.95, "a frame of STOMP")
    text = "\n".join([*(f"{name}:{value}" for name, value in headers.items()), body[:512]])
    yield Told(
        texts={"stomp.answer": text}, detail={name: headers[name] for name in SHOWN if name in headers}
    )


def frame_untrusted(data: bytes) -> tuple[dict[str, str], str]:
    """Return headers and body of a frame; raises BadReply."""
    if not looks_untrusted(data):
        raise BadReply("no frame of STOMP")
    head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    pairs = (line.decode("utf-8", "replace").partition(":") for line in head.split(b"\n")[1:])
    return {name: value for name, _, value in pairs}, printable(body)


PROTOCOL = Protocol(
    name="stomp",
    title="STOMP",
    source="STOMP 1.2",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(61613,),
    tls_ports=(61614, 61612),
    rarity=8,
)

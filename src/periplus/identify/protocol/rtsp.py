"""RTSP: which methods there are (OPTIONS), and what the server calls itself.

RFC 2326 section 10.1, RFC 7826 section 13.1. No stream is described or set up.

Identified by a status line of RTSP; the sequence number must be ours for the full confidence.
"""

import re

from periplus.errors import BadReply
from periplus.identify.messages import MOST_HEAD, head_untrusted
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Known, Say, Talk, Told, Until
from periplus.payload.text import lines

__all__ = ["PROTOCOL", "looks_untrusted"]

OPTIONS = lines("OPTIONS * RTSP/1.0", "CSeq: 4711", "User-Agent: Periplus")
STATUS = re.compile(rb"RTSP/[12]\.0 \d{3}")
REALM = re.compile(r'realm="([^"]*)"', re.IGNORECASE)


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of RTSP."""
    return 0.97 if STATUS.match(data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for options."""
    yield Say(OPTIONS)
    head = head_untrusted((yield Until(b"\r\n\r\n", MOST_HEAD)))
    if head.protocol != "RTSP":
        raise BadReply("no RTSP")
    ours = head.fields.get("cseq", "").strip() == "4711"
    yield Known(0.98 if ours else 0.9, f"RTSP/{head.version}" + (" with our sequence number" if ours else ""))
    realm = REALM.search(head.fields.get("www-authenticate", ""))
    said = {"server": head.fields.get("server", ""), "realm": realm[1] if realm else ""}
    said = {name: text for name, text in said.items() if text}
    methods = [each.strip() for each in head.fields.get("public", "").split(",") if each.strip()]
    yield Told(
        texts={f"rtsp.{name}": text for name, text in said.items()},
        detail={"status": head.status, "methods": [*methods], **said},
    )


PROTOCOL = Protocol(
    name="rtsp",
    title="Real Time Streaming Protocol",
    source="RFC 2326",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(554, 8554, 10554, 5554, 7070),
    tls_ports=(322,),
    rarity=4,
)

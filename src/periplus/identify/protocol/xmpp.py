"""XMPP, for clients and between servers: a stream is opened, its features are read, then STARTTLS and again.

RFC 6120 sections 4 (streams) and 5 (STARTTLS). Nobody logs in. Whom to ask for is the peer's name, or its address
where none is known: most servers then say ``host-unknown``, yet in a stream of their own.

Identified by a stream header that has an ``id`` (ours has none).
"""

import re
from collections.abc import Generator
from functools import partial

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.replies import plain_untrusted
from periplus.identify.talk import Ended, Known, Say, Secure, Talk, Told, Until, Want

__all__ = [
    "PROTOCOLS",
    "looks_server_untrusted",
    "looks_untrusted",
    "stream_untrusted",
    "upgrade_untrusted",
]

STREAMS = b"http://etherx.jabber.org/streams"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
MOST_TAGS, LONGEST_TAG = 200, 4_096
LAST = (b"</stream:features>", b"<stream:features/>", b"</stream:error>", b"</stream:stream>")
HEADER = re.compile(r"<stream:stream\b[^>]*>")
SERVERS = re.compile(r"""\sxmlns=['"]jabber:server['"]""")  # for whom a stream is, as its sender says
ATTRIBUTE = re.compile(r"\b(from|id|version)=['\"]([^'\"]*)['\"]")
ERROR = re.compile(r"<stream:error[^>]*>\s*<([\w-]+)")
MECHANISM = re.compile(r"<mechanism>([^<]*)</mechanism>")
END = b"</stream:stream>"
CLIENT = "xmlns='jabber:client'"
SERVER = "xmlns='jabber:server' xmlns:db='jabber:server:dialback'"


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of XMPP for clients."""
    return 0.95 if data.lstrip()[:1] == b"<" and STREAMS in data else 0.0


def looks_server_untrusted(data: bytes) -> float:
    """How sure an answer makes of XMPP for servers: it says so."""
    return 0.97 if looks_untrusted(data) and SERVERS.search(plain_untrusted(data)) else 0.0


def talk_client_untrusted(peer: Peer) -> Talk:
    """Ask as a client."""
    return _talk(peer, CLIENT, servers=False)


def talk_server_untrusted(peer: Peer) -> Talk:
    """Ask as another server."""
    return _talk(peer, SERVER, servers=True)


def _talk(peer: Peer, spaces: str, servers: bool) -> Talk:
    ours = _ours(peer, spaces)
    text = yield from _opened(ours)
    said = stream_untrusted(text)
    other = bool(SERVERS.search(said["header"])) is not servers
    yield Known(0.65 if other else 0.97, "a stream of the other kind" if other else "a stream of its own")
    yield Told(
        texts={"xmpp.features": text},
        hostname=said["from"] if "." in said["from"] and said["from"] != peer.address else None,
        detail={name: value for name, value in said.items() if value and name not in ("id", "header")},
    )
    yield Told(detail={"mechanisms": [*MECHANISM.findall(text)], "starttls": TLS in text})
    if TLS in text and not peer.tls and (yield from _agreed()):
        yield Secure()
        inside = yield from _opened(ours)
        yield Told(texts={"xmpp.features": inside}, detail={"mechanisms_tls": [*MECHANISM.findall(inside)]})
    yield Say(END)


def _ours(peer: Peer, spaces: str) -> str:
    """Return the head of our stream."""
    to = (peer.name or peer.address).replace("'", "").replace("<", "").replace("&", "")
    return f"<?xml version='1.0'?><stream:stream to='{to}' {spaces} xmlns:stream='{STREAMS.decode()}' version='1.0'>"


def _agreed() -> Generator[Want, bytes, bool]:
    """Ask for TLS; return whether it may begin."""
    yield Say(f"<starttls xmlns='{TLS}'/>".encode())
    return (yield Until(b">", LONGEST_TAG)).lstrip().startswith(b"<proceed")


def upgrade_untrusted(peer: Peer, spaces: str = CLIENT) -> Talk:
    """Open a stream and begin TLS."""
    if TLS not in (yield from _opened(_ours(peer, spaces))) or not (yield from _agreed()):
        raise BadReply("it does not begin TLS")
    yield Secure()


def _opened(ours: str) -> Generator[Want, bytes, str]:
    """Open a stream; return what comes, up to the end of its features or its error."""
    yield Say(ours.encode())
    came = b""
    try:
        for _ in range(MOST_TAGS):
            came += yield Until(b">", LONGEST_TAG)
            if came.endswith(LAST):
                break
    except Ended:
        if STREAMS not in came:
            raise
    return plain_untrusted(came)


def stream_untrusted(text: str) -> dict[str, str]:
    """Return whom a stream is from, its version and id, and its error; raises BadReply."""
    header = HEADER.search(text)
    attributes = dict(ATTRIBUTE.findall(header[0])) if header and STREAMS.decode() in header[0] else {}
    if not attributes.get("id"):
        raise BadReply("no stream of its own")
    error = ERROR.search(text)
    return {
        "from": "",
        "version": "",
        **attributes,
        "error": error[1] if error else "",
        "header": header[0] if header else "",
    }


PROTOCOLS = (
    Protocol(
        name="xmpp-client",
        title="XMPP, client to server",
        source="RFC 6120",
        talk=talk_client_untrusted,
        looks=looks_untrusted,
        ports=(5222,),
        tls_ports=(5223,),
        rarity=6,
        upgrade=upgrade_untrusted,
    ),
    Protocol(
        name="xmpp-server",
        title="XMPP, server to server",
        source="RFC 6120",
        talk=talk_server_untrusted,
        looks=looks_server_untrusted,
        ports=(5269,),
        tls_ports=(5270,),
        rarity=8,
        upgrade=partial(upgrade_untrusted, spaces=SERVER),
    ),
)

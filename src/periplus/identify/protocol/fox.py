"""Niagara Fox: the hello of building controllers, which says station, version and system before anybody logs in.

Tridium's Fox protocol: lines of ``name=type:value`` between braces; no published specification, what is read here is
what stations say of themselves.

Identified by the answering hello.
"""

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Talk, Told, Until

__all__ = ["PROTOCOL", "hello_untrusted", "looks_untrusted"]

HELLO = b"fox a 1 -1 fox hello\n{\nfox.version=s:1.0\nid=i:1\n};;\n"
HEAD = b"fox a 0 "  # what answers says 0 where what asks says 1
END = b"};;"
MOST_FIELDS = 60
KINDS = {"s", "i", "o"}


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it."""
    return 0.97 if data.startswith(HEAD) and b" fox " in data[:40] else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Exchange hellos."""
    yield Say(HELLO)
    answer = yield Until(END, 8_192)
    told = hello_untrusted(answer)
    yield Known(0.98, "a hello of Fox")
    yield told


def hello_untrusted(data: bytes) -> Told:
    """Return what a hello says; raises BadReply."""
    if not looks_untrusted(data) or b"{" not in data:
        raise BadReply("no hello of Fox")
    found: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").partition("{")[2].splitlines()[:MOST_FIELDS]:
        name, _, value = line.strip().partition("=")
        kind, _, text = value.partition(":")
        if name and kind in KINDS:
            found[name] = text
    version = found.get("app.version")
    system = " ".join(filter(None, (found.get("os.name"), found.get("os.version"))))
    detail: dict[str, Detail] = {**found}
    return Told(
        texts={"fox.app": f"{found.get('app.name', '')} {version or ''} {found.get('brandId', '')}".strip()},
        version=version,
        hostname=found.get("hostName"),
        os=system or None,
        detail=detail,
    )


PROTOCOL = Protocol(
    name="niagara-fox",
    title="Niagara Fox",
    source="Tridium Fox protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(1911, 3011),
    tls_ports=(4911, 5011),
    rarity=8,
    careful=True,
)

"""NATS: the INFO with which a server greets.

NATS client protocol, INFO. Nothing is answered: the greeting has it all.

Identified by ``INFO`` and an object with a server's identifier.
"""

from periplus.errors import BadReply
from periplus.identify.jsontext import chosen_texts, object_untrusted
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.talk import Known, Line, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

MOST = 16_384
SHOWN = (
    "server_name", "version", "go", "host", "port", "auth_required", "tls_required", "tls_available", "tls_verify",
    "cluster", "domain", "jetstream", "headers", "proto", "git_commit", "max_payload",
)  # fmt: skip


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of NATS."""
    return 0.97 if data[:6].upper() == b"INFO {" and b'"server_id"' in data else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the greeting."""
    line = yield Line(MOST)
    if not looks_untrusted(line):
        raise BadReply("no INFO of NATS")
    info = object_untrusted(line[5:])
    yield Known(0.98, "INFO with a server's identifier")
    shown = chosen_texts(info, SHOWN)
    text = "\n".join(f"{name}:{value}" for name, value in shown.items())
    yield Told(
        texts={"nats.info": text}, info="login required" if shown.get("auth_required") else None, detail=shown
    )


PROTOCOL = Protocol(
    name="nats",
    title="NATS",
    source="NATS client protocol",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(4222, 4223),
    first=First.SERVER,
    rarity=5,
)

"""Zabbix agents: their version and what the system calls itself.

Zabbix documentation, "Passive agent checks" and "Header": ``ZBXD``, flags, length. An agent answers only servers
that it knows and closes on others without a word, so most stay unknown. A server or proxy is not asked: their
questions register hosts.

Identified by an answer with that head.
"""

import struct

from periplus.errors import BadReply
from periplus.identify.frames import framed, printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Afresh, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "value_untrusted"]

MAGIC, PLAIN = b"ZBXD", 1
UNSUPPORTED = "ZBX_NOTSUPPORTED"
MOST = 4_096
KEYS = {
    "agent.version": "version",
    "agent.variant": "variant",
    "agent.hostname": "hostname",
    "system.uname": "uname",
}


def question(key: str) -> bytes:
    """Return a request for one item."""
    return MAGIC + struct.pack("<BII", PLAIN, len(key), 0) + key.encode()


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of Zabbix."""
    return 0.95 if data.startswith(MAGIC) and data[4:5] in (b"\1", b"\3", b"\5") else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for each item, over a connection of its own."""
    said: dict[str, str] = {}
    for key, name in KEYS.items():
        if said:
            yield Afresh()
        yield Say(question(key))
        value = value_untrusted((yield from framed(13, 5, 4, order="little", most=MOST)))
        if value == key:
            raise BadReply("our own words")
        if key == "agent.version":
            yield Known(0.98, "an item with the head of Zabbix")
        if not value.startswith(UNSUPPORTED):
            said[name] = value
        if not said:
            return
    text = "\n".join(f"{name}:{value}" for name, value in said.items())
    yield Told(
        texts={"zabbix.agent": text},
        hostname=said.get("hostname"),
        os=said.get("uname", "").split(" ")[0] or None,
        detail={**said},
    )


def value_untrusted(data: bytes) -> str:
    """Return an item's value; raises BadReply."""
    if not looks_untrusted(data) or len(data) < 13:
        raise BadReply("no head of Zabbix")
    return printable(data[13:].replace(b"\0", b" "))


PROTOCOL = Protocol(
    name="zabbix-agent",
    title="Zabbix agent",
    source="Zabbix: Passive agent checks",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(10050,),
    rarity=8,
)

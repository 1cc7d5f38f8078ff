"""Checkmk's agent: the first section of its report, which it sends unasked.

Checkmk documentation, "The agent's output": ``<<<check_mk>>>`` with lines of names and values. No more than that
section is read; newer agents speak TLS or encrypt, and then say nothing here.

Identified by the section's head.
"""

from periplus.errors import BadReply
from periplus.identify.frames import printable
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.talk import Ended, Known, Line, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "pair_untrusted"]

HEAD = b"<<<check_mk>>>"
MOST_LINES = 30
SHOWN = ("Version", "AgentOS", "Hostname", "OSName", "OSVersion", "BuildDate", "Architecture")


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of the agent."""
    return 0.98 if data.startswith(HEAD) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Read the section."""
    if (yield Line(256)) != HEAD:
        raise BadReply("no report of an agent")
    yield Known(0.98, "the first section of a report")
    said: dict[str, str] = {}
    try:
        for _ in range(MOST_LINES):
            line = yield Line(2_048)
            if line.startswith(b"<<<"):
                break
            name, value = pair_untrusted(line)
            if name in SHOWN and value:
                said[name] = value
    except Ended:
        pass
    text = "\n".join(f"{name}:{value}" for name, value in said.items())
    yield Told(texts={"checkmk.agent": text}, hostname=said.get("Hostname"), detail={**said})


def pair_untrusted(line: bytes) -> tuple[str, str]:
    """Return a line's name and value."""
    name, _, value = printable(line).partition(":")
    return name, value.strip()


PROTOCOL = Protocol(
    name="check-mk-agent",
    title="Checkmk agent",
    source="Checkmk: the agent's output",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(6556,),
    first=First.SERVER,
    rarity=7,
)

"""beanstalkd: its statistics, in which its version is.

beanstalkd's protocol.txt, `stats`: ``OK`` and a length, then as much YAML. The command only reads.

Identified by statistics that name `current-jobs-ready`.
"""

import re

from periplus.errors import BadReply
from periplus.identify.frames import printable
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Exactly, Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "statistics_untrusted"]

MOST = 8_192
LINE = re.compile(rb"^([a-z-]+): \"?([^\"\r\n]*)\"?\r?$", re.MULTILINE)
SHOWN = ("version", "hostname", "os", "platform", "uptime", "draining", "current-connections")


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of beanstalkd: its errors are words of its own."""
    if data.startswith(b"OK ") and b"\ncurrent-jobs-" in data:
        return 0.95
    return 0.75 if data.startswith((b"UNKNOWN_COMMAND\r\n", b"BAD_FORMAT\r\n")) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the statistics."""
    yield Say(b"stats\r\n")
    head = (yield Line(64)).split(b" ")
    if len(head) != 2 or head[0] != b"OK" or not head[1].isdigit() or not 0 < int(head[1][:9]) <= MOST:
        raise BadReply("no answer to stats")
    said = statistics_untrusted((yield Exactly(int(head[1]))))
    yield Known(0.97, "statistics of a work queue")
    yield Told(
        product="beanstalkd",
        vendor="beanstalkd",
        version=said.get("version"),
        hostname=said.get("hostname"),
        texts={"beanstalkd.os": said["os"]} if "os" in said else {},
        detail={**said},
    )
    yield Say(b"quit\r\n")


def statistics_untrusted(data: bytes) -> dict[str, str]:
    """Return those statistics that a reader may want; raises BadReply."""
    said = {printable(found[1]): printable(found[2]) for found in LINE.finditer(data[:MOST])}
    if "current-jobs-ready" not in said:
        raise BadReply("no statistics of beanstalkd")
    return {name: said[name] for name in SHOWN if name in said}


PROTOCOL = Protocol(
    name="beanstalkd",
    title="beanstalkd",
    source="beanstalkd protocol.txt",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(11300,),
    rarity=8,
)

"""gpsd: its greeting in JSON, with release and protocol, and which receivers it watches.

gpsd_json(5), VERSION and ?DEVICES. Nothing is configured, and no reports are asked for: where the machine is stays
its own.

Identified by the greeting.
"""

import json

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.talk import Detail, Known, Line, Say, Talk, Told

__all__ = ["PROTOCOL", "object_untrusted"]


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of gpsd."""
    return 0.98 if data.startswith(b'{"class":"VERSION","release":') else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the greeting, ask for receivers."""
    version = object_untrusted((yield Line(1_024)), "VERSION")
    yield Known(0.98, "greets in the JSON of gpsd")
    release = str(version.get("release", ""))
    yield Told(
        texts={"gpsd.release": release},
        detail={"release": release, "protocol": f"{version.get('proto_major')}.{version.get('proto_minor')}"},
    )
    yield Say(b"?DEVICES;\n")
    devices = object_untrusted((yield Line(16_384)), "DEVICES").get("devices")
    listed = devices if isinstance(devices, list) else []
    yield Told(
        detail={
            "devices": [
                {name: str(each[name]) for name in ("path", "driver", "subtype") if name in each}
                for each in listed
                if isinstance(each, dict)
            ]
        }
    )


def object_untrusted(line: bytes, kind: str) -> dict[str, Detail]:
    """Read a JSON object of this class; raises BadReply."""
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        raise BadReply("no JSON") from None
    if not isinstance(read, dict) or read.get("class") != kind:
        raise BadReply(f"no {kind} of gpsd")
    return read


PROTOCOL = Protocol(
    name="gpsd",
    title="GPS daemon",
    source="gpsd_json(5)",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(2947,),
    first=First.SERVER,
    rarity=9,
)

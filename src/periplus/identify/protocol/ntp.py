"""NTP over UDP: a client's request, answered by a server's time and stratum; then the system variables.

RFC 5905 section 7.3, RFC 9327 section 2 for the variables, which many servers keep to themselves. The list of
monitored clients is never asked for.

Identified once an answer returns our transmit timestamp as its origin.
"""

import re
import struct

from periplus.errors import BadReply
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Some, Talk, Told
from periplus.payload.ntp import PAYLOADS, STAMP

__all__ = ["PROTOCOL", "answer_untrusted", "looks_untrusted", "variables_untrusted"]

CLOCK, CONTROL = (each.data for each in PAYLOADS)
HEAD = struct.Struct("!BBbb4s4s4s8s8s8s8s")
SERVER_MODE, CONTROL_MODE = 4, 6
ORIGIN = slice(24, 32)
VARIABLE = re.compile(rb'\b(version|system|processor|stratum|refid)=(?:"([^"]*)"|([^,\s]*))')


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of NTP: a server's, to our own question."""
    ours = len(data) >= HEAD.size and data[0] & 7 == SERVER_MODE and data[ORIGIN] == struct.pack("!Q", STAMP)
    return 0.98 if ours else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the time, then for the variables."""
    yield Say(CLOCK)
    answer = yield Some()
    yield Told(detail=answer_untrusted(answer))
    yield Known(0.98, "returned our timestamp")
    yield Say(CONTROL)
    variables = variables_untrusted((yield Some(wait_s=1.0)))
    yield Told(
        texts={"ntp.version": variables["version"]} if "version" in variables else {},
        os=variables.get("system"),
        detail={**variables},
    )


def answer_untrusted(data: bytes) -> dict[str, Detail]:
    """Return version, stratum and reference of a server's answer; raises BadReply."""
    if not looks_untrusted(data):
        raise BadReply("no answer of an NTP server to our question")
    head, stratum, *_, reference, _, _, _, _ = HEAD.unpack_from(data)
    shown = reference.rstrip(b"\0").decode("ascii", "replace") if stratum <= 1 else reference.hex()
    return {"version": head >> 3 & 7, "stratum": stratum, "reference": shown}


def variables_untrusted(data: bytes) -> dict[str, str]:
    """Return the system variables of a control answer that a reader may want; raises BadReply."""
    if len(data) < 12 or data[0] & 7 != CONTROL_MODE:
        raise BadReply("no NTP control message")
    return {
        found[1].decode(): (found[2] or found[3] or b"").decode("ascii", "replace")
        for found in VARIABLE.finditer(data, 12)
    }


PROTOCOL = Protocol(
    name="ntp",
    title="Network Time Protocol",
    source="RFC 5905",
    talk=talk_untrusted,
    looks=looks_untrusted,
    over=Over.UDP,
    ports=(123,),
    rarity=3,
)

"""Kasa: TP-Link's plugs and lamps say model, firmware and the name that they were given. Nothing is switched.

TP-Link Smart Home Protocol: JSON, each byte combined with the disguised one before it; over TCP behind its length.

Identified by an answer that, undisguised, is JSON with system information in it.
"""

import json
import struct
from itertools import pairwise

from periplus.errors import BadReply
from periplus.identify.frames import framed
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.question import Answered, Question, looks_of, talk_of
from periplus.identify.talk import Detail, Known, Say, Talk, Told
from periplus.payload.tplink import FIRST_KEY, PAYLOADS

__all__ = ["PROTOCOLS", "facts_untrusted", "tcp_looks_untrusted"]

MOST = 16_384
SAYS = ("model", "sw_ver", "hw_ver", "alias", "dev_name", "mac", "type", "mic_type")


def facts_untrusted(data: bytes) -> Answered:
    """Read the facts; raises BadReply."""
    plain = bytes(before ^ byte for before, byte in pairwise(bytes([FIRST_KEY]) + data))
    try:
        facts = json.loads(plain)["system"]["get_sysinfo"]
        detail: dict[str, Detail] = {key: str(facts[key]) for key in SAYS if key in facts}
    except (ValueError, RecursionError, KeyError, TypeError):
        raise BadReply("no facts of a Kasa device") from None
    if not detail:
        raise BadReply("no facts in the answer")
    version = str(detail.get("sw_ver", "")).partition(" ")[0]
    told = Told(
        vendor="TP-Link", product=str(detail.get("model", "")) or None, version=version or None, detail=detail
    )
    return Answered(0.97, "facts of a Kasa device", told)


def tcp_looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of it: JSON in this disguise, whole or not, begins with these two letters."""
    return 0.6 if data[:2] == b"\0\0" and data[4:6] == BEGINS else 0.0


def tcp_talk_untrusted(peer: Peer) -> Talk:
    """Ask for the facts."""
    yield Say(struct.pack("!I", len(QUESTION.data)) + QUESTION.data)
    found = facts_untrusted((yield from framed(4, 0, 4, most=MOST))[4:])
    yield Known(found.confidence, found.why)
    yield found.told


QUESTION = Question(PAYLOADS[0].data, facts_untrusted)
BEGINS = QUESTION.data[:2]
PROTOCOLS = (
    Protocol(
        name="tplink-kasa",
        title="TP-Link Smart Home Protocol",
        source="TP-Link Smart Home Protocol",
        talk=talk_of(QUESTION),
        looks=looks_of(QUESTION),
        over=Over.UDP,
        ports=(9999,),
        rarity=8,
    ),
    Protocol(
        name="tplink-kasa",
        title="TP-Link Smart Home Protocol",
        source="TP-Link Smart Home Protocol",
        talk=tcp_talk_untrusted,
        looks=tcp_looks_untrusted,
        ports=(9999,),
        rarity=8,
    ),
)

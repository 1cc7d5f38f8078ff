"""SIP over UDP and TCP: OPTIONS, which any element answers for itself as no hops are left.

RFC 3261 sections 7.2, 8.2.6 and 11; the question is the one of `payload/sip.py`. Nobody is called or registered.

Identified by a response that bears our Call-ID.
"""

import re
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.messages import MOST_HEAD, head_untrusted
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Known, Say, Some, Talk, Told, Until, Want
from periplus.payload.sip import PAYLOADS

__all__ = ["PROTOCOLS", "looks_untrusted"]

ASKED = PAYLOADS[0].data
ASKED_TCP = ASKED.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")
CALL = "periplus@periplus.invalid"
STATUS = re.compile(rb"SIP/2\.0 [1-6]\d\d ")
NAMES = ("server", "user-agent")
LISTS = ("allow", "supported", "accept")
MOST_PROVISIONAL = 3


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of SIP."""
    return 0.97 if STATUS.match(data) else 0.0


def talk_udp_untrusted(peer: Peer) -> Talk:
    """Ask in one datagram."""
    yield Say(ASKED)
    yield from _answers(Some())


def talk_tcp_untrusted(peer: Peer) -> Talk:
    """Ask over a connection."""
    yield Say(ASKED_TCP)
    yield from _answers(Until(b"\r\n\r\n", MOST_HEAD))


def _answers(want: Some | Until) -> Generator[Want, bytes, None]:
    for _ in range(MOST_PROVISIONAL):
        head = head_untrusted((yield want))
        call = head.fields.get("call-id", head.fields.get("i", ""))
        if head.protocol != "SIP":
            raise BadReply("no SIP")
        ours = call.strip() == CALL
        yield Known(0.98 if ours else 0.85, "a response to our call" if ours else "a response, but not to us")
        name = next((head.fields[each] for each in NAMES if head.fields.get(each)), "")
        lists = {
            name: [each.strip() for each in head.fields[name].split(",")]
            for name in LISTS
            if name in head.fields
        }
        yield Told(
            texts={"sip.server": name} if name else {},
            detail={"status": head.status, "reason": head.reason, "server": name or None},
        )
        yield Told(detail={name: [*each] for name, each in lists.items()})
        if head.status >= 200:
            return


PROTOCOLS = (
    Protocol(
        name="sip",
        title="Session Initiation Protocol",
        source="RFC 3261",
        talk=talk_udp_untrusted,
        looks=looks_untrusted,
        over=Over.UDP,
        ports=(5060,),
        rarity=4,
    ),
    Protocol(
        name="sip",
        title="Session Initiation Protocol",
        source="RFC 3261",
        talk=talk_tcp_untrusted,
        looks=looks_untrusted,
        ports=(5060, 5080),
        tls_ports=(5061,),
        rarity=5,
    ),
)

"""RDP: which security a server wants, its TLS, and the names and the build that CredSSP gives away.

MS-RDPBCGR sections 2.2.1.1 and 2.2.1.2 (X.224 negotiation), MS-CSSP section 2.2.1 (TSRequest), RFC 1006 for the
frame. First plain RDP is asked for, which tells what else is required, then TLS alone, and TLS or CredSSP, each over
a new connection. It ends with the NTLM challenge: nobody logs in.

Identified by a connection confirm in answer to our request; surely where it negotiates. One with options of X.224
itself is that of another service over ISO transport, such as S7.
"""

import struct
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.ber import taken
from periplus.identify.cursor import Cursor
from periplus.identify.frames import framed
from periplus.identify.model import Peer, Protocol
from periplus.identify.ntlm import NEGOTIATE, challenge_untrusted
from periplus.identify.talk import Afresh, Detail, Known, Say, Secure, Talk, Told, Want
from periplus.payload.ber import integer, octets, sequence, tlv

__all__ = ["PROTOCOL", "confirm_untrusted", "looks_untrusted", "upgrade_untrusted"]

REQUEST, CONFIRM = 0xE0, 0xD0
NEGOTIATION, ANSWER, FAILURE = 1, 2, 3
PLAIN, TLS, CREDSSP, CREDSSP_EARLY = 0, 1, 2, 8
NAMES = {PLAIN: "plain RDP", TLS: "TLS", CREDSSP: "CredSSP", 4: "RDSTLS", CREDSSP_EARLY: "CredSSP, early"}
FAILURES = {
    1: "TLS required", 2: "TLS not allowed", 3: "no certificate", 4: "inconsistent flags", 5: "CredSSP required",
    6: "TLS with user authentication required",
}  # fmt: skip
CREDSSP_VERSION = 6
NOT_WINDOWS_ALONE = "6.1.7601"  # FreeRDP's server says so on every system
ASK_NAMES = sequence(
    tlv(0xA0, integer(CREDSSP_VERSION)), tlv(0xA1, sequence(sequence(tlv(0xA0, octets(NEGOTIATE)))))
)


def question(protocols: int) -> bytes:
    """Return a connection request for these protocols."""
    wish = struct.pack("<BBHI", NEGOTIATION, 0, 8, protocols)
    body = struct.pack("!BBHHB", 6 + len(wish), REQUEST, 0, 0, 0) + wish
    return struct.pack("!BBH", 3, 0, 4 + len(body)) + body


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of RDP: a confirm with a negotiation's answer."""
    if data[:2] != b"\3\0" or data[5:6] != bytes([CONFIRM]):
        return 0.0
    if data[11:12] in (b"\2", b"\3") and data[13:15] == b"\x08\0":
        return 0.95
    return 0.0 if data[11:] else 0.4


def talk_untrusted(peer: Peer) -> Talk:
    """Negotiate twice; then ask for names."""
    yield Say(question(PLAIN))
    answer = yield from framed(4, 2, 2, more=-4, most=256)
    kind, value = confirm_untrusted(answer)
    yield Known(
        0.97 if kind else 0.75, "a confirm with a negotiation's answer" if kind else "a confirm of X.224"
    )
    detail: dict[str, Detail] = {"plain": kind != FAILURE}
    if kind == FAILURE:
        detail["plain_refused"] = FAILURES.get(value, str(value))
    yield Told(detail=detail)
    if kind:
        detail["tls_alone"] = yield from _tls_alone()
        yield Told(detail=detail)
    yield Afresh()
    yield Say(question(TLS | CREDSSP))
    kind, value = confirm_untrusted((yield from framed(4, 2, 2, more=-4, most=256)))
    if kind:
        yield Known(0.97, "a confirm with a negotiation's answer")
    if kind != ANSWER:
        yield Told(detail={"refused": FAILURES.get(value, str(value))})
        return
    yield Told(detail={"security": NAMES.get(value, str(value))})
    if value == PLAIN:
        return
    yield Secure()
    if value in (CREDSSP, CREDSSP_EARLY):
        yield Say(ASK_NAMES)
        said = challenge_untrusted((yield from taken(8_192)))
        texts = {} if said.version == NOT_WINDOWS_ALONE else said.texts
        yield Told(texts=texts, hostname=said.hostname, detail=said.detail)


def upgrade_untrusted(peer: Peer) -> Talk:
    """Negotiate what goes over TLS."""
    yield Say(question(TLS | CREDSSP))
    kind, value = confirm_untrusted((yield from framed(4, 2, 2, more=-4, most=256)))
    if kind != ANSWER or value == PLAIN:
        raise BadReply("it does not begin TLS")
    yield Secure()


def _tls_alone() -> Generator[Want, bytes, bool]:
    """Ask for TLS without CredSSP."""
    yield Afresh()
    yield Say(question(TLS))
    return confirm_untrusted((yield from framed(4, 2, 2, more=-4, most=256))) == (ANSWER, TLS)


def confirm_untrusted(packet: bytes) -> tuple[int, int]:
    """Return the kind of a negotiation's answer (0: none) and its protocol or failure; raises BadReply."""
    cursor = Cursor(packet, 0, "little")
    if cursor.number(1) != 3:
        raise BadReply("no packet of RFC 1006")
    cursor.take(3)
    cursor.take(1)
    if cursor.number(1) != CONFIRM:
        raise BadReply("no connection confirm")
    cursor.take(5)
    if not cursor.left:
        return 0, 0
    kind, _, size, value = cursor.number(1), cursor.number(1), cursor.number(2), cursor.number(4)
    if kind not in (ANSWER, FAILURE) or size != 8:
        raise BadReply("no answer of a negotiation")
    return kind, value


PROTOCOL = Protocol(
    name="ms-wbt-server",
    title="Remote Desktop",
    source="MS-RDPBCGR",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(3389, 3388, 3390),
    rarity=2,
    upgrade=upgrade_untrusted,
)

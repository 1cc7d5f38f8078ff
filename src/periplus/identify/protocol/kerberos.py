"""Kerberos: the error that a KDC answers to a first request for a realm that is nobody's.

RFC 4120 sections 5.9.1 (KRB-ERROR), 7.2.2 (TCP). It tells the KDC's clock, and some tell their software by their
words.

Identified by KRB-ERROR.

Limits: the realm is told by KDCs that name their own in an error (Microsoft's); MIT's repeats ours, so its own
stays unknown.
"""

import struct
from datetime import UTC, datetime

from periplus.errors import BadReply
from periplus.identify.ber import Element, elements_untrusted, within_untrusted
from periplus.identify.frames import framed
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.talk import Detail, Known, Say, Some, Talk, Told
from periplus.payload.kerberos import PAYLOADS

__all__ = ["PROTOCOLS", "error_untrusted", "looks_untrusted"]

QUESTION = PAYLOADS[0].data
KRB_ERROR, SEQUENCE = 0x7E, 0x30
TYPE = 30
CODES = {
    6: "client unknown",
    7: "server unknown",
    52: "too big for UDP",
    60: "generic",
    68: "wrong realm",
    25: "preauth",
}
STAMP = "%Y%m%d%H%M%SZ"


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of Kerberos: KRB-ERROR of version 5."""
    return 0.95 if data[:1] == bytes([KRB_ERROR]) and b"\xa0\3\2\1\5\xa1\3\2\1\x1e" in data[:20] else 0.0


def tcp_looks_untrusted(data: bytes) -> float:
    """How sure an answer over TCP makes of it."""
    return looks_untrusted(data[4:]) if data[:2] == b"\0\0" else 0.0


def _told(data: bytes) -> Told:
    detail = error_untrusted(data)
    text = f"{detail['code']} {detail['text'] or ''}"
    return Told(
        texts={"kerberos.error": text},
        info=f"realm {detail['realm']}" if detail["realm"] else None,
        detail=detail,
    )


def talk_untrusted(peer: Peer) -> Talk:
    """Ask over TCP."""
    yield Say(struct.pack("!I", len(QUESTION)) + QUESTION)
    told = _told((yield from framed(4, 0, 4, most=8_192))[4:])
    yield Known(0.98, "KRB-ERROR")
    yield told


def udp_talk_untrusted(peer: Peer) -> Talk:
    """Ask over UDP."""
    yield Say(QUESTION)
    told = _told((yield Some()))
    yield Known(0.98, "KRB-ERROR")
    yield told


def error_untrusted(data: bytes) -> dict[str, Detail]:
    """Return code, text, realm and clock of an error; raises BadReply."""
    parts = {
        each.tag & 0x1F: each.value
        for each in elements_untrusted(within_untrusted(data, KRB_ERROR, SEQUENCE))
    }
    if _number(parts, 1) != TYPE:
        raise BadReply("no KRB-ERROR")
    code = _number(parts, 6)
    realm = _text(parts, 9)
    return {
        "code": code,
        "error": CODES.get(code, str(code)),
        "text": _text(parts, 11),
        "realm": realm if realm and not realm.endswith(".INVALID") else None,
        "system_time": _time(_text(parts, 4) or ""),
    }


def _first(parts: dict[int, bytes], number: int) -> Element | None:
    found = elements_untrusted(parts.get(number, b""))
    return found[0] if found else None


def _number(parts: dict[int, bytes], number: int) -> int:
    found = _first(parts, number)
    return found.number if found and len(found.value) <= 4 else -1


def _text(parts: dict[int, bytes], number: int) -> str | None:
    found = _first(parts, number)
    return found.text.rstrip("\0") if found else None


def _time(text: str) -> int | None:
    try:
        return int(datetime.strptime(text, STAMP).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


PROTOCOLS = (
    Protocol(
        name="kerberos",
        title="Kerberos 5",
        source="RFC 4120",
        talk=talk_untrusted,
        looks=tcp_looks_untrusted,
        ports=(88,),
        rarity=4,
    ),
    Protocol(
        name="kerberos",
        title="Kerberos 5",
        source="RFC 4120",
        talk=udp_talk_untrusted,
        looks=looks_untrusted,
        over=Over.UDP,
        ports=(88,),
        rarity=4,
    ),
)

"""VNC: the protocol's version, and by which ways a server lets clients in.

RFC 6143 sections 7.1.1 (version), 7.1.2 (security types), IANA's registry of them. The talk ends before one is
chosen: a server that wants no password shows as such, and is not entered.

Identified by the version.
"""

import re

from periplus.errors import BadReply
from periplus.identify.frames import framed, printable
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.talk import Detail, Exactly, Known, Say, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted", "types_untrusted"]

VERSION = re.compile(rb"RFB (\d{3})\.(\d{3})\n")
OLD, NEW = b"RFB 003.003\n", b"RFB 003.008\n"
TYPES = {
    0: "invalid", 1: "none", 2: "VNC password", 5: "RA2", 6: "RA2ne", 7: "RA2 (SSPI)", 8: "RA2ne (SSPI)",
    13: "RA2-256", 16: "Tight", 17: "Ultra", 18: "TLS", 19: "VeNCrypt", 20: "SASL", 21: "MD5", 22: "xvp",
    23: "secure tunnel",
    24: "SSH", 30: "Apple DH", 33: "Apple RSA-SRP", 35: "Apple Kerberos", 36: "Apple SRP", 113: "MS-Logon II",
    117: "MS-Logon I", 129: "RA2 (AES-256)", 130: "RA2ne (AES-256)",
}  # fmt: skip


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of VNC."""
    return 0.98 if VERSION.match(data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Take the version, answer by one that both have, and take the security types."""
    greeting = yield Exactly(12)
    found = VERSION.fullmatch(greeting)
    if found is None:
        raise BadReply("no version of RFB")
    version = f"{int(found[1])}.{int(found[2])}"
    yield Known(0.98, f"version {version} of RFB")
    yield Told(texts={"vnc.version": version}, detail={"protocol": version})
    old = (int(found[1]), int(found[2])) < (3, 7)
    yield Say(OLD if old else NEW)
    if old:
        chosen = yield Exactly(4)
        types = chosen[3:]
        refused = chosen == bytes(4)
    else:
        count = (yield Exactly(1))[0]
        types = (yield Exactly(count)) if count else b""
        refused = not count
    if refused:
        reason = printable((yield from framed(4, 0, 4, most=1_024))[4:])
        yield Told(info=reason, texts={"vnc.refusal": reason}, detail={"refused": reason})
        return
    names = types_untrusted(types)
    listed: list[Detail] = [*names]
    yield Told(
        texts={"vnc.types": ",".join(names)},
        info=f"security: {', '.join(names)}",
        detail={"security": listed},
    )


def types_untrusted(data: bytes) -> list[str]:
    """Return the names of security types."""
    return [TYPES.get(each, str(each)) for each in data]


PROTOCOL = Protocol(
    name="rfb",
    title="VNC",
    source="RFC 6143",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=tuple(range(5900, 5911)),
    first=First.SERVER,
    rarity=2,
)

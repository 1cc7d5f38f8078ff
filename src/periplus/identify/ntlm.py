"""NTLM's first two messages: what we send to be told who the server is, and its challenge.

MS-NLMP sections 2.2.1.1 (NEGOTIATE), 2.2.1.2 (CHALLENGE), 2.2.2.1 (AV pairs), 2.2.2.10 (VERSION). The third message,
which would be a login, is never sent. The build number is that of Windows; Samba and others send a fixed one.
"""

import struct
from dataclasses import dataclass

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.talk import Detail

__all__ = ["NEGOTIATE", "Challenge", "challenge_untrusted", "wrapped"]

SIGNATURE = b"NTLMSSP\0"
UNICODE, REQUEST_TARGET, NTLM, ALWAYS_SIGN, EXTENDED, VERSION, BIT_128, BIT_56 = (
    0x1, 0x4, 0x200, 0x8000, 0x80000, 0x2000000, 0x20000000, 0x80000000,
)  # fmt: skip
FLAGS = UNICODE | REQUEST_TARGET | NTLM | ALWAYS_SIGN | EXTENDED | VERSION | BIT_128 | BIT_56
NEGOTIATE = SIGNATURE + struct.pack("<II", 1, FLAGS) + bytes(16) + struct.pack("<BBH3xB", 10, 0, 0, 15)
NAMES = {
    1: "netbios_computer",
    2: "netbios_domain",
    3: "dns_computer",
    4: "dns_domain",
    5: "dns_forest",
}
TIMESTAMP, MOST_PAIRS = 7, 20
TICKS, EPOCH_S = 10_000_000, 11_644_473_600  # of FILETIME: 100 ns since 1601


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server says of itself: names by kind, its version "major.minor.build", and its clock (Unix time)."""

    target: str
    names: dict[str, str]
    version: str | None
    time_s: int | None

    @property
    def hostname(self) -> str | None:
        """The fullest name of the host."""
        return self.names.get("dns_computer") or self.names.get("netbios_computer")

    @property
    def texts(self) -> dict[str, str]:
        """What signatures read."""
        return {"ntlm.version": self.version} if self.version else {}

    @property
    def detail(self) -> dict[str, Detail]:
        """What a reader may want."""
        said: dict[str, Detail] = {"ntlm_target": self.target, **self.names}
        if self.version:
            said["ntlm_version"] = self.version
        if self.time_s is not None:
            said["system_time"] = self.time_s
        return said


def challenge_untrusted(data: bytes) -> Challenge:
    """Read the first CHALLENGE in the data, whatever is around it; raises BadReply."""
    start = data.find(SIGNATURE + b"\2\0\0\0")
    if start < 0:
        raise BadReply("no NTLM challenge")
    cursor = Cursor(data[start:], 12, order="little")
    target = _buffer(cursor)
    flags = cursor.number(4)
    cursor.take(16)
    pairs = _buffer(cursor)
    version = None
    if flags & VERSION and cursor.left >= 8:
        major, minor, build = cursor.number(1), cursor.number(1), cursor.number(2)
        version = f"{major}.{minor}.{build}" if major else None
    names, time_s = _pairs(pairs)
    return Challenge(
        target.decode("utf-16-le" if flags & UNICODE else "latin-1", "replace"), names, version, time_s
    )


def _buffer(cursor: Cursor) -> bytes:
    length, _, offset = cursor.number(2), cursor.number(2), cursor.number(4)
    return Cursor(cursor.data, min(offset, len(cursor.data)), order="little").take(length) if length else b""


def _pairs(data: bytes) -> tuple[dict[str, str], int | None]:
    cursor = Cursor(data, order="little")
    names: dict[str, str] = {}
    time_s = None
    for _ in range(MOST_PAIRS):
        if not cursor.left:
            break
        kind, value = cursor.number(2), cursor.sized(2)
        if kind in NAMES and value:
            names[NAMES[kind]] = value.decode("utf-16-le", "replace")
        elif kind == TIMESTAMP and len(value) == 8:
            time_s = int.from_bytes(value, "little") // TICKS - EPOCH_S
        elif not kind:
            break
    return names, time_s


def wrapped() -> bytes:
    """Return our message inside SPNEGO's first token (RFC 4178 section 4.2.1)."""
    from periplus.payload.ber import octets, oid, sequence, tlv

    token = sequence(tlv(0xA0, sequence(oid("1.3.6.1.4.1.311.2.2.10"))), tlv(0xA2, octets(NEGOTIATE)))
    return tlv(0x60, oid("1.3.6.1.5.5.2"), tlv(0xA0, token))

"""JARM: a print of a TLS server by its answers to ten hellos, so that servers set up alike can be found by it.

The published description (Salesforce, 2020), as its reference implementation does it: 30 digits say which cipher
suite and version each answer chose, 32 are the beginning of the SHA-256 of what the answers hold of ALPN and
extensions. The hellos differ in versions, in the order of the suites and protocols, and in GREASE (RFC 8701).

A print is only good for comparing with prints that others made, so what the reference does with answers that it does
not expect is done here too: it looks at no more than the first 1,484 bytes, at fixed places, and takes an answer for
one without extensions by a few bytes that follow there. The host is named even where it is an address.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from periplus.identify.tls.client_hello import (
    Draw,
    alpn,
    bare,
    client_hello,
    extension,
    groups,
    key_share,
    psk_modes,
    server_name,
    signature_schemes,
    supported_versions,
)

__all__ = ["MOST_READ", "NOTHING", "hellos", "jarm_untrusted"]

T = TypeVar("T")
MOST_READ = 1_484
NOTHING = "0" * 62
# fmt: off
SUITES = (
    0x0016, 0x0033, 0x0067, 0xC09E, 0xC0A2, 0x009E, 0x0039, 0x006B, 0xC09F, 0xC0A3, 0x009F, 0x0045, 0x00BE, 0x0088,
    0x00C4, 0x009A, 0xC008, 0xC009, 0xC023, 0xC0AC, 0xC0AE, 0xC02B, 0xC00A, 0xC024, 0xC0AD, 0xC0AF, 0xC02C, 0xC072,
    0xC073, 0xCCA9, 0x1302, 0x1301, 0xCC14, 0xC007, 0xC012, 0xC013, 0xC027, 0xC02F, 0xC014, 0xC028, 0xC030, 0xC060,
    0xC061, 0xC076, 0xC077, 0xCCA8, 0x1305, 0x1304, 0x1303, 0xCC13, 0xC011, 0x000A, 0x002F, 0x003C, 0xC09C, 0xC0A0,
    0x009C, 0x0035, 0x003D, 0xC09D, 0xC0A1, 0x009D, 0x0041, 0x00BA, 0x0084, 0x00C0, 0x0007, 0x0004, 0x0005,
)
SIGNATURES = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201)
# fmt: on
PLACES = {  # of a suite in a print: 1 for the lowest number, TLS 1.3's behind all others
    number: place
    for place, number in enumerate(sorted(SUITES, key=lambda each: (each >> 8 == 0x13, each)), 1)
}
OLD_13 = frozenset(number for number in SUITES if number >> 8 == 0x13)
PROTOCOLS = ("http/0.9", "http/1.0", "http/1.1", "spdy/1", "spdy/2", "spdy/3", "h2", "h2c", "hq")
RARE = tuple(name for name in PROTOCOLS if name not in ("http/1.1", "h2"))
UP_TO_12, UP_TO_13 = (0x0301, 0x0302, 0x0303), (0x0301, 0x0302, 0x0303, 0x0304)
X25519, CURVES = 0x001D, (0x001D, 0x0017, 0x0018, 0x0019)
EXTENDED_MASTER_SECRET, FRAGMENT, RENEGOTIATION, POINTS, TICKET = 23, 1, 0xFF01, 11, 35
RENEGOTIATED_NOTHING, SHORT_FRAGMENTS, UNCOMPRESSED = b"\0", b"\1", b"\1\0"
SHARE_BYTES = 32
HANDSHAKE, SERVER_HELLO, CERTIFICATE, ALPN = 22, 2, 11, 16


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the ten: the orders of suites, and of protocols and versions; `versions` empty: not said."""

    version: int
    order: str
    other_order: str
    versions: Sequence[int] = ()
    rare: bool = False
    grease: bool = False
    without_13: bool = False
    record: int | None = None


KINDS = (
    _Kind(0x0303, "forward", "reverse", UP_TO_12),
    _Kind(0x0303, "reverse", "forward", UP_TO_12),
    _Kind(0x0303, "top half", "forward"),
    _Kind(0x0303, "bottom half", "forward", rare=True),
    _Kind(0x0303, "middle out", "reverse", rare=True, grease=True),
    _Kind(0x0302, "forward", "forward"),
    _Kind(0x0303, "forward", "reverse", UP_TO_13, record=0x0301),
    _Kind(0x0303, "reverse", "forward", UP_TO_13, record=0x0301),
    _Kind(0x0303, "forward", "forward", UP_TO_13, without_13=True, record=0x0301),
    _Kind(0x0303, "middle out", "reverse", UP_TO_13, grease=True, record=0x0301),
)


def hellos(host: str, draw: Draw) -> list[bytes]:
    """Return the ten hellos for a host, by its name or its address."""
    return [_hello(kind, host, draw) for kind in KINDS]


def _hello(kind: _Kind, host: str, draw: Draw) -> bytes:
    suites = [each for each in SUITES if not (kind.without_13 and each in OLD_13)]
    grease = [_grease(draw)] if kind.grease else []
    protocols = _ordered(RARE if kind.rare else PROTOCOLS, kind.other_order)
    extensions = [
        *map(bare, grease),
        server_name(host),
        bare(EXTENDED_MASTER_SECRET),
        extension(FRAGMENT, SHORT_FRAGMENTS),
        extension(RENEGOTIATION, RENEGOTIATED_NOTHING),
        groups(CURVES),
        extension(POINTS, UNCOMPRESSED),
        bare(TICKET),
        alpn(protocols),
        signature_schemes(SIGNATURES),
        key_share([*((each, b"\0") for each in grease), (X25519, draw(SHARE_BYTES))]),
        psk_modes([1]),
    ]
    if kind.versions:
        extensions.append(supported_versions([*grease, *_ordered(kind.versions, kind.other_order)]))
    return client_hello(
        kind.version, [*grease, *_ordered(suites, kind.order)], extensions, draw, record=kind.record
    )


def _grease(draw: Draw) -> int:
    """Return one of the sixteen numbers that mean nothing (RFC 8701 section 2)."""
    return 0x0A0A + 0x1010 * (draw(1)[0] & 0xF)


def _ordered(items: Sequence[T], order: str) -> list[T]:
    """Return the items in an order, some of which leave out half of them."""
    middle, odd = divmod(len(items), 2)
    later = list(items[middle + odd :])
    earlier = list(reversed(items[:middle]))
    centre = list(items[middle : middle + odd])
    turns = [each for pair in zip(later, earlier, strict=True) for each in pair]
    return {
        "forward": list(items),
        "reverse": list(reversed(items)),
        "top half": centre + earlier,
        "bottom half": later,
        "middle out": centre + turns,
    }[order]


@dataclass(frozen=True, slots=True)
class _Answer:
    suite: int | None = None
    version: int | None = None
    said: str = ""  # ALPN and extensions


def jarm_untrusted(answers: Sequence[bytes]) -> str:
    """Return the print of ten answers, in the order of the hellos; an empty one: no answer."""
    read = [_answer_untrusted(each[:MOST_READ]) for each in answers]
    if all(each.suite is None for each in read):
        return NOTHING
    chosen = "".join(f"{_place(each.suite)}{_letter(each.version)}" for each in read)
    return chosen + hashlib.sha256("".join(each.said for each in read).encode()).hexdigest()[:32]


def _place(suite: int | None) -> str:
    return "00" if suite is None else f"{PLACES.get(suite, len(PLACES) + 1):02x}"


def _letter(version: int | None) -> str:
    """``a`` for SSL 3.0 to ``e`` for what says that it is TLS 1.3."""
    minor = None if version is None else version & 0xF
    return "abcdef"[minor] if minor is not None and minor < len("abcdef") else "0"


def _answer_untrusted(data: bytes) -> _Answer:
    try:
        if data[0] != HANDSHAKE or data[5] != SERVER_HELLO:
            return _Answer()
        (length,) = struct.unpack_from("!H", data, 3)
        version, session = struct.unpack_from("!H32xB", data, 9)
        (suite,) = struct.unpack_from("!H", data, 44 + session)
        return _Answer(suite, version, _said(data, session, length))
    except (IndexError, struct.error, UnicodeDecodeError):
        return _Answer()


def _said(data: bytes, session: int, length: int) -> str:
    """Return the protocol chosen by ALPN, and the numbers of the extensions with dashes between them."""
    at = session + 47
    if len(data) <= at or data[at] == CERTIFICATE or session + 42 >= length:
        return ""
    if data[at + 3 : at + 6] == b"\x0e\xac\x0b" or data[82:85] == b"\x0f\xf0\x0b":
        return ""
    (size,) = struct.unpack_from("!H", data, at)
    at += 2
    end = at + size - 1
    protocol: str | None = None
    numbers = []
    while at < end:
        number, size = struct.unpack_from("!HH", data, at)
        if number == ALPN and protocol is None:
            protocol = data[at + 7 : at + 4 + size].decode()
        numbers.append(f"{number:04x}")
        at += 4 + size
    return (protocol or "") + "-".join(numbers)

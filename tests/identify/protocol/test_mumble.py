"""Mumble: the pong and the Version message of mumble-server of Debian 12."""

import struct
from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.mumble import (
    PROTOCOLS,
    QUESTION,
    looks_untrusted,
    pong_untrusted,
    version_untrusted,
)

PROTOCOL, PROTOCOL_TLS = PROTOCOLS
PONG = b"\0\1\3\4Periplus\0\0\0\0\0\0\0\x0a\0\1\x19@"
BODY = b'\x08\x84\x86\x04\x12\x071.3.4-4\x1a\x03X11"\x1eDebian GNU/Linux 12 (bookworm)'
VERSION = struct.pack("!HI", 0, len(BODY)) + BODY
SCRIPTS: dict[str, list[Line]] = {
    "a server": [(">", QUESTION.data), ("<", PONG)],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}
TLS: dict[str, list[Line]] = {
    "a server": [("<", VERSION)],
    "no version": [("<", struct.pack("!HI", 0, 2) + b"\x08\x00")],
    "somebody else": [("<", b"220 hello\r\n")],
}
MORE_SCRIPTS = ((PROTOCOL_TLS, TLS),)


def test_a_pong() -> None:
    service = play(PROTOCOL, SCRIPTS["a server"])
    assert (service.protocol, service.product, service.version) == ("mumble", "Murmur", "1.3.4")
    assert service.detail == {"users": 0, "max_users": 10, "bandwidth": 72000}
    assert play(PROTOCOL, SCRIPTS["an echo"]).protocol is None


def test_inside_tls() -> None:
    service = play(PROTOCOL_TLS, TLS["a server"])
    assert (service.protocol, service.version, service.os) == (
        "mumble",
        "1.3.4",
        "Debian GNU/Linux 12 (bookworm)",
    )
    assert play(PROTOCOL_TLS, TLS["no version"]).protocol is None
    assert play(PROTOCOL_TLS, TLS["somebody else"]).protocol is None
    assert (looks_untrusted(VERSION), looks_untrusted(b"220 hello")) == (0.6, 0)


@given(damaged(PONG, BODY))
def test_any_bytes(data: bytes) -> None:
    for parse in (pong_untrusted, version_untrusted):
        with suppress(BadReply):
            parse(data)

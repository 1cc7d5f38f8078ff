"""NTLM: the challenge of MS-NLMP's example, what samba of Debian 12 sends, and any bytes."""

import struct

import pytest
from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import survive

from periplus.errors import BadReply
from periplus.identify.ber import within_untrusted
from periplus.identify.ntlm import FLAGS, NEGOTIATE, challenge_untrusted, wrapped


def pair(kind: int, value: bytes) -> bytes:
    return struct.pack("<HH", kind, len(value)) + value


def challenge(pairs: bytes, version: bytes, flags: int = FLAGS, target: str = "Server") -> bytes:
    name = target.encode("utf-16-le")
    head = b"NTLMSSP\0" + struct.pack("<I", 2)
    buffers = struct.pack("<HHI", len(name), len(name), 56)
    infos = struct.pack("<HHI", len(pairs), len(pairs), 56 + len(name))
    return head + buffers + struct.pack("<I", flags) + bytes(16) + infos + version + name + pairs


NAMES = pair(2, "Domain".encode("utf-16-le")) + pair(1, "Server".encode("utf-16-le")) + pair(0, b"")
EXAMPLE = challenge(NAMES, b"\6\0\x70\x17\0\0\0\x0f")  # MS-NLMP section 4.2.4.3
TIMED = challenge(
    pair(7, struct.pack("<Q", 116_444_736_000_000_000 + 5 * 10**7))
    + pair(3, "s.example".encode("utf-16-le")),
    b"\x0a\0\x7c\x4f\0\0\0\x0f",
)


def test_the_example() -> None:
    said = challenge_untrusted(b"around it " + EXAMPLE + b" and behind")
    assert (said.target, said.version, said.hostname) == ("Server", "6.0.6000", "Server")
    assert said.texts == {"ntlm.version": "6.0.6000"}
    assert said.detail == {
        "ntlm_target": "Server",
        "netbios_domain": "Domain",
        "netbios_computer": "Server",
        "ntlm_version": "6.0.6000",
    }


def test_clock_and_full_name() -> None:
    said = challenge_untrusted(TIMED)
    assert (said.time_s, said.hostname, said.version) == (5, "s.example", "10.0.20348")


def test_no_version_where_the_flag_is_not_set() -> None:
    said = challenge_untrusted(challenge(NAMES, bytes(8), FLAGS & ~0x2000000))
    assert (said.version, said.texts) == (None, {})


@pytest.mark.parametrize("data", [b"", NEGOTIATE, EXAMPLE[:40], EXAMPLE[:60]])
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(BadReply):
        challenge_untrusted(data)


def test_our_message_is_wrapped_as_spnego_wants() -> None:
    assert within_untrusted(wrapped(), 0x60, 0xA0, 0x30, 0xA2, 0x04) == NEGOTIATE


@given(damaged(EXAMPLE, TIMED))
def test_any_bytes(data: bytes) -> None:
    survive(data, challenge_untrusted)

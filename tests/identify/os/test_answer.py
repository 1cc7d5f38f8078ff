"""Answers: examples, what is damaged, and any bytes."""

import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.os.stack import ME, SCALED, THEM
from tests.wire.twins import icmp, ip4, tcp

from periplus.errors import BadReply
from periplus.identify.os.answer import Bounced, Echoed, Seen, options_untrusted, read_untrusted

SYN_ACK = ip4(THEM, ME, 6, tcp(22, 50_000, 5, 7, 0x12, 65_160, SCALED), ttl=63)


def test_a_segment() -> None:
    answer = read_untrusted(SYN_ACK.ljust(128, b"\0"))
    assert (answer.source, answer.ttl, answer.df) == (THEM & 0xFFFFFFFF, 63, True)
    assert answer.body == Seen(22, 50_000, 5, 7, 0x12, 0, 65_160, 0, "M5B4ST11NW7", 256, 0)


def test_data_of_a_reset_is_summed_unless_it_was_cut() -> None:
    data = b"no listener here"
    whole = ip4(THEM, ME, 6, tcp(81, 50_011, 0, 7, 0x14, 0) + data)
    body = read_untrusted(whole).body
    assert isinstance(body, Seen)
    assert body.data_sum == zlib.crc32(data)
    cut = read_untrusted(whole[:-1]).body
    assert isinstance(cut, Seen)
    assert cut.data_sum is None


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("", ""),
        ("0000", "LL"),
        ("020405b4", "M5B4"),
        ("03030a", "WA"),
        ("0402", "S"),
        ("080a0000000000000001", "T01"),
        ("01220301", "N"),  # an option without a letter
        ("0101080a", "NN"),  # cut
        ("0103", "N"),
        ("0100020005b4", "NL"),  # a length of zero
        ("0205010203", ""),  # a length that the option never has
    ],
)
def test_options(options: str, told: str) -> None:
    assert options_untrusted(bytes.fromhex(options))[0] == told


def test_an_echo_reply_and_a_datagram_that_came_back() -> None:
    echo = ip4(THEM, ME, 1, bytes.fromhex("00090000123401270000"))
    assert read_untrusted(echo).body == Echoed(9, 0x1234, 295)
    ours = ip4(ME, THEM, 17, bytes.fromhex("c35f9cbd0134beef") + b"C" * 300, ttl=62, ident=0x1042)
    back = read_untrusted(ip4(THEM, ME, 1, icmp(3, 3, ours))[:128]).body
    assert isinstance(back, Bounced)
    assert (back.port_me, back.port_them, back.ttl, back.ip_id, back.total) == (
        50_015,
        40_125,
        62,
        0x1042,
        328,
    )
    assert (back.udp_checksum, back.ip_sound, back.data_sound, back.unused) == (0xBEEF, True, True, 0)
    spoilt = read_untrusted(
        ip4(THEM, ME, 1, icmp(3, 3, ours[:6] + b"\1" + ours[7:30] + b"X" + ours[31:]))
    ).body
    assert isinstance(spoilt, Bounced)
    assert not spoilt.ip_sound
    assert not spoilt.data_sound


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x60" + bytes(39),
        b"\x4f" + bytes(30),
        ip4(THEM, ME, 47, bytes(20)),
        ip4(THEM, ME, 6, bytes(19)),
        ip4(THEM, ME, 6, bytes(12) + b"\xf0" + bytes(10)),
        ip4(THEM, ME, 6, tcp(22, 50_000), flags_offset=7),
        ip4(THEM, ME, 1, bytes(7)),
        ip4(THEM, ME, 1, icmp(3, 1, SYN_ACK)),
        ip4(THEM, ME, 1, icmp(3, 3, SYN_ACK)),
    ],
)
def test_what_is_no_answer(packet: bytes) -> None:
    with pytest.raises(BadReply):
        read_untrusted(packet)


@given(st.binary(max_size=128))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadReply):
        read_untrusted(data)
    options_untrusted(data)


@given(st.integers(0, len(SYN_ACK) - 1), st.integers(0, 255), st.integers(0, len(SYN_ACK)))
def test_damaged_answers(at: int, value: int, length: int) -> None:
    with suppress(BadReply):
        read_untrusted((SYN_ACK[:at] + bytes([value]) + SYN_ACK[at + 1 :])[:length])

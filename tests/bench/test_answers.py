"""The responder in user space: its frames as scapy reads them, beside the truth one by one."""

from typing import Any

import numpy as np
import pytest
from bench.answers import answers
from bench.truth import WHOLE, Manner, mixed
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

ME, THEM = "198.18.0.1", "198.19.7.9"
WIDTH = 128
MANNER = Manner.of(0.4, 0.3)


def asked(**tcp: Any) -> Packet:
    fields: dict[str, Any] = {"sport": 40_000, "dport": 80, "flags": "S", "seq": 7} | tcp
    return Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src=ME, dst=THEM) / TCP(**fields)


def replies(packets: list[Packet], manner: Manner = MANNER) -> list[Packet]:
    """What goes back, read; the checksums are those of the frames."""
    frames = np.zeros((len(packets), WIDTH), np.uint8)
    lengths = np.zeros(len(packets), np.int32)
    for row, packet in enumerate(packets):
        data = bytes(packet)
        frames[row, : len(data)] = np.frombuffer(data, np.uint8)
        lengths[row] = len(data)
    return [Ether(frame.tobytes()) for part in answers(frames, lengths, manner) for frame in part]


def summed(data: bytes) -> int:
    """RFC 1071, one word after the other; 0xffff when the checksum within is right."""
    total = 0
    for at in range(0, len(data), 2):
        total += int.from_bytes(data[at : at + 2].ljust(2, b"\0"))
        total = (total & 0xFFFF) + (total >> 16)
    return total


def assert_sound(packet: Packet) -> None:
    """Both checksums are right."""
    segment = bytes(packet[IP].payload)
    pseudo = bytes(packet[IP])[12:20] + bytes([0, 6, 0, len(segment)]) if TCP in packet else b""
    assert summed(bytes(packet[IP])[:20]) == 0xFFFF
    assert summed(pseudo + segment) == (0xFFFF if any(segment) else 0)  # of zeros alone the sum is zero


@given(st.lists(st.tuples(st.integers(1, 65_535), st.integers(0, 0xFFFFFFFF)), min_size=1, max_size=20))
def test_each_port_answers_as_its_hash_says(ports: list[tuple[int, int]]) -> None:
    found = iter(replies([asked(dport=port, seq=seq) for port, seq in ports]))
    for port, seq in ports:
        upper = int(mixed(np.array([0xC6130709], np.uint32), np.array([port], np.uint16))[0]) >> 16
        if upper >= MANNER.closed_below:
            continue
        answer = next(found)
        assert_sound(answer)
        assert len(answer) == 54
        assert (answer[IP].src, answer[IP].dst, answer[TCP].sport, answer[TCP].dport) == (
            THEM,
            ME,
            port,
            40_000,
        )
        assert answer[TCP].ack == (seq + 1) % (1 << 32)
        assert str(answer[TCP].flags) == ("SA" if upper < MANNER.open_below else "RA")
    assert next(found, None) is None


def test_options_of_the_syn_are_gone_from_the_answer() -> None:
    [answer] = replies([asked(options=[("MSS", 1460), ("NOP", None), ("WScale", 7)])], Manner.of(1, 0))
    assert len(answer) == 54
    assert answer[TCP].options == []
    assert_sound(answer)


@given(st.binary(max_size=60), st.integers(0, 65_535), st.integers(0, 65_535))
def test_an_echo_comes_back_whole(payload: bytes, identifier: int, number: int) -> None:
    request = Ether() / IP(src=ME, dst=THEM) / ICMP(type=8, id=identifier, seq=number) / Raw(payload)
    [answer] = replies([request], Manner.of(0, 1))
    assert_sound(answer)
    assert (answer[ICMP].type, answer[ICMP].id, answer[ICMP].seq) == (0, identifier, number)
    assert bytes(answer[ICMP].payload) == payload


@pytest.mark.parametrize("flags", ["R", "A", "SA", "RA", "F", ""])
def test_what_is_no_syn_is_swallowed(flags: str) -> None:
    assert replies([asked(flags=flags)], Manner(WHOLE, WHOLE)) == []


def test_others_are_not_answered_for() -> None:
    elsewhere = asked()
    elsewhere[IP].dst = "198.18.0.2"
    fragment = asked()
    fragment[IP].flags = "MF"
    assert replies([elsewhere, fragment], Manner(WHOLE, WHOLE)) == []

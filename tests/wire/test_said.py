"""What datagrams say, beside a plain reader of one packet."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.wire.test_decode import mutated
from tests.wire.twins import BadError, ip4, ip6, number, read_ip

from periplus.columns import I64, U8
from periplus.wire.packets import WIDE, WIDTH, Packets
from periplus.wire.said import said_untrusted

THEM4, ME4 = number("198.18.0.2"), number("198.18.0.1")
THEM6, ME6 = number("2001:db8::2"), number("2001:db8::1")


def udp(data: bytes, length: int | None = None) -> bytes:
    """A datagram; its length may lie."""
    return struct.pack("!HHHH", 53, 50_000, 8 + len(data) if length is None else length, 0) + data


def twin(packet: bytes, ethertype: int, width: int) -> bytes:
    """What one packet says."""
    data = packet[:width]
    try:
        head = read_ip(data, 6 if ethertype == 0x86DD else 4)
    except BadError:
        return b""
    body = data[head.length : head.declared]
    if head.protocol != 17 or len(body) < 8:
        return b""
    return body[8 : int.from_bytes(body[4:6])]


def cut(data: U8, count: I64) -> list[bytes]:
    """The bytes of each packet."""
    ends = count.cumsum().tolist()
    assert len(data) == sum(count.tolist())
    return [data[end - size : end].tobytes() for end, size in zip(ends, count.tolist(), strict=True)]


def said(packets: Packets) -> list[bytes]:
    """By packet."""
    return cut(*said_untrusted(packets))


def test_both_families_say_their_bytes_without_the_padding_behind() -> None:
    packets = [
        ip4(THEM4, ME4, 17, udp(b"hello"), options=b"\1\1\1\1") + bytes(9),
        ip6(THEM6, ME6, 17, udp(b"")),
        ip6(THEM6, ME6, 17, udp(b"six")),
        ip4(THEM4, ME4, 6, udp(b"no datagram")),
        ip4(THEM4, ME4, 17, udp(b"short", 10)),
        ip4(THEM4, ME4, 17, udp(b"boast", 999)),
        ip4(THEM4, ME4, 17, udp(b"lie", 3)),
    ]
    assert said(Packets.of_bytes(packets)) == [b"hello", b"", b"six", b"", b"sh", b"boast", b""]
    assert said(Packets.empty()) == []


def test_of_a_long_one_as_much_as_was_kept() -> None:
    long = bytes(range(256)) * 8
    narrow = said(Packets.of_bytes([ip4(THEM4, ME4, 17, udp(long))]))
    wide = said(
        Packets.of_bytes([ip4(THEM4, ME4, 17, udp(long)), ip6(THEM6, ME6, 17, udp(long))], width=WIDE)
    )
    assert narrow == [long[: WIDTH - 28]]
    assert wide == [long[:1520], long[:1500]]


datagrams = st.builds(udp, st.binary(max_size=160), st.none() | st.integers(0, 200))
packets = st.builds(ip4, st.just(THEM4), st.just(ME4), st.just(17), datagrams) | st.builds(
    ip6, st.just(THEM6), st.just(ME6), st.just(17), datagrams
)
kinds = st.sampled_from([0x0800, 0x86DD]) | st.none()


@given(st.lists(st.tuples(packets | mutated() | st.binary(max_size=200), kinds), max_size=8), st.booleans())
def test_any_batch_says_what_its_packets_say(batch: list[tuple[bytes, int | None]], wide: bool) -> None:
    data, width = [packet for packet, _ in batch], 256 if wide else WIDTH
    guessed = Packets.of_bytes(data).ethertype.tolist()
    named = [guess if kind is None else kind for (_, kind), guess in zip(batch, guessed, strict=True)]
    found = cut(*said_untrusted(Packets.of_bytes(data, ethertype=named, width=width)))
    assert found == [twin(packet, kind, width) for packet, kind in zip(data, named, strict=True)]

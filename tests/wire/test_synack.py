"""SYN-ACKs as columns, beside a plain reader of one packet."""

import struct
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from tests.wire.test_decode import mutated
from tests.wire.twins import BadError, ip4, ip6, number, read_ip, tcp

from periplus.wire.packets import WIDE, WIDTH, Packets
from periplus.wire.synack import MOST_OPTIONS, NO_SCALE, Option, SynAcks, order_of, syn_acks_untrusted

THEM4, ME4 = number("198.18.0.2"), number("198.18.0.1")
THEM6, ME6 = number("2001:db8::2"), number("2001:db8::1")
SYN_ACK = 0x12
LINUX = bytes.fromhex("020405b4 0402 080a0000000100000000 01 030307")  # as Linux answers to the same offer
KINDS = {0: Option.END, 1: Option.NOP, 2: Option.SIZE, 3: Option.SCALE, 4: Option.SACK, 8: Option.STAMP}


class Row(NamedTuple):
    """A row of the columns."""

    port: int = 0
    ttl: int = 0
    tos: int = 0
    df: bool = False
    ip_id: int = 0
    flags: int = 0
    window: int = 0
    mss: int = 0
    scale: int = NO_SCALE
    order: tuple[Option, ...] = ()
    is_v4: bool = False


def rows(found: SynAcks) -> list[Row]:
    """The columns as rows."""
    columns = [getattr(found, name).tolist() for name in Row._fields]
    made = [Row(*values) for values in zip(*columns, strict=True)]
    return [each._replace(order=order_of(int(order))) for each, order in zip(made, found.order, strict=True)]


def twin(packet: bytes, ethertype: int, width: int) -> Row:
    """What one packet tells."""
    data, is_v4 = packet[:width], ethertype != 0x86DD
    try:
        head = read_ip(data, 4 if is_v4 else 6)
    except BadError:
        return Row()
    body = data[head.length : head.declared]
    if head.protocol != 6 or len(body) < 20:
        return Row()
    header, flags = (body[12] >> 4) * 4, body[13]
    if not 20 <= header <= len(body) or flags & 0x17 != SYN_ACK:
        return Row()
    port, window = struct.unpack("!H12xH", body[:16])
    mss, scale, order = options(body[20:header])
    tos = data[1] if is_v4 else int.from_bytes(data[:2]) >> 4 & 0xFF
    df, ip_id = (bool(data[6] & 0x40), head.ident) if is_v4 else (False, 0)
    return Row(port, head.ttl, tos, df, ip_id, flags, window, mss, scale, order, is_v4)


def options(data: bytes) -> tuple[int, int, tuple[Option, ...]]:
    """The options of one segment."""
    mss, scale = 0, NO_SCALE
    order: list[Option] = []
    while data and len(order) < MOST_OPTIONS:
        kind = data[0]
        size = 1 if kind < 2 else (data[1] if len(data) > 1 else 0)
        if (kind > 1 and size < 2) or size > len(data) or {2: 4, 3: 3, 4: 2, 8: 10}.get(kind, size) != size:
            break
        order.append(KINDS.get(kind, Option.OTHER))
        if kind == 2 and not mss:
            mss = int.from_bytes(data[2:4])
        if kind == 3 and scale == NO_SCALE:
            scale = data[2]
        if kind == 0:
            break
        data = data[size:]
    return mss, scale, tuple(order)


def test_the_answers_of_both_families() -> None:
    segment = tcp(22, 50_000, flags=SYN_ACK, window=64_240, options=b"\x02\x04\x05\xb4")
    rich = tcp(22, 50_000, flags=SYN_ACK | 0x40, window=65_160, options=LINUX)
    packets = [
        ip4(THEM4, ME4, 6, segment, ttl=63, ident=7),
        ip6(THEM6, ME6, 6, rich, ttl=64, ident=9),
        ip4(THEM4, ME4, 6, tcp(22, 50_000, flags=0x14), ttl=63),
    ]
    assert rows(syn_acks_untrusted(Packets.of_bytes(packets))) == [
        Row(22, 63, 0, True, 7, SYN_ACK, 64_240, 1460, NO_SCALE, (Option.SIZE,), True),
        Row(
            22,
            64,
            0,
            False,
            0,
            SYN_ACK | 0x40,
            65_160,
            1460,
            7,
            (Option.SIZE, Option.SACK, Option.STAMP, Option.NOP, Option.SCALE),
            False,
        ),
        Row(),
    ]
    assert syn_acks_untrusted(Packets.of_bytes(packets)).valid.tolist() == [True, True, False]
    assert len(syn_acks_untrusted(Packets.empty())) == 0


def test_damaged_options_end_the_order() -> None:
    cases = {
        b"\x01\x02\x04\x05": (Option.NOP,),
        b"\x02\x04\x05\xb4\x03\x02\x07\x01": (Option.SIZE,),
        b"\x00\x01\x01\x01": (Option.END,),
        b"\xfe\x04\x00\x00": (Option.OTHER,),
        b"\x01" * 20: (Option.NOP,) * MOST_OPTIONS,
    }
    packets = [ip4(THEM4, ME4, 6, tcp(1, 2, flags=SYN_ACK, options=each)) for each in cases]
    assert [each.order for each in rows(syn_acks_untrusted(Packets.of_bytes(packets)))] == [*cases.values()]


parts = st.lists(
    st.sampled_from([b"\x01", b"\x00", LINUX[:4], LINUX[4:6], LINUX[6:16], b"\x03\x03\x07", b"\xfd\x04ab"])
    | st.binary(max_size=3),
    max_size=12,
).map(lambda some: (joined := b"".join(some)[:40]) + bytes(-len(joined) % 4))
segments = st.builds(
    tcp,
    st.integers(0, 65_535),
    st.just(50_000),
    flags=st.sampled_from([SYN_ACK, SYN_ACK | 0x40, 0x14, 0x02]),
    window=st.integers(0, 65_535),
    options=parts,
)
lives = st.integers(0, 255)
answers = st.builds(
    ip4,
    st.just(THEM4),
    st.just(ME4),
    st.just(6),
    segments,
    ttl=lives,
    ident=st.integers(0, 65_535),
    flags_offset=st.sampled_from([0, 0x4000, 0x2000]),
    options=st.sampled_from([b"", b"\x01" * 4]),
) | st.builds(ip6, st.just(THEM6), st.just(ME6), st.just(6), segments, ttl=lives)
kinds = st.sampled_from([0x0800, 0x86DD]) | st.none()


@given(st.lists(st.tuples(answers | mutated(), kinds), max_size=8), st.sampled_from([WIDTH, WIDE]))
def test_any_batch_agrees_with_the_twin(batch: list[tuple[bytes, int | None]], width: int) -> None:
    data = [packet for packet, _ in batch]
    guessed = Packets.of_bytes(data).ethertype.tolist()
    named = [guess if kind is None else kind for (_, kind), guess in zip(batch, guessed, strict=True)]
    found = syn_acks_untrusted(Packets.of_bytes(data, ethertype=named, width=width))
    assert rows(found) == [twin(packet, kind, width) for packet, kind in zip(data, named, strict=True)]

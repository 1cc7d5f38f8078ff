"""Packets as columns: what `of_bytes` keeps, and rows by mask, slice and number."""

import numpy as np

from periplus.wire.packets import WIDTH, Packets


def test_long_packets_are_cut_and_short_ones_padded() -> None:
    packets = Packets.of_bytes([b"", b"\x45abc", bytes(range(200))])
    assert packets.length.tolist() == [0, 4, WIDTH]
    assert packets.data.shape == (3, WIDTH)
    assert packets.data[1].tobytes() == b"\x45abc" + bytes(WIDTH - 4)
    assert packets.data[2].tobytes() == bytes(range(WIDTH))


def test_rows_may_be_wider() -> None:
    packets = Packets.of_bytes([b"\x45abc", bytes(range(200))], width=200)
    assert packets.length.tolist() == [4, 200]
    assert packets.data[1].tobytes() == bytes(range(200))
    assert (packets.width, packets.begins.tolist()) == (200, [0, 50])
    assert packets.words[packets.begins[0]] == 0x45616263


def test_the_ethertype_follows_from_the_version_unless_given() -> None:
    assert Packets.of_bytes([b"", b"\x45", b"\x6f", b"\x70"]).ethertype.tolist() == [
        0x800,
        0x800,
        0x86DD,
        0x800,
    ]
    assert Packets.of_bytes([b"\x45", b"\x45"], ethertype=[0x806, 0x800]).ethertype.tolist() == [0x806, 0x800]


def test_times_and_interface_are_kept() -> None:
    packets = Packets.of_bytes([b"a", b"b"], time_us=[7, 2**40], ifindex=3)
    assert packets.time_us.tolist() == [7, 2**40]
    assert packets.ifindex.tolist() == [3, 3]


def test_rows_by_mask_slice_and_number() -> None:
    packets = Packets.of_bytes([b"a", b"bb", b"ccc"])
    assert packets[packets.length > 1].length.tolist() == [2, 3]
    assert packets[:1].length.tolist() == [1]
    assert packets[np.array([2, 0])].data[:, 0].tobytes() == b"ca"


def test_concat_keeps_order_and_nothing_stays_nothing() -> None:
    first, second = Packets.of_bytes([b"a", b"bb"], time_us=1), Packets.of_bytes([b"ccc"], time_us=2)
    both = Packets.concat([first, Packets.empty(), second])
    assert both.length.tolist() == [1, 2, 3]
    assert both.time_us.tolist() == [1, 1, 2]
    assert len(Packets.concat([])) == len(Packets.empty()) == 0


TYPES = {"data": "uint8", "length": "int32", "time_us": "int64", "ifindex": "int32", "ethertype": "uint16"}


def test_columns_have_the_promised_types() -> None:
    for packets in (Packets.empty(), Packets.of_bytes([b"a"])):
        types = {name: getattr(packets, name).dtype.name for name in TYPES}
        assert types == TYPES

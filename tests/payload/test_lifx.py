"""The header of 36 bytes."""

from tests.payload.reading import data, fields


def test_it_asks_all_targets_for_their_services() -> None:
    size, protocol, source, target, reserved, flags, seq, later, kind, end = fields(
        "<HHIQ6sBBQHH", data("lifx")
    )
    assert (size, protocol) == (len(data("lifx")), 0x3400)
    assert source
    assert (target, reserved, flags, seq, later, kind, end) == (0, bytes(6), 0, 0, 0, 2, 0)

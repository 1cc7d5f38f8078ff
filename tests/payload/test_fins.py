"""The header of ten bytes and the command."""

from tests.payload.reading import data, fields


def test_it_reads_the_controller_s_data() -> None:
    flags, reserved, gateways, to, source, _, command, parameter = fields("!BBB3s3sBHB", data("omron-fins"))
    assert (flags, reserved, gateways, to) == (0x80, 0, 2, bytes(3))
    assert source == bytes([0, 0xFE, 0])
    assert (command, parameter) == (0x0501, 0)

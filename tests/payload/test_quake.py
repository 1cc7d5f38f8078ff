"""The questions, field by field."""

import pytest
from tests.payload.reading import data, fields


def test_quake_1_counts_its_size() -> None:
    control, kind, game, version = fields("!IB6sB", data("quake-1"))
    assert control == 0x80000000 | len(data("quake-1"))
    assert (kind, game, version) == (2, b"QUAKE\0", 3)


@pytest.mark.parametrize(
    ("service", "command"),
    [("quakeworld", b"status\n"), ("quake-2", b"status\n"), ("quake-3", b"getinfo periplus")],
)
def test_commands_are_out_of_band(service: str, command: bytes) -> None:
    assert data(service) == b"\xff\xff\xff\xff" + command


def test_doom_3_has_two_ones_and_a_challenge() -> None:
    mark, command, challenge = fields("<H8sI", data("doom-3"))
    assert (mark, command) == (0xFFFF, b"getInfo\0")
    assert challenge

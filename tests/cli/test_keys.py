"""What keys mean, and what they make of a rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.cli.keys import Key, keys_of, limit_text, stepped


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (b"+-p q?", [Key.FASTER, Key.SLOWER, Key.PAUSE, Key.STATUS, Key.QUIT, Key.HELP]),
        (b"=_PQ", [Key.FASTER, Key.SLOWER, Key.PAUSE, Key.QUIT]),
        (b"x\n\xff", []),
        (b"\x1b[A\x1bOp\x1b[1;5q+", [Key.FASTER]),
        (b"\x1bq", []),
    ],
)
def test_what_keys_mean(typed: bytes, keys: list[Key]) -> None:
    assert keys_of(typed) == keys


@given(st.binary())
def test_anything_may_be_typed(typed: bytes) -> None:
    assert set(keys_of(typed)) <= set(Key)


@pytest.mark.parametrize(
    ("ceiling", "present", "most", "key", "wanted"),
    [
        (100.0, 7.0, 0.0, Key.FASTER, 125.0),
        (100.0, 7.0, 0.0, Key.SLOWER, 75.0),
        (0.0, 400.0, 0.0, Key.SLOWER, 300.0),
        (0.0, 0.0, 0.0, Key.SLOWER, 1.0),
        (90.0, 7.0, 100.0, Key.FASTER, 100.0),
        (1.0, 7.0, 0.5, Key.SLOWER, 0.5),
    ],
)
def test_a_step(ceiling: float, present: float, most: float, key: Key, wanted: float) -> None:
    assert stepped(ceiling, present, most, key) == wanted


def test_a_ceiling_in_words() -> None:
    assert limit_text(1250.4, 0.0) == "Rate: at most 1,250 packets a second"
    assert limit_text(7.5, 0.0) == "Rate: at most 7.5 packets a second"
    assert limit_text(20.0, 20.0).endswith("20 packets a second, the most that was allowed at the start")

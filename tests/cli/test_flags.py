"""TCP flags as users write them."""

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.cli.flags import NAMES, tcp_flags


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("SYN", 0x02),
        ("synack", 0x12),
        ("URGACKPSHRSTSYNFIN", 0x3F),
        ("SYN,ECE", 0x42),
        ("SYN, ECECWR", 0xC2),
        ("0", 0),
        ("18", 0x12),
        ("0x12", 0x12),
        ("0XFF", 0xFF),
    ],
)
def test_flags(text: str, flags: int) -> None:
    assert tcp_flags(text) == flags


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("SIN", '"SIN"'),
        ("SYNFUN", '"FUN"'),
        ("SYN,FUN", '"FUN"'),
        ("", '""'),
        ("SYN,,FIN", '""'),
        ("256", '"256"'),
        ("0x100", '"0x100"'),
        ("-1", '"-1"'),
    ],
)
def test_a_word_that_is_none_is_named(text: str, unknown: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        tcp_flags(text)
    assert str(caught.value).startswith(unknown)
    assert "\n" not in str(caught.value)


@given(st.permutations(list(NAMES)), st.integers(0, 8), st.sampled_from(["", ",", ", "]))
def test_any_order_will_do(names: list[str], some: int, between: str) -> None:
    chosen = names[: max(some, 1)]
    assert tcp_flags(between.join(chosen)) == sum(NAMES[name] for name in chosen)

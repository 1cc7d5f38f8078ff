"""Tokens in messages."""

from hypothesis import given
from hypothesis import strategies as st

from periplus.space.quote import LONGEST, quoted


def test_plain_text_is_shown_as_it_is() -> None:
    assert quoted("10.0.0.300") == '"10.0.0.300"'


def test_terminal_sequences_are_shown_as_escapes() -> None:
    assert quoted("a\x1b[2Jb\n\u202e") == r'"a\x1b[2Jb\n\u202e"'


def test_long_tokens_are_cut() -> None:
    assert quoted("x" * 1000) == '"' + "x" * LONGEST + '..."'


@given(st.text(max_size=200))
def test_always_one_printable_line(token: str) -> None:
    assert quoted(token).isprintable()

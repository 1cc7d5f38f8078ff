"""Replies with codes and lists with dots: examples of the RFCs, and bounds."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.errors import BadReply
from periplus.identify.replies import MOST_LINES, Reply, code_untrusted, dotted, plain_untrusted, reply
from periplus.identify.talk import Conversation, Talk, Told


def read(data: bytes) -> tuple[Reply | None, str]:
    """What a talk that wants one reply makes of these bytes."""
    got: list[Reply] = []

    def talk() -> Talk:
        got.append((yield from reply()))

    conversation = Conversation(talk())
    conversation.start()
    conversation.feed(data)
    return (got[0] if got else None), str(conversation.fault or "")


def listed(data: bytes) -> Conversation:
    def talk() -> Talk:
        lines = yield from dotted()
        yield Told(detail={"lines": [*lines]})

    conversation = Conversation(talk())
    conversation.start()
    conversation.feed(data)
    return conversation


@pytest.mark.parametrize(
    ("data", "code", "lines"),
    [
        (b"220 ready\r\n", 220, ("ready",)),
        (b"220\r\n", 220, ("",)),
        (
            b"250-foo.com greets bar.com\r\n250-8BITMIME\r\n250 HELP\r\n",
            250,
            ("foo.com greets bar.com", "8BITMIME", "HELP"),
        ),
        (b"211-Features:\r\n MDTM\r\n 234 x\r\n211 End\r\n", 211, ("Features:", "MDTM", "234 x", "End")),
        (
            b"123-First line\r\nSecond line\r\n123 The last line\r\n",
            123,
            ("First line", "Second line", "The last line"),
        ),
    ],
)
def test_replies(data: bytes, code: int, lines: tuple[str, ...]) -> None:
    assert read(data) == (Reply(code, lines), "")


def test_a_reply_has_a_text() -> None:
    assert Reply(1, ("a", "b")).text == "a\nb"


@pytest.mark.parametrize("data", [b"hello\r\n", b"22 x\r\n", b"099 x\r\n", b"220x\r\n", b"\r\n"])
def test_what_is_no_reply(data: bytes) -> None:
    assert read(data) == (None, "no reply with a code")


def test_a_reply_without_end() -> None:
    assert read(b"220-x\r\n" * (MOST_LINES + 1)) == (None, "a reply without end")


def test_lists_end_with_a_dot_and_dots_are_doubled() -> None:
    conversation = listed(b"one\r\n..two\r\n\r\n.\r\nrest")
    assert conversation.told[0].detail == {"lines": ["one", ".two", ""]}


def test_a_list_without_end() -> None:
    assert str(listed(b"x\r\n" * (MOST_LINES + 2)).fault) == "a list without end"


def test_controls_are_left_out() -> None:
    assert plain_untrusted(b"\x1b[31mred\x07\ttab \xff") == "[31mred\ttab \ufffd"


@given(st.binary(max_size=40))
def test_any_bytes(data: bytes) -> None:
    assert "\x1b" not in plain_untrusted(data)
    with suppress(BadReply):
        assert 100 <= code_untrusted(data)[0] <= 999

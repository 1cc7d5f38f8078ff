"""Framed messages: heads of several shapes, bounds; text without what is around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.errors import BadReply
from periplus.identify.frames import framed, printable
from periplus.identify.talk import Conversation, Talk, Told


def taking(more: int = 0, times: int = 1) -> Conversation:
    def talk() -> Talk:
        message = yield from framed(4, 1, 2, most=20, more=more, times=times)
        yield Told(detail={"took": message.hex()})

    return Conversation(talk())


def fed(conversation: Conversation, data: bytes) -> bytes | None:
    conversation.start()
    conversation.feed(data)
    return bytes.fromhex(str(conversation.told[0].detail["took"])) if conversation.told else None


@pytest.mark.parametrize(
    ("shape", "length"), [({}, 3), ({"more": -4}, 7), ({"times": 4}, 1), ({"more": 1}, 2), ({"more": -3}, 6)]
)
def test_shapes(shape: dict[str, int], length: int) -> None:
    whole = b"x" + length.to_bytes(2, "big") + b"y" + b"body"
    size = length * shape.get("times", 1) + shape.get("more", 0)
    assert fed(taking(**shape), whole) == whole[: 4 + size]


def test_nothing_may_follow_a_head() -> None:
    assert fed(taking(), b"x\0\0y") == b"x\0\0y"


@pytest.mark.parametrize(("head", "shape"), [(b"x\0\x15y", {}), (b"x\0\3y", {"more": -4})])
def test_bounds(head: bytes, shape: dict[str, int]) -> None:
    conversation = taking(**shape)
    assert fed(conversation, head) is None
    assert isinstance(conversation.fault, BadReply)


@given(st.binary(max_size=30))
def test_text_has_nothing_around_it(data: bytes) -> None:
    text = printable(data)
    assert text == text.strip("\0 \r\n\t")

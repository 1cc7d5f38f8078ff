"""What follows from a first page, by any means of asking, and from pages of any shape."""

from collections.abc import Callable, Generator
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.http.answers import any_answer, said
from tests.identify.script import PEER

from periplus.errors import BadReply
from periplus.identify.http.explore import MOST_REDIRECTS, explored_untrusted
from periplus.identify.http.message import Answer, Ask
from periplus.identify.model import Peer
from periplus.identify.talk import Conversation, Some, Talk, Want

Served = Callable[[str], Answer]
Explore = Callable[[Peer, Answer, Ask], Generator[Want, bytes, None]]


def explored(
    first: Answer, served: Served, explore: Explore = explored_untrusted
) -> tuple[Conversation, list[str]]:
    """Explore what a function serves; return the conversation and what was asked for."""
    asked: list[str] = []

    def ask(peer: Peer, target: str, method: str, before: Answer | None) -> Generator[Want, bytes, Answer]:
        yield Some()
        asked.append(target)
        return served(target)

    def talk() -> Talk:
        yield from explore(PEER, first, ask)

    conversation = Conversation(talk())
    conversation.start()
    while not conversation.done:
        conversation.feed(b"x")
    return conversation, asked


def test_redirects_are_followed_by_whatever_asks() -> None:
    pages = {"/a": said(b"<title>A</title>", Server="thing"), "/favicon.ico": said(b"icon")}
    talk, asked = explored(said(status=302, Location="/a"), pages.__getitem__)
    assert asked == ["/a", "/favicon.ico"]
    detail = {key: value for told in talk.told for key, value in told.detail.items()}
    assert (detail["title"], detail["sent_to"]) == ("A", ["/a"])
    assert detail["favicon"]


@given(any_answer, st.lists(any_answer, min_size=1, max_size=4))
def test_any_pages_end_it(first: Answer, answers: list[Answer]) -> None:
    turn = iter(range(100))
    with suppress(BadReply):
        _, asked = explored(first, lambda _: answers[next(turn) % len(answers)], explored_untrusted)
        assert len(asked) <= MOST_REDIRECTS + 2

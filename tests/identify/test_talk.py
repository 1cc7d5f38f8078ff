"""Conversations: the three feedings, ends, bounds."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from periplus.errors import BadReply
from periplus.identify.talk import (
    DONE,
    NEED_DATA,
    Afresh,
    Conversation,
    End,
    Ended,
    Event,
    Exactly,
    Known,
    Line,
    Reading,
    Say,
    Secure,
    Secured,
    Some,
    Talk,
    Told,
    Until,
    _length_untrusted,
)
from periplus.identify.tls.client import Handshake


def took(talk: Conversation) -> list[str]:
    return [str(each.detail["took"]) for each in talk.told]


def reading(*wants: Reading) -> Callable[[], Talk]:
    def talk() -> Talk:
        for want in wants:
            data = yield want
            yield Told(detail={"took": data.hex()})

    return talk


WANTS = (Line(64), Exactly(3), Until(b"::", 64), Line(64), Some(10))
SAID = b"first\r\nabcxx::second\nrest"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_however_bytes_are_cut_the_talk_gets_what_it_wants(size: int) -> None:
    talk = Conversation(reading(*WANTS)())
    assert talk.start() == [NEED_DATA]
    for at in range(0, len(SAID), size):
        talk.feed(SAID[at : at + size])
    talk.end(End.CLOSED)
    assert took(talk)[:4] == [each.hex() for each in (b"first", b"abc", b"xx::", b"second")]
    assert b"rest".startswith(bytes.fromhex(took(talk)[4]))


@given(st.binary(max_size=200), st.lists(st.integers(1, 50), max_size=20))
def test_feedings_agree(data: bytes, cuts: list[int]) -> None:
    wants = (Exactly(2), Line(30), Until(b"\0", 30), Exactly(1))
    whole, cut = Conversation(reading(*wants)()), Conversation(reading(*wants)())
    whole.start()
    cut.start()
    whole.feed(data)
    at = 0
    for size in [*cuts, len(data)]:
        cut.feed(data[at : at + size])
        at += size
    whole.end(End.CLOSED)
    cut.end(End.CLOSED)
    assert took(whole) == took(cut)
    assert (str(whole.fault), whole.done) == (str(cut.fault), cut.done)


@given(st.sampled_from([Line(9), Until(b"ab", 9), Exactly(4), Some(5)]), st.binary(max_size=30))
def test_a_length_is_within_what_is_held_and_its_bound(want: Reading, held: bytes) -> None:
    try:
        length = _length_untrusted(want, bytearray(held))
    except BadReply:
        assert isinstance(want, Line | Until)
        assert len(held) >= want.most
    else:
        assert length is None or 0 < length <= len(held)


def test_events_come_in_order_and_what_was_known_stays() -> None:
    def talk() -> Talk:
        yield Say(b"a")
        yield Say(b"b")
        yield Known(0.9, "because")
        yield Exactly(1)
        raise BadReply("nonsense")

    conversation = Conversation(talk())
    assert conversation.start() == [Say(b"a"), Say(b"b"), NEED_DATA]
    assert conversation.feed(b"x") == [DONE]
    assert conversation.known == Known(0.9, "because")
    assert str(conversation.fault) == "nonsense"
    assert conversation.done
    assert conversation.feed(b"more") == [DONE] == conversation.end(End.RESET)


def test_the_end_is_thrown_with_the_rest_and_may_be_caught() -> None:
    seen: list[Ended] = []

    def talk() -> Talk:
        try:
            yield Exactly(10)
        except Ended as ended:
            seen.append(ended)
        yield Say(b"bye")

    conversation = Conversation(talk())
    conversation.start()
    conversation.feed(b"1234")
    assert conversation.end(End.RESET) == [Say(b"bye"), DONE]
    assert (seen[0].why, seen[0].rest) == (End.RESET, b"1234")
    assert conversation.fault is None


@pytest.mark.parametrize("want", [Secure(), Afresh()])
def test_a_new_beginning_drops_what_was_not_taken(want: Secure | Afresh) -> None:
    def talk() -> Talk:
        yield Exactly(1)
        yield want
        data = yield Exactly(2)
        yield Told(detail={"took": data.hex()})

    conversation = Conversation(talk())
    conversation.start()
    assert conversation.feed(b"1 left over") == [want]
    assert conversation.ready() == [NEED_DATA]
    assert conversation.feed(b"ok") == [DONE]
    assert took(conversation) == [b"ok".hex()]


def test_a_datagram_is_never_joined_with_the_next() -> None:
    conversation = Conversation(reading(Exactly(2), Some())(), datagrams=True)
    conversation.start()
    conversation.feed(b"12 dropped")
    conversation.feed(b"next")
    assert took(conversation) == [b"12".hex(), b"next".hex()]


def test_too_many_bytes_end_it() -> None:
    def talk() -> Talk:
        while True:
            yield Exactly(1)

    conversation = Conversation(talk(), most_bytes=100_000)
    conversation.start()
    assert conversation.feed(bytes(100_000)) == [NEED_DATA]  # and no recursion a byte
    assert conversation.feed(b"1") == [DONE]
    assert str(conversation.fault) == "the peer too much"


def test_a_line_without_end_is_the_peers_mistake() -> None:
    conversation = Conversation(reading(Line(10))())
    conversation.start()
    assert conversation.feed(b"x" * 9) == [NEED_DATA]
    assert conversation.feed(b"x") == [DONE]
    assert "first 10 bytes" in str(conversation.fault)


def test_a_want_may_ask_for_less_patience() -> None:
    conversation = Conversation(reading(Some(wait_s=0.5), Some())())
    conversation.start()
    assert conversation.wait_s == 0.5
    conversation.feed(b"x")
    assert conversation.wait_s is None


def only(events: list[Event]) -> Event:
    [event] = events
    return event


def test_a_talk_can_be_left() -> None:
    closed: list[bool] = []

    def talk() -> Talk:
        try:
            yield Exactly(1)
        finally:
            closed.append(True)

    conversation = Conversation(talk())
    assert only(conversation.start()) is NEED_DATA
    conversation.close()
    assert closed == [True]


def test_what_a_talk_lets_know_does_not_hold_it_up() -> None:
    handshake = Handshake("TLSv1.3", "", None, (), None, b"")

    def talk() -> Talk:
        yield Secured(handshake)
        yield Say(b"hello")

    conversation = Conversation(talk())
    assert conversation.start() == [Secured(handshake), Say(b"hello"), DONE]

"""Questions and answers: in turn, with silence, with late answers, with nonsense."""

from hypothesis import given
from tests.identify.damage import damaged

from periplus.errors import BadReply
from periplus.identify.model import Peer
from periplus.identify.question import Answered, Question, _read_untrusted, looks_of, talk_of
from periplus.identify.talk import DONE, NEED_DATA, Conversation, End, Say, Told

PEER = Peer("198.18.0.1", 53)


def reads(word: bytes, confidence: float) -> Question:
    def read(data: bytes) -> Answered:
        if not data.startswith(word):
            raise BadReply(f"no {word!r}")
        return Answered(confidence, word.decode(), Told(detail={word.decode(): data.hex()}))

    return Question(word.upper(), read, wait_s=0.5)


ONE, TWO = reads(b"one", 0.8), reads(b"two", 0.9)


def conversation() -> Conversation:
    talk = Conversation(talk_of(ONE, TWO)(PEER), datagrams=True)
    assert talk.start() == [Say(b"ONE"), NEED_DATA]
    assert talk.wait_s == 0.5
    return talk


def test_each_is_asked_and_the_surest_counts() -> None:
    talk = conversation()
    assert talk.feed(b"one!") == [Say(b"TWO"), NEED_DATA]
    assert talk.feed(b"two!") == [DONE]
    assert talk.known is not None
    assert (talk.known.confidence, talk.known.why, talk.fault) == (0.9, "two", None)
    assert [list(each.detail) for each in talk.told] == [["one"], ["two"]]


def test_silence_to_one_does_not_end_it() -> None:
    talk = conversation()
    assert talk.end(End.SILENT) == [Say(b"TWO"), NEED_DATA]
    assert talk.feed(b"one, late") == [DONE]
    assert talk.known is not None
    assert talk.known.why == "one"


def test_silence_to_one_that_is_needed_ends_it() -> None:
    talk = Conversation(talk_of(ONE, TWO, needs_first=True)(PEER), datagrams=True)
    talk.start()
    assert talk.end(End.SILENT) == [DONE]
    assert str(talk.fault) == "the peer silent"


def test_nonsense_is_nobody() -> None:
    talk = conversation()
    talk.feed(b"what?")
    assert talk.end(End.SILENT) == [DONE]
    assert talk.known is None
    assert str(talk.fault) == "the peer silent"


def test_looks() -> None:
    looks_untrusted = looks_of(ONE, TWO)
    assert [looks_untrusted(each) for each in (b"one", b"two", b"three")] == [0.8, 0.9, 0.0]


@given(damaged(b"one", b"two"))
def test_any_bytes(data: bytes) -> None:
    try:
        found = _read_untrusted((ONE, TWO), data)
    except BadReply:
        assert not data.startswith((b"one", b"two"))
    else:
        assert data.startswith(found.why.encode())

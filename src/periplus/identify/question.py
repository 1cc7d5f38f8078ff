"""Talks of questions and answers, each a datagram: most of what is spoken over UDP needs no more.

A protocol gives its questions, and for each a reader that says what an answer shows or raises `BadReply`. They are
asked in turn; one that stays without an answer does not end the talk, as agents answer the versions that they know.
An answer that comes late, to a question asked before, is read as that.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from periplus.errors import BadReply
from periplus.identify.model import Peer
from periplus.identify.talk import Known, Say, Some, Talk, Told

__all__ = ["Answered", "Question", "looks_of", "talk_of"]

NOTHING = Told()


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer shows: how sure it makes of the protocol, by what, and what the service says of itself."""

    confidence: float
    why: str
    told: Told = NOTHING


Reader = Callable[[bytes], Answered]


@dataclass(frozen=True, slots=True)
class Question:
    """A datagram and the reader of its answers; `wait_s` as in a want."""

    data: bytes
    read: Reader
    wait_s: float | None = None


def talk_of(*questions: Question, needs_first: bool = False) -> Callable[[Peer], Talk]:
    """Return a talk that asks these questions; `needs_first`: without an answer to the first it ends."""

    def talk_untrusted(peer: Peer) -> Talk:
        sure = 0.0
        problem = BadReply("nothing was asked")
        for number, question in enumerate(questions, 1):
            yield Say(question.data)
            try:
                answer = yield Some(wait_s=question.wait_s)
                found = _read_untrusted(questions[number - 1 :: -1], answer)
            except BadReply as fault:
                problem = fault
                if needs_first and number == 1:
                    break
                continue
            if found.confidence > sure:
                sure = found.confidence
                yield Known(sure, found.why)
            yield found.told
        if not sure:
            raise problem

    return talk_untrusted


def looks_of(*questions: Question) -> Callable[[bytes], float]:
    """Return how sure these questions' readers make of a datagram."""

    def looks_untrusted(data: bytes) -> float:
        try:
            return _read_untrusted(questions, data).confidence
        except BadReply:
            return 0.0

    return looks_untrusted


def _read_untrusted(questions: Iterable[Question], answer: bytes) -> Answered:
    """Return what the first reader makes of it that understands it; raises BadReply."""
    problem = BadReply("nobody reads it")
    for each in questions:
        try:
            return each.read(answer)
        except BadReply as fault:
            problem = fault
    raise problem

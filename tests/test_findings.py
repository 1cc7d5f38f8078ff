"""What both who finds out and who tells speak of: the words of a service by their names, and who said a passage."""

from dataclasses import fields

import pytest

from periplus.findings import WORDS, Answer, Way, Words
from periplus.identify.service import Service
from periplus.identify.signature import Match, Signature
from periplus.identify.talk import Told
from periplus.result.row import ServiceRow


def test_the_words_are_texts() -> None:
    said = Words(**{word: word.upper() for word in WORDS}, cpe=("a",))
    assert [getattr(said, word) for word in WORDS] == [word.upper() for word in WORDS]
    assert len(WORDS) == len(fields(Words)) - 1  # the names of a CPE are several
    assert all(getattr(Words(), word) is None for word in WORDS)


@pytest.mark.parametrize("kind", [Told, Match, Signature, Service, ServiceRow])
def test_whatever_holds_words_holds_all_of_them_by_the_same_names(kind: type[Words]) -> None:
    own = {each.name for each in fields(kind)}
    assert own >= {each.name for each in fields(Words)}
    assert issubclass(kind, Answer) == (own >= {each.name for each in fields(Answer)})


def test_who_said_it_is_told_by_a_sign() -> None:
    assert [f"{way}" for way in (Way.OURS, Way.THEIRS, Way.NOTE)] == [">", "<", "!"]

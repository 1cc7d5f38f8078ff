"""Reading DNS messages, against answers that dnspython makes, and of any bytes."""

from contextlib import suppress

import dns.message
import dns.rrset
import pytest
from hypothesis import given
from tests.identify.damage import damaged

from periplus.errors import BadReply
from periplus.identify.dns import answer_untrusted, texts_of
from periplus.payload.dns import CHAOS, TXT, encode_name, question

ASKED = question(encode_name("version.bind"), TXT, CHAOS)


def answer() -> bytes:
    made = dns.message.make_response(dns.message.from_wire(ASKED))
    made.answer.append(dns.rrset.from_text("version.bind.", 0, "CH", "TXT", '"one" " text"', '"another"'))
    return made.to_wire()


ANSWER = answer()


def test_an_answer() -> None:
    assert sorted(texts_of(answer_untrusted(ANSWER, ASKED))) == ["another", "one text"]


@pytest.mark.parametrize(
    "data",
    [
        ASKED,
        b"xx" + ANSWER[2:],
        ANSWER[:20],
        b"",
        ANSWER.replace(b"version", b"venison"),
        ANSWER[:2] + b"\xa0" + ANSWER[3:],  # the answer to an update
    ],
    ids=[
        "question",
        "other id",
        "cut",
        "nothing",
        "other name",
        "update",
    ],  # the library orders texts by chance
)
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(BadReply):
        answer_untrusted(data, ASKED)


@given(damaged(ANSWER))
def test_any_bytes(data: bytes) -> None:
    for each in (data, ASKED[:2] + data):
        with suppress(BadReply):
            texts_of(answer_untrusted(each, ASKED))

"""How hints are read and asked."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.http.answers import any_answer, said
from tests.identify.script import PEER

from periplus.identify.http.hint import MOST_DEPTH, Hint, asks_untrusted, json_untrusted, read_untrusted
from periplus.identify.http.message import Answer
from periplus.identify.talk import DONE, Afresh, Conversation, End, Say, Talk

HINT = Hint(
    "Thing",
    "Maker",
    "http.title",
    "^thing$",
    "/about",
    {"version": "json version", "info": "head X-Info", "colour": "json colour"},
    cpe="a:maker:thing:{version}",
)
SEEN = {"http.title": "other\nThing"}
STAYS = Answer("1.1", 200, reusable=True)


def asking(hints: list[Hint], before: Answer, got: list[Answer]) -> Talk:
    got.append((yield from asks_untrusted(PEER, hints, SEEN, before)))


def test_the_first_fitting_hint_is_asked_and_told() -> None:
    got: list[Answer] = []
    later = Hint("Never", "", "http.title", "thing", "/never")
    talk = Conversation(asking([HINT, later], STAYS, got))
    [say, _] = talk.start()
    assert isinstance(say, Say)
    assert say.data.startswith(b"GET /about HTTP/1.1\r\n")
    body = b'{"version": "v1.2+x", "colour": "red"}'
    talk.feed(b"HTTP/1.1 200 OK\r\nX-Info: yes\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    [told] = talk.told
    assert (told.product, told.vendor, told.version, told.info) == ("Thing", "Maker", "v1.2+x", "yes")
    assert told.cpe == ("cpe:2.3:a:maker:thing:1.2:*:*:*:*:*:*:*",)
    assert told.detail == {"asked": "/about", "colour": "red"}
    assert got[0].body == body


def test_an_answer_without_proof_tells_nothing() -> None:
    assert HINT.told_untrusted(said(b'{"colour": "red"}')) is None
    assert HINT.told_untrusted(said(b"<html>")) is None


def test_a_peer_that_leaves_costs_the_connection_and_no_more() -> None:
    got: list[Answer] = []
    talk = Conversation(asking([HINT], STAYS, got))
    talk.start()
    assert talk.end(End.SILENT) == [DONE]
    assert talk.told == []
    assert not got[0].reusable


def test_a_connection_that_does_not_stay_is_made_anew() -> None:
    assert Conversation(asking([HINT], Answer("1.0", 200), [])).start() == [Afresh()]


def test_the_first_page_is_not_asked_again() -> None:
    hint = Hint("Thing", "", "http.title", "thing", "/", {"version": "json v"})
    talk = Conversation(asking([hint], said(b'{"v": 3}'), []))
    assert talk.start() == [DONE]
    assert talk.told[0].version == "3"


def test_ports_and_fields_count() -> None:
    at_port = Hint("Thing", "", "http.title", "thing", "/", ports=(1, 2))
    assert at_port.fits(SEEN, 2)
    assert not at_port.fits(SEEN, 3)
    assert not at_port.fits({"http.body": "thing"}, 2)


@pytest.mark.parametrize(
    ("how", "read"),
    [
        ("json a.0.b", "1.5"),
        ("json a.1", "x y"),
        ("json a", ""),
        ("json a.7.b", ""),
        ("json a.0.b.c", ""),
        ("json none", ""),
        ("head X-Name", "value, other"),
        ("head X-None", ""),
        (r'text "a": \[\{"b": ([\d.]+)', "1.5"),
        ("text x *y", "x y"),
        ("text (never)", ""),
        ("text (never)?", ""),
    ],
)
def test_readings(how: str, read: str) -> None:
    answer = Answer(
        "1.1", 200, "", (("X-Name", "value"), ("x-name", "other")), b'{"a": [{"b": 1.5}, "x  y"]}'
    )
    assert read_untrusted(answer, how) == read


def test_json_has_a_depth() -> None:
    deep = b"[" * MOST_DEPTH + b"]" * MOST_DEPTH
    assert json_untrusted(deep) == json.loads(deep)
    assert json_untrusted(b"[" + deep + b"]") is None
    assert json_untrusted(b"[" * 60_000) is None
    assert json_untrusted(b"9" * 60_000) is None


@given(any_answer, st.binary(max_size=100))
def test_any_answer(answer: Answer, body: bytes) -> None:
    json_untrusted(body)
    assert len(read_untrusted(answer, "text .*")) <= 200
    told = HINT.told_untrusted(answer)
    assert told is None or told.version
    talk_untrusted = asks_untrusted
    assert next(talk_untrusted(PEER, [HINT], SEEN, answer))

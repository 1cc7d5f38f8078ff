"""Answers as texts and details."""

from hypothesis import given
from tests.identify.http.answers import any_answer

from periplus.identify.http.message import Answer
from periplus.identify.http.texts import texts_untrusted, told_untrusted

ANSWER = Answer(
    "1.1",
    401,
    "Unauthorized",
    (
        ("Server", "S/1"),
        ("WWW-Authenticate", 'Basic realm="r"'),
        ("www-authenticate", "Negotiate"),
        ("Set-Cookie", "one=secret; Path=/; HttpOnly"),
        ("Set-Cookie", "two=x"),
        ("X-AspNet-Version", "4.0"),
        ("X-Powered-By", "P"),
    ),
    b'<title>T</title><meta name="generator" content="G 1">',
)


def test_texts() -> None:
    texts = texts_untrusted(ANSWER)
    assert texts["http.header"].splitlines()[3:5] == [
        "Set-Cookie: one=; Path=/; HttpOnly",
        "Set-Cookie: two=",
    ]
    assert next(iter(texts)) == "http.server"
    del texts["http.header"], texts["http.body"]
    assert texts == {
        "http.server": "S/1",
        "http.auth": 'Basic realm="r", Negotiate',
        "http.title": "T",
        "http.generator": "G 1",
        "http.powered": "P\n4.0",
        "http.cookie": "one\ntwo",
    }


def test_details() -> None:
    detail = told_untrusted(ANSWER, "/x").detail
    assert (detail["status"], detail["reason"], detail["path"], detail["title"]) == (
        401,
        "Unauthorized",
        "/x",
        "T",
    )
    assert detail["body_bytes"] == len(ANSWER.body)
    assert "secret" not in str(detail)


def test_what_an_answer_lacks_is_not_told() -> None:
    told = told_untrusted(Answer("1.0", 200), "/")
    assert told.texts == {}
    assert "title" not in told.detail


@given(any_answer)
def test_any_answer(answer: Answer) -> None:
    texts = texts_untrusted(answer)
    assert all(isinstance(each, str) for each in texts.values())
    assert told_untrusted(answer, "/").texts.items() <= texts.items()

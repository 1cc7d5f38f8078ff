"""What pages say: titles, charsets, generators, icons, and where they send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.http.answers import any_answer, said
from tests.identify.script import PEER

from periplus.identify.http.message import Answer
from periplus.identify.http.page import (
    generator_untrusted,
    icon_untrusted,
    sent_to_untrusted,
    target_untrusted,
    text_untrusted,
    title_untrusted,
)
from periplus.identify.model import Peer


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title>A &amp; B</title>", "A & B"),
        ("<TITLE lang=en>\n two\n lines </TITLE>", "two lines"),
        ("<title>never ended<body>text", "never ended"),
        ("<title></title>", ""),
        ("no title", ""),
        ("<title>first</title><title>second</title>", "first"),
        ("<title <title>x</title>", "x"),
        ("<title>" + "x" * 1000 + "</title>", "x" * 256),
    ],
)
def test_titles(page: str, title: str) -> None:
    assert title_untrusted(page) == title


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (said("für".encode()), "für"),
        (said("für".encode("cp1252")), "für"),
        (said("für".encode("latin-1"), Content_Type="text/html; charset=ISO-8859-1"), "für"),
        (said("路由器".encode("gb2312"), Content_Type="text/html; charset=GB2312"), "路由器"),
        (said(b'<meta charset="euc-kr">' + "카메라".encode("euc-kr")), '<meta charset="euc-kr">카메라'),
        (said("für".encode("utf-16")), "für"),
        (said("\ufefffür".encode()), "für"),
        (said("für".encode(), Content_Type="text/html; charset=hex"), "für"),
        (said("für".encode(), Content_Type="text/html; charset=cp999"), "für"),
        (said("für".encode()[:2]), "f�"),
    ],
)
def test_charsets(answer: Answer, text: str) -> None:
    assert text_untrusted(answer) == text


def test_generators() -> None:
    page = (
        """<META NAME="Generator" CONTENT="WordPress 6.4"><meta content='Other &lt;1&gt;' name=generator />"""
    )
    assert generator_untrusted(page) == "WordPress 6.4\nOther <1>"
    assert generator_untrusted('<meta name="author" content="x">') == ""


def test_icons() -> None:
    assert (
        icon_untrusted("<link rel=stylesheet href=/a.css><link rel='shortcut icon' href='/i.png'>")
        == "/i.png"
    )
    assert icon_untrusted("<link rel=icon>") == "/favicon.ico"


@pytest.mark.parametrize(
    ("answer", "to"),
    [
        (said(status=302, Location="/login"), "/login"),
        (said(status=304, Location="/login"), ""),
        (said(status=200, Location="/login"), ""),
        (said(Refresh="0; url=/a"), "/a"),
        (said(b"<meta http-equiv='refresh' content='0;URL=\"/b.html\"'>"), "/b.html"),
        (said(b'<meta http-equiv="Refresh" content="300; url=/reload">'), ""),
        (said(b'<meta http-equiv="refresh" content="0">'), ""),
        (said(b"<script>window.location.href = '/c';</script>"), "/c"),
        (said(b"<script>top.location.replace('/d')</script>"), "/d"),
        (said(b"<script>location='/e';</script>"), ""),
        (said(b"x" * 2000 + b"<script>window.location.href = '/c';</script>"), ""),
        (said(b"<meta http-equiv=refresh content='0;url=/b'>", status=404), ""),
    ],
)
def test_where_an_answer_sends(answer: Answer, to: str) -> None:
    assert sent_to_untrusted(answer, text_untrusted(answer)) == to


NAMED = Peer("198.18.0.1", 443, "host.test", tls=True)


@pytest.mark.parametrize(
    ("peer", "reference", "target"),
    [
        (PEER, "b", "/a/b"),
        (PEER, "/x?y=z#part", "/x?y=z"),
        (PEER, "//198.18.0.1:4711/x", "/x"),
        (PEER, "http://198.18.0.1:4711", "/"),
        (PEER, "http://198.18.0.1/x", None),
        (PEER, "http://198.18.0.2:4711/x", None),
        (PEER, "https://198.18.0.1:4711/x", None),
        (PEER, "http://198.18.0.1:99999/", None),
        (PEER, "http://[::1/", None),
        (PEER, "javascript:void(0)", None),
        (PEER, "data:image/png;base64,AA", None),
        (PEER, "/caf\xe9 x\r\nEvil: 1", "/caf%C3%A9%20xEvil:%201"),
        (PEER, "/" + "x" * 3000, None),
        (NAMED, "https://HOST.test/x", "/x"),
        (NAMED, "https://198.18.0.1/x", "/x"),
        (NAMED, "http://host.test/x", None),
        (Peer("2001:db8::1", 80), "http://[2001:db8::1]/x", "/x"),
    ],
)
def test_only_the_same_port_is_followed(peer: Peer, reference: str, target: str | None) -> None:
    assert target_untrusted(peer, "/a/", reference) == target


@given(any_answer, st.text(max_size=50))
def test_any_page(answer: Answer, reference: str) -> None:
    text = text_untrusted(answer)
    assert len(title_untrusted(text)) <= 256
    assert "\r" not in generator_untrusted(text)
    for each in (reference, icon_untrusted(text), sent_to_untrusted(answer, text)):
        target = target_untrusted(PEER, "/", each)
        assert target is None or (target.isascii() and target.isprintable() and " " not in target)

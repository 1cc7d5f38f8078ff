"""What answers look like that are more, or less, than HTTP: by the words of the programs that send them."""

import re

import pytest
from tests.identify.http.answers import said

from periplus.identify.http.message import Answer
from periplus.identify.http.roles import BARELY_HTTP, LOOKS, PROXY, WANTS_TLS, marks

CASES = (
    (WANTS_TLS, said(b"<center>The plain HTTP request was sent to HTTPS port</center>", status=400)),
    (WANTS_TLS, said(b"You're speaking plain HTTP to an SSL-enabled server port.<br />", status=400)),
    (WANTS_TLS, said(b"Client sent an HTTP request to an HTTPS server.\n", status=400)),
    (WANTS_TLS, said(b"Bad Request\nThis combination of host and port requires TLS.", status=400)),
    (
        BARELY_HTTP,
        said(b"It looks like you are trying to access MongoDB over HTTP on the native driver port.\n"),
    ),
    (BARELY_HTTP, said(b"<title>This is a SOCKS Proxy, Not An HTTP Proxy</title>", status=501)),
    (BARELY_HTTP, said(b"It looks like you are making an HTTP request to a Hadoop IPC port.", status=404)),
    (PROXY, said(status=407)),
    (PROXY, said(status=400, Server="squid/5.7", X_Squid_Error="ERR_INVALID_URL 0")),
    (PROXY, said(status=403, Server="tinyproxy/1.11.1")),
    (PROXY, said(b"Invalid header received from client.", status=400)),
)


@pytest.mark.parametrize(("expression", "answer"), CASES)
def test_each_is_told_and_from_the_others(expression: re.Pattern[bytes], answer: Answer) -> None:
    matched = [each for each in (WANTS_TLS, BARELY_HTTP, PROXY) if each.search(marks(answer))]
    assert matched == [expression]


def test_an_ordinary_answer_is_none_of_these() -> None:
    ordinary = said(b"<p>proxies", status=404, Server="nginx/1.22.1", Via="1.1 front")
    assert not any(each.search(marks(ordinary)) for each in (WANTS_TLS, BARELY_HTTP, PROXY))


def test_what_looks_like_an_answer() -> None:
    assert all(
        LOOKS.match(each) for each in (b"HTTP/1.1 400 Bad", b"HTTP/1.0 200", b"HTTP/2 200", b"ICY 200 OK")
    )
    assert not any(
        LOOKS.match(each) for each in (b"RTSP/1.0 200 OK", b"HTTP", b"HTTP/1.1 900 x", b" HTTP/1.1 200")
    )

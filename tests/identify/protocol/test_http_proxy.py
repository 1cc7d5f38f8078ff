"""Proxies, by what squid of Debian 12 answers on the loopback; tinyproxy and Privoxy after their sources."""

import pytest
from tests.identify.script import Line, play

from periplus.identify.protocol.http import looks_untrusted as looks_like_http_untrusted
from periplus.identify.protocol.http_proxy import PROTOCOL, looks_untrusted

HEAD = b"Server: squid/5.7\r\nMime-Version: 1.0\r\nContent-Type: text/html;charset=utf-8\r\n"
VIA = b"X-Cache: MISS from vm\r\nX-Cache-Lookup: NONE from vm:18007\r\nVia: 1.1 vm (squid/5.7)\r\n"
DENIED = b"HTTP/1.1 403 Forbidden\r\n" + HEAD + b"X-Squid-Error: ERR_ACCESS_DENIED 0\r\n" + VIA
INVALID = b"HTTP/1.1 400 Bad Request\r\n" + HEAD + b"X-Squid-Error: ERR_INVALID_URL 0\r\n" + VIA
WANTS_PASSWORD = b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\n'
EMPTY = b"Content-Length: 0\r\n\r\n"
ORDINARY = b"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nVia: 1.1 front\r\n"
SCRIPTS: dict[str, list[Line]] = {
    "squid": [(">", None), ("<", DENIED + EMPTY)],
    "a password is wanted": [(">", None), ("<", WANTS_PASSWORD + EMPTY)],
    "tinyproxy": [(">", None), ("<", b"HTTP/1.0 403 Filtered\r\nServer: tinyproxy/1.11.1\r\n" + EMPTY)],
    "a web server": [(">", None), ("<", ORDINARY + EMPTY)],
}


def test_squid() -> None:
    service = play(PROTOCOL, SCRIPTS["squid"])
    assert (service.protocol, service.product, service.version) == ("http-proxy", "Squid", "5.7")


def test_the_proxy_is_asked_for_nobody_but_itself() -> None:
    from tests.identify.script import PEER

    from periplus.identify.talk import Conversation, Say

    [say, _] = Conversation(PROTOCOL.talk(PEER)).start()
    assert isinstance(say, Say)
    assert say.data.startswith(b"GET http://198.18.0.1:4711/ HTTP/1.1\r\nHost: 198.18.0.1:4711\r\n")


def test_a_password_is_wanted() -> None:
    service = play(PROTOCOL, SCRIPTS["a password is wanted"])
    assert (service.info, service.detail["proxy_authenticate"]) == (
        "password required",
        'Basic realm="proxy"',
    )


def test_tinyproxy() -> None:
    service = play(PROTOCOL, SCRIPTS["tinyproxy"])
    assert (service.product, service.version) == ("Tinyproxy", "1.11.1")


def test_a_web_server_is_none() -> None:
    assert play(PROTOCOL, SCRIPTS["a web server"]).protocol is None


@pytest.mark.parametrize("data", [DENIED, INVALID, WANTS_PASSWORD])
def test_a_proxys_answer_looks_more_like_a_proxy_than_like_http(data: bytes) -> None:
    assert looks_untrusted(data) > looks_like_http_untrusted(data) > 0


def test_others_do_not_look_like_it() -> None:
    assert looks_untrusted(ORDINARY) == 0 == looks_untrusted(b"Proxy-Agent: x")

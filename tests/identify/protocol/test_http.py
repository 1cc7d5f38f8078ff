"""HTTP, by what servers of Debian 12 answer on the loopback: nginx-light, apache2, etcd-server, docker-registry,
prometheus; the rest written after the standard."""

import base64
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from tests.identify.http.answers import any_answer
from tests.identify.script import PEER, Line, play

from periplus.identify.http.message import Answer
from periplus.identify.http.murmur import icon_hash
from periplus.identify.http.two import PARTING, PREFACE
from periplus.identify.model import Peer
from periplus.identify.protocol.http import PROTOCOL, known_untrusted, looks_untrusted
from periplus.identify.service import Service

SAY: Line = (">", None)
AFRESH: Line = ("afresh", b"")
PAGE = b"<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center>%s</center>\r\n</body>\r\n</html>\r\n"


def answer(body: bytes, head: bytes = b"", status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, head, len(body), body)


NGINX = b"Server: nginx/1.22.1\r\nDate: Wed, 25 Nov 2026 23:10:17 GMT\r\nContent-Type: text/html\r\n"
NGINX_404 = answer(PAGE % (b"404 Not Found", b"nginx/1.22.1"), NGINX, b"404 Not Found")
NGINX_TLS = answer(
    PAGE % ((b"400 The plain HTTP request was sent to HTTPS port",) * 2),
    NGINX + b"Connection: close\r\n",
    b"400 Bad Request",
)
GO = b"Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
GO_404 = answer(b"404 page not found\n", GO, b"404 Not Found")
ETCD = answer(b'{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}', b"Content-Type: application/json\r\n")
REGISTRY = answer(
    b"{}",
    b"Content-Type: application/json; charset=utf-8\r\nDocker-Distribution-Api-Version: registry/2.0\r\n",
)
PROMETHEUS_MOVED = answer(
    b'<a href="/classic/graph">Found</a>.\n\n', b"Location: /classic/graph\r\n", b"302 Found"
)
PROMETHEUS_PAGE = answer(
    b"<title>Prometheus Time Series Collection and Processing Server</title>", b"Content-Type: text/html\r\n"
)
PROMETHEUS_BUILD = answer(
    b'{"status":"success","data":{"version":"2.42.0+ds","revision":"2.42.0+ds-5+deb12u1","goVersion":"go1.19.8"}}',
    b"Content-Type: application/json\r\n",
)
MONGODB = b"It looks like you are trying to access MongoDB over HTTP on the native driver port."
ICON = bytes(range(64))
BOA = b'HTTP/1.0 401 Unauthorized\r\nServer: Boa/0.94.13\r\nWWW-Authenticate: Basic realm="NETGEAR R7000"\r\n\r\n'

SCRIPTS: Mapping[str, list[Line]] = {
    "nginx": [SAY, ("<", answer(PAGE % (b"a", b"b"), NGINX)), SAY, ("<", NGINX_404)],
    "nginx that wants TLS": [SAY, ("<", NGINX_TLS)],
    "etcd": [SAY, ("<", GO_404), SAY, ("<", ETCD), SAY, ("<", GO_404)],
    "docker-registry": [SAY, ("<", answer(b"")), SAY, ("<", REGISTRY), SAY, ("<", GO_404)],
    "prometheus": [
        SAY, ("<", PROMETHEUS_MOVED), SAY, ("<", PROMETHEUS_PAGE), SAY, ("<", PROMETHEUS_BUILD),
        SAY, ("<", answer(ICON, b"Content-Type: image/x-icon\r\n")),
    ],
    "a device that ends every connection": [
        SAY, ("<", BOA + PAGE % (b"401", b"no")), ("end", b"closed"), AFRESH, SAY, ("end", b"reset"),
    ],
    "a page without a head": [
        SAY, ("<", b"<html><title>AXIS</title></html>"), ("end", b"closed"), AFRESH, SAY, ("end", b"closed"),
    ],
    "sent elsewhere": [
        SAY, ("<", answer(b"", b"Location: https://198.18.0.9/\r\n", b"301 Moved")), SAY, ("<", NGINX_404),
    ],
    "MongoDB": [SAY, ("<", answer(MONGODB))],
    "PHP": [SAY, ("<", answer(b"", b"X-Powered-By: PHP/8.2.29\r\n")), SAY, ("<", NGINX_404)],
}  # fmt: skip


def played(name: str, peer: Peer = PEER) -> Service:
    return play(PROTOCOL, SCRIPTS[name], peer)


def test_a_server_is_named_and_its_page_told() -> None:
    service = played("nginx")
    assert (service.protocol, service.product, service.version) == ("http", "nginx", "1.22.1")
    assert service.confidence > 0.95
    assert (service.detail["status"], service.detail["title"], service.detail["path"]) == (200, "a", "/")


def test_a_port_that_wants_tls_is_not_yet_sure() -> None:
    assert played("nginx that wants TLS").confidence == 0.6
    moved = Answer("1.1", 301, "", (("Location", "https://198.18.0.1:4711/"),))
    assert known_untrusted(moved, PEER).confidence == 0.6
    assert known_untrusted(moved, replace(PEER, tls=True)).confidence == 0.97
    assert known_untrusted(Answer("1.1", 301, "", (("Location", "https://h/"),)), PEER).confidence == 0.97


def test_a_product_that_hints_is_asked_where_it_tells() -> None:
    etcd = played("etcd", Peer("198.18.0.1", 2379))
    assert (etcd.product, etcd.version) == ("etcd", "3.4.23")
    registry = played("docker-registry", Peer("198.18.0.1", 5000))
    assert (registry.product, registry.info) == ("Docker Registry", "registry/2.0")


def test_what_hints_only_at_its_port_is_not_asked_elsewhere() -> None:
    asked = [(">", request_of("/version")), ("<", GO_404), (">", request_of("/favicon.ico")), ("<", GO_404)]
    assert play(PROTOCOL, [SAY, ("<", GO_404), *asked]).product is None  # etcd is asked for; kubelet is not


def request_of(target: str) -> bytes:
    agent = b"Mozilla/5.0 (compatible; Periplus; port identification)"
    return b"GET %s HTTP/1.1\r\nHost: 198.18.0.1:4711\r\nUser-Agent: %s\r\nAccept: */*\r\n\r\n" % (
        target.encode(),
        agent,
    )


def test_redirects_on_the_same_port_are_followed() -> None:
    service = played("prometheus")
    assert (service.product, service.version) == ("Prometheus", "2.42.0+ds")
    assert service.cpe == ("cpe:2.3:a:prometheus:prometheus:2.42.0:*:*:*:*:*:*:*",)
    assert (service.detail["path"], service.detail["sent_to"]) == ("/classic/graph", ["/classic/graph"])
    icon = service.detail["favicon"]
    assert isinstance(icon, dict)
    assert (icon["mmh3"], icon["bytes"], icon["path"]) == (icon_hash(ICON), 64, "/favicon.ico")


def test_redirects_to_others_are_told_and_not_followed() -> None:
    assert played("sent elsewhere").detail["sent_to"] == ["https://198.18.0.9/"]


def test_redirects_have_an_end() -> None:
    def hop(to: bytes) -> Line:
        return ("<", answer(b"", b"Location: /%s\r\n" % to, b"302 Found"))

    hops = [each for number in range(6) for each in (SAY, hop(b"%d" % number))]
    service = play(PROTOCOL, [*hops, SAY, ("<", NGINX_404)])
    assert service.detail["sent_to"] == [f"/{number}" for number in range(5)]
    circle = play(PROTOCOL, [SAY, hop(b"a"), SAY, hop(b"a"), SAY, ("<", NGINX_404)])
    assert circle.detail["sent_to"] == ["/a", "/a"]


def test_a_server_and_what_it_serves_are_both_told() -> None:
    service = played("a device that ends every connection")
    assert (service.product, service.version, service.device) == ("Boa", "0.94.13", "router")
    components = service.detail["components"]
    assert isinstance(components, list)
    assert [each["product"] for each in components if isinstance(each, dict)] == ["R7000"]


def test_headers_anywhere_name_the_product() -> None:
    first = answer(
        b"", b"Date: x\r\nX-Jenkins: 2.401.1\r\nSet-Cookie: JSESSIONID.1=secret\r\n", b"403 Forbidden"
    )
    service = play(PROTOCOL, [SAY, ("<", first), SAY, ("<", NGINX_404)])
    assert (service.product, service.version) == ("Jenkins", "2.401.1")
    assert "secret" not in str(service.detail)


def test_a_page_without_a_head_counts_less() -> None:
    service = played("a page without a head")
    assert (service.confidence, service.device) == (0.75, "camera")


def test_who_only_turns_browsers_away_is_not_http() -> None:
    assert played("MongoDB").confidence < 0.5


@pytest.mark.parametrize("icon", [b"", b"<svg/>", b"<!doctype html>"])
def test_what_is_no_icon_is_not_told(icon: bytes) -> None:
    service = play(PROTOCOL, [SAY, ("<", answer(b"x", NGINX)), SAY, ("<", answer(icon))])
    assert "favicon" not in service.detail


def test_an_icon_in_the_page_is_not_asked_for() -> None:
    page = b'<link rel="icon" href="data:image/png;base64,%s">' % base64.b64encode(ICON)
    assert play(PROTOCOL, [SAY, ("<", answer(page, NGINX))]).protocol == "http"


def test_what_is_no_http_is_not_known() -> None:
    for said in (
        b"220 ready\r\n",
        b"SSH-2.0-x\r\n",
        b"RTSP/1.0 400 Bad Request\r\n\r\n",
        b"\x15\x03\x01\0\2\2\x46\n",
    ):
        assert play(PROTOCOL, [SAY, ("<", said)]).protocol is None


def test_inside_tls_it_is_told_whether_http_2_is_spoken_too() -> None:
    inside = replace(PEER, tls=True)
    page: list[Line] = [SAY, ("<", answer(b"x", NGINX)), SAY, ("<", NGINX_404), AFRESH]
    settings = bytes.fromhex("000006040000000000 000300000080")
    service = play(PROTOCOL, [*page, (">", PREFACE), ("<", settings), (">", PARTING)], inside)
    assert (service.protocol, service.product) == ("http", "nginx")
    assert service.detail["http2"] == {"settings": {"max_concurrent_streams": 128}, "order": "3:128"}
    for refusal in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b""):
        said: list[Line] = [("<", refusal)] if refusal else [("end", b"closed")]
        assert "http2" not in play(PROTOCOL, [*page, (">", PREFACE), *said], inside).detail


def test_what_fails_before_keeps_nobody_from_asking_for_http_2() -> None:
    icon: list[Line] = [SAY, ("<", answer(b"x", NGINX)), SAY, ("end", b"silent"), AFRESH]
    service = play(
        PROTOCOL, [*icon, (">", PREFACE), ("<", bytes(9)), ("end", b"closed")], replace(PEER, tls=True)
    )
    assert (service.protocol, service.problems) == ("http", ("http: the peer silent",))


def test_what_looks_like_http() -> None:
    assert looks_untrusted(b"HTTP/1.1 400 Bad Request\r\n") == 0.9
    assert looks_untrusted(b"SSH-2.0-x\r\n") == 0


@given(any_answer)
def test_any_answer(answer: Answer) -> None:
    known = known_untrusted(answer, PEER)
    assert 0 < known.confidence <= 0.97
    assert known.why

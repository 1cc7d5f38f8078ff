"""HTTP/1.1: the page at ``/``, and what follows from it (`http/explore.py`); inside TLS whether HTTP/2 is spoken too.

RFC 9110, RFC 9112. Requests are GET, without credentials, with a name that says who asks.

Identified by a status line. It counts less for a page without any head (HTTP/0.9), for a TLS port that complains
about plain text (the service is inside), for a proxy (`http_proxy.py` tells more), and for services of other
protocols that only turn browsers away.

Limits: scripts are not run. Who speaks only HTTP/2 is known by a file of its own (`http2.py`).
"""

from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.http.explore import explored_untrusted
from periplus.identify.http.message import Answer, ask
from periplus.identify.http.roles import BARELY_HTTP, LOOKS, PROXY, WANTS_TLS, marks
from periplus.identify.http.texts import told_untrusted
from periplus.identify.http.two import ALPN, PARTING, PREFACE, first_settings
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Afresh, Known, Say, Talk, Told, Want

__all__ = ["PROTOCOL", "known_untrusted", "looks_untrusted"]

SURE = 0.7
PORTS = (
    80, 81, 82, 83, 84, 85, 86, 88, 280, 591, 593, 800, 808, 880, 888, 1010, 1024, 1400, 2082, 2086, 2095, 2375, 2379,
    2480, 3000, 3001, 3002, 3333, 4000, 4001, 4040, 4200, 4567, 4646, 4848, 5000, 5001, 5050, 5080, 5104, 5357, 5555,
    5601, 5800, 5984, 6080, 6789, 7000, 7001, 7002, 7070, 7080, 7125, 7474, 7547, 7777, 7878, 8000, 8001, 8002, 8006,
    8008, 8009, 8010, 8020, 8060, 8069, 8080, 8081, 8082, 8083, 8084, 8085, 8086, 8087, 8088, 8089, 8090, 8091, 8096,
    8100, 8111, 8112, 8123, 8161, 8180, 8181, 8200, 8222, 8280, 8300, 8384, 8400, 8428, 8443, 8500, 8529, 8530, 8765,
    8800, 8880, 8888, 8983, 8989, 9000, 9001, 9002, 9009, 9080, 9081, 9090, 9091, 9093, 9117, 9180, 9191, 9200, 9443,
    9600, 9870, 9981, 9999, 10000, 10249, 10255, 11434, 15672, 16010, 18080, 19999, 28017, 32400, 49152, 50070, 61208,
)  # fmt: skip
TLS_PORTS = (
    443, 444, 832, 981, 1311, 2083, 2087, 2096, 2376, 3443, 4343, 4433, 4443, 5001, 5443, 5986, 6443, 7443, 8006,
    8089, 8243, 8443, 8444, 8531, 8834, 9043, 9443, 9943, 10000, 10250, 10443, 11443, 16993, 17778, 18443, 20443,
)  # fmt: skip


def looks_untrusted(data: bytes) -> float:
    """How sure bytes make of HTTP: a status line."""
    return 0.9 if LOOKS.match(data) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the page, what follows from it, and whether there is HTTP/2."""
    first = yield from ask(peer)
    known = known_untrusted(first, peer)
    yield known
    yield told_untrusted(first, "/")
    if known.confidence < SURE:
        return
    fault: BadReply | None = None
    try:
        yield from explored_untrusted(peer, first, ask)
    except BadReply as error:
        fault = error
    if peer.tls:
        yield from _second_version()
    if fault is not None:
        raise fault


def _second_version() -> Generator[Want, bytes, None]:
    """Begin HTTP/2 where TLS agrees on it, by a connection that offers nothing else; tell its settings."""
    try:
        yield Afresh(alpn=(ALPN,))
        yield Say(PREFACE)
        _, settings = yield from first_settings()
    except BadReply:
        return
    yield Told(detail={"http2": settings})
    yield Say(PARTING)


def known_untrusted(answer: Answer, peer: Peer) -> Known:
    """Return how sure an answer makes of HTTP."""
    seen = marks(answer)
    if BARELY_HTTP.search(seen):
        return Known(0.3, "HTTP only to turn browsers away")
    if not peer.tls and (WANTS_TLS.search(seen) or _sent_into_tls(answer, peer)):
        return Known(0.6, "HTTP that asks for TLS")
    if PROXY.search(seen):
        return Known(0.65, "HTTP of a proxy")
    if answer.version == "ICY":
        return Known(0.65, "a status line as of HTTP, ICY")
    if answer.version == "0.9":
        return Known(0.75, "a page without any head")
    return Known(0.97 if answer.headers else 0.9, f"status line HTTP/{answer.version} {answer.status}")


def _sent_into_tls(answer: Answer, peer: Peer) -> bool:
    location = answer.get("location").lower()
    return f":{peer.port}/" in location.removeprefix("https:") and location.startswith("https:")


PROTOCOL = Protocol(
    name="http",
    title="Hypertext Transfer Protocol",
    source="RFC 9112",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=PORTS,
    tls_ports=TLS_PORTS,
    rarity=1,
)

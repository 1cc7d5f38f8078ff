"""HTTP/1.1: the page at ``/``, followed where it leads on the same port; one further question when it hints at a
product that would tell more; the icon.

RFC 9110, RFC 9112. Requests are GET, without credentials, with a name that says who asks. Redirects to other hosts or
ports are told and not followed.

Identified by a status line. It counts less for a page without any head (HTTP/0.9), for a TLS port that complains
about plain text (the service is inside), for a proxy (`http_proxy.py` tells more), and for services of other
protocols that only turn browsers away.

Limits: HTTP/2 has its own file; scripts are not run.
"""

import hashlib
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.http.hint import asks_untrusted
from periplus.identify.http.hints import HINTS
from periplus.identify.http.message import Answer, asked, request
from periplus.identify.http.murmur import icon_hash
from periplus.identify.http.page import icon_untrusted, sent_to_untrusted, target_untrusted, text_untrusted
from periplus.identify.http.roles import BARELY_HTTP, LOOKS, PROXY, WANTS_TLS, marks
from periplus.identify.http.texts import texts_untrusted, told_untrusted
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Detail, Known, Talk, Told, Want

__all__ = ["PROTOCOL", "known_untrusted", "looks_untrusted"]

MOST_REDIRECTS = 5
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
    """Ask for the page, what it leads to, what it hints at, and its icon."""
    first = yield from asked(request(peer))
    known = known_untrusted(first, peer)
    yield known
    yield told_untrusted(first, "/")
    if known.confidence < SURE:
        return
    last, target = yield from _followed(peer, first)
    seen = {
        key: "\n".join(dict.fromkeys((said, texts_untrusted(last)[key])))
        for key, said in texts_untrusted(first).items()
    }
    after = yield from asks_untrusted(peer, HINTS, seen, last)
    yield from _icon(peer, after, target, icon_untrusted(text_untrusted(last)))


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


def _followed(peer: Peer, first: Answer) -> Generator[Want, bytes, tuple[Answer, str]]:
    """Follow redirects on the same port; return the last answer and what it answers."""
    answer, target = first, "/"
    hops: list[Detail] = []
    been = {target}
    for _ in range(MOST_REDIRECTS):
        reference = sent_to_untrusted(answer, text_untrusted(answer))
        if not reference:
            break
        hops = [*hops, reference]
        there = target_untrusted(peer, target, reference)
        if there is None or there in been:
            break
        try:
            answer, target = (yield from asked(request(peer, there), answer)), there
        except BadReply:
            break
        been = {*been, target}
        yield told_untrusted(answer, target)
    if hops:
        yield Told(detail={"sent_to": hops})
    return answer, target


def _icon(peer: Peer, before: Answer, base: str, reference: str) -> Generator[Want, bytes, None]:
    """Ask for the icon and tell its hashes."""
    target = target_untrusted(peer, base, reference)
    if target is None:
        return
    icon = yield from asked(request(peer, target), before)
    if icon.status != 200 or not icon.body or "html" in icon.get("content-type") or icon.body[:1] == b"<":
        return
    hashed = icon_hash(icon.body)
    digests: dict[str, Detail] = {
        "md5": hashlib.md5(icon.body, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(icon.body).hexdigest(),
    }
    yield Told(
        texts={"http.favicon": str(hashed), "http.favicon_md5": str(digests["md5"])},
        detail={"favicon": {"path": target, "mmh3": hashed, **digests, "bytes": len(icon.body)}},
    )


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

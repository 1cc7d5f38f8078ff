"""A forward proxy for HTTP: a request in absolute form (RFC 9112 section 3.2.2) for the proxy's own address.

Nothing is asked of any other host, so an open proxy is not told from a closed one.

Identified by what only a proxy says: status 407, a header of its own, its name in ``Server``. ``Via`` alone is none
of these, as reverse proxies send it too.
"""

from periplus.errors import BadReply
from periplus.identify.http.message import asked, request
from periplus.identify.http.roles import LOOKS, PROXY, marks
from periplus.identify.http.texts import told_untrusted
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Known, Talk, Told

__all__ = ["PROTOCOL", "looks_untrusted"]

MOST_LOOKED_AT = 8_192


def looks_untrusted(data: bytes) -> float:
    """How sure an answer makes of a proxy."""
    return 0.91 if LOOKS.match(data) and PROXY.search(data[:MOST_LOOKED_AT].replace(b"\r", b"")) else 0.0


def talk_untrusted(peer: Peer) -> Talk:
    """Ask for the proxy itself."""
    own = f"{'https' if peer.tls else 'http'}://{peer.authority}/"
    answer = yield from asked(request(peer, own))
    found = PROXY.search(marks(answer))
    if found is None:
        raise BadReply("an answer that need not be a proxy's")
    yield Known(0.93, f"a proxy's {found[0].decode('latin-1')}")
    wants = answer.get("proxy-authenticate")
    yield told_untrusted(answer, own)
    yield Told(
        texts={"http.via": answer.get("via")} if answer.get("via") else {},
        info="password required" if wants else None,
        detail={"proxy_authenticate": wants} if wants else {},
    )


PROTOCOL = Protocol(
    name="http-proxy",
    title="Proxy for HTTP",
    source="RFC 9110 section 7",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(3128, 8118, 8123, 8888),
    rarity=8,
)

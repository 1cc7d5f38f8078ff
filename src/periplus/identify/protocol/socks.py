"""SOCKS proxies. Version 5: which way of authentication it chooses. Version 4: what it says to no command at all.

RFC 1928 section 3; "SOCKS: A protocol for TCP proxy across firewalls" (Ying-Da Lee, 1992). Nothing is connected to:
version 5 is left after the choice of a method, and version 4 has no step before the request, so the request has
command 0 (1 is CONNECT, 2 is BIND) and no address. SOCKS has no word for the proxy's name, but some say it to
browsers.

Limits: two bytes are thin evidence for version 5, so it is fairly sure only if the proxy then waits for a request.
"""

from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import Afresh, End, Ended, Exactly, Known, Line, Say, Some, Talk, Told, Want

__all__ = ["PROTOCOLS", "looks_5_untrusted"]

METHODS = {0: "none", 1: "GSSAPI", 2: "user name and password"}
NONE_FITS = 0xFF
OFFER = bytes([5, len(METHODS), *METHODS])
NO_COMMAND = bytes([4, 0, 0, 0, 0, 0, 0, 0]) + b"periplus\0"
ANSWERS_4 = {0x5A: "granted", 0x5B: "rejected", 0x5C: "no ident", 0x5D: "another name by ident"}
PATIENCE_S = 0.7
BROWSER, MOST_LINE = b"GET / HTTP/1.0\r\n\r\n", 256


def looks_5_untrusted(data: bytes) -> float:
    """How sure an answer makes of SOCKS 5: all of it must be a choice or a refusal."""
    return 0.3 if data in (b"\x05\xff", b"\x05\0") else 0.0


def talk_5_untrusted(peer: Peer) -> Talk:
    """Offer all methods that there are."""
    yield Say(OFFER)
    version, method = yield Exactly(2)
    if version != 5 or method not in (*METHODS, NONE_FITS):
        raise BadReply("no choice of a method")
    yield Known(0.6, "chooses a method of SOCKS 5")
    yield Told(
        info={0: "no authentication", NONE_FITS: "refuses us"}.get(method, "authentication required"),
        detail={"method": METHODS.get(method, "none fits")},
    )
    try:
        yield Some(1, PATIENCE_S)
    except Ended as ended:
        if (ended.why is End.SILENT) is (method != NONE_FITS):
            yield Known(0.85, "chooses a method of SOCKS 5, and then does as it should")
            yield from _to_a_browser()
        return
    yield Known(0.3, "chooses a method, but says more than it should")


def _to_a_browser() -> Generator[Want, bytes, None]:
    """Ask for a page, over a new connection: some proxies say by name that they have none."""
    yield Afresh()
    yield Say(BROWSER)
    answer = yield Line(MOST_LINE, PATIENCE_S)
    yield Told(texts={"socks.browser": answer.decode("latin-1")})


def talk_4_untrusted(peer: Peer) -> Talk:
    """Ask for nothing."""
    yield Say(NO_COMMAND)
    answer = yield Exactly(8)
    if answer[0] != 0 or answer[1] not in ANSWERS_4:
        raise BadReply("no answer of SOCKS 4")
    yield Known(0.8, "answers as SOCKS 4 does")
    yield Told(detail={"answer": ANSWERS_4[answer[1]]})


PORTS = (1080, 1081, 9050, 9150)
PROTOCOLS = (
    Protocol(
        name="socks5",
        title="SOCKS 5",
        source="RFC 1928",
        talk=talk_5_untrusted,
        looks=looks_5_untrusted,
        ports=PORTS,
        rarity=6,
    ),
    Protocol(
        name="socks4",
        title="SOCKS 4",
        source="SOCKS 4 (Lee, 1992)",
        talk=talk_4_untrusted,
        ports=PORTS,
        rarity=8,
    ),
)

"""FTP: the greeting, FEAT and SYST, then AUTH TLS; nobody logs in.

RFC 959 section 4.2, RFC 2389 section 3 (FEAT), RFC 4217 section 4 (AUTH TLS).

Identified by the answer to FEAT (211) or SYST (215). A greeting that names FTP is less sure, as host names do so too;
a plain ``220`` may also be a mail server's.
"""

import re
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.replies import Reply, reply
from periplus.identify.talk import Known, Say, Secure, Talk, Told, Want

__all__ = ["PROTOCOL", "looks_untrusted", "upgrade_untrusted"]

READY, SOON, FEATURES, SYSTEM, SECURED, LOG_IN = 220, 120, 211, 215, 234, 530
AUTH_TLS = b"AUTH TLS\r\n"
NAMED = re.compile(r"ftp(?![\w-]*\.\w)", re.IGNORECASE)  # as in "vsFTPd", not as in "ftp.example.com"
MAIL = re.compile(r"e?smtp|mail", re.IGNORECASE)


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of FTP."""
    if not data.startswith((b"220 ", b"220-", b"120 ", b"421 ", b"421-", b"500 ", b"530 ")):
        return 0.0
    text = data.decode("ascii", "replace")
    if MAIL.search(text):
        return 0.1
    return 0.9 if NAMED.search(text) else 0.4


def talk_untrusted(peer: Peer) -> Talk:
    """Take the greeting, ask for features and system, then for TLS."""
    greeting = yield from _greeting()
    named = bool(NAMED.search(greeting.text)) and not MAIL.search(greeting.text)
    yield Told(texts={"ftp.greeting": greeting.text}, detail={"greeting": greeting.text})
    if named:
        yield Known(0.8, f"{greeting.code} and a greeting that names FTP")
    if greeting.code != READY:
        yield Told(info="takes no user now")
        return
    yield Say(b"FEAT\r\n")
    features = yield from reply()
    if features.code == FEATURES:
        yield Known(0.97, "211 to FEAT")
        yield Told(detail={"features": [*features.lines[1:-1]]})
    yield Say(b"SYST\r\n")
    system = yield from reply()
    if system.code == SYSTEM:
        yield Known(0.97, "215 to SYST")
        yield Told(texts={"ftp.syst": system.text}, detail={"syst": system.text})
    elif features.code != FEATURES and LOG_IN in (features.code, system.code):
        yield Known(0.85, "wants a login before SYST")
    elif features.code != FEATURES and not named:
        raise BadReply("neither FEAT nor SYST is known")
    if not peer.tls and _may_secure(features):
        yield Say(AUTH_TLS)
        secured = yield from reply()
        yield Told(detail={"auth_tls": secured.code == SECURED})
        if secured.code == SECURED:
            yield Secure()
    yield Say(b"QUIT\r\n")


def _greeting() -> Generator[Want, bytes, Reply]:
    greeting = yield from reply()
    return (yield from reply()) if greeting.code == SOON else greeting


def upgrade_untrusted(peer: Peer) -> Talk:
    """Take the greeting and begin TLS."""
    answer = yield from _greeting()
    if answer.code == READY:
        yield Say(AUTH_TLS)
        answer = yield from reply()
    if answer.code != SECURED:
        raise BadReply(f"{answer.code} {answer.text}")
    yield Secure()


def _may_secure(features: Reply) -> bool:
    return features.code != FEATURES or any("AUTH" in each.upper() for each in features.lines)


PROTOCOL = Protocol(
    name="ftp",
    title="File Transfer Protocol",
    source="RFC 959",
    talk=talk_untrusted,
    looks=looks_untrusted,
    ports=(21, 2121, 8021),
    tls_ports=(990,),
    first=First.SERVER,
    rarity=2,
    upgrade=upgrade_untrusted,
)

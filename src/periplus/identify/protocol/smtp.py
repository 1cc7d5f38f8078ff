"""SMTP and LMTP: the greeting, EHLO (LHLO), HELP, then STARTTLS and EHLO again inside.

RFC 5321 sections 4.1.1.1 and 4.2, RFC 3207 (STARTTLS), RFC 2033 (LMTP). No mail is begun and nobody logs in.

Identified by 250 to EHLO, or to HELO where that is not known.
"""

import re
from collections.abc import Generator
from functools import partial

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.replies import Reply, reply
from periplus.identify.talk import Known, Say, Secure, Talk, Told, Want

__all__ = ["PROTOCOLS", "looks_lmtp_untrusted", "looks_untrusted", "upgrade_untrusted"]

READY, DONE, HELP = 220, 250, (211, 214)
EHLO, LHLO = b"EHLO", b"LHLO"
US = b"periplus.invalid"
GREETS = (b"220 ", b"220-", b"554 ", b"554-", b"421 ")
MAIL = re.compile(rb"e?smtp|mail|postfix|exim", re.IGNORECASE)
HOST_FIRST = re.compile(rb"220[ -][\w-]+(?:\.[\w-]+)+(?:\s|$)")
HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def looks_untrusted(data: bytes) -> float:
    """How sure the first bytes make of SMTP."""
    if not data.startswith(GREETS) or b"LMTP" in data:
        return 0.0
    if MAIL.search(data):
        return 0.9
    return 0.5 if HOST_FIRST.match(data) and b"FTP" not in data.upper() else 0.3


def looks_lmtp_untrusted(data: bytes) -> float:
    """How sure the first bytes make of LMTP."""
    if not data.startswith(GREETS) or MAIL.search(data.replace(b"LMTP", b"")):
        return 0.0
    return 0.95 if b"LMTP" in data else 0.2


def talk_untrusted(peer: Peer, hello: bytes = EHLO) -> Talk:
    """Take the greeting, say hello, ask for help, begin TLS where it is offered."""
    greeting = yield from reply()
    if greeting.code not in (READY, 554, 421):
        raise BadReply("no greeting of a mail server")
    if (b"SMTP" if hello == LHLO else b"LMTP") in greeting.text.encode():
        raise BadReply("a greeting that names the other protocol")
    first = greeting.lines[0].split(" ")[0]
    yield Told(
        texts={"smtp.greeting": greeting.text},
        hostname=first if HOST.fullmatch(first) else None,
        detail={"greeting": greeting.text},
    )
    if greeting.code != READY:
        if MAIL.search(greeting.text.encode()):
            yield Known(0.7, f"{greeting.code} and a greeting that names mail")
            yield Told(info="takes no mail from here")
        return
    extensions = yield from _greeted(hello)
    yield Told(
        texts={"smtp.hello": extensions.text},
        detail={"hello": extensions.lines[0], "extensions": [*extensions.lines[1:]]},
    )
    yield Say(b"HELP\r\n")
    help_ = yield from reply()
    if help_.code in HELP:
        yield Told(texts={"smtp.help": help_.text}, detail={"help": help_.text})
    offered = not peer.tls and any(each.upper() == "STARTTLS" for each in extensions.lines[1:])
    if offered and (yield from _asked_for_tls()).code == READY:
        yield Secure()
        secured = yield from _greeted(hello)
        yield Told(detail={"extensions_tls": [*secured.lines[1:]]})
    yield Say(b"QUIT\r\n")


def _asked_for_tls() -> Generator[Want, bytes, Reply]:
    yield Say(b"STARTTLS\r\n")
    return (yield from reply())


def upgrade_untrusted(peer: Peer, hello: bytes = EHLO) -> Talk:
    """Say hello and begin TLS."""
    answer = yield from reply()
    if answer.code == READY:
        yield from _greeted(hello)
        answer = yield from _asked_for_tls()
    if answer.code != READY:
        raise BadReply(f"{answer.code} {answer.text}")
    yield Secure()


def talk_lmtp_untrusted(peer: Peer) -> Talk:
    """The same with LMTP's own hello."""
    return talk_untrusted(peer, LHLO)


def _greeted(hello: bytes) -> Generator[Want, bytes, Reply]:
    """Say hello, in the old way if the new one is not known."""
    yield Say(hello + b" " + US + b"\r\n")
    answer = yield from reply()
    if answer.code == DONE:
        yield Known(0.97, f"250 to {hello.decode()}")
        return answer
    if hello == LHLO:
        raise BadReply("no hello of LMTP")
    yield Say(b"HELO " + US + b"\r\n")
    answer = yield from reply()
    if answer.code != DONE:
        raise BadReply("no hello is known")
    yield Known(0.95, "250 to HELO")
    return Reply(answer.code, answer.lines[:1])


PROTOCOLS = (
    Protocol(
        name="smtp",
        title="Simple Mail Transfer Protocol",
        source="RFC 5321",
        talk=talk_untrusted,
        looks=looks_untrusted,
        ports=(25, 26, 587, 2525),
        tls_ports=(465,),
        first=First.SERVER,
        rarity=1,
        upgrade=upgrade_untrusted,
    ),
    Protocol(
        name="lmtp",
        title="Local Mail Transfer Protocol",
        source="RFC 2033",
        talk=talk_lmtp_untrusted,
        looks=looks_lmtp_untrusted,
        ports=(24, 2003),
        first=First.SERVER,
        rarity=8,
        upgrade=partial(upgrade_untrusted, hello=LHLO),
    ),
)

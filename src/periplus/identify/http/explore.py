"""What follows from a first page: where it leads on the same port, one further question when it hints at a product
that would tell more, and the icon. A piece of a talk, the same for each version of HTTP.

Redirects to other hosts or ports are told and not followed.
"""

import hashlib
from collections.abc import Generator

from periplus.errors import BadReply
from periplus.identify.http.hint import asks_untrusted
from periplus.identify.http.hints import HINTS
from periplus.identify.http.message import Answer, Ask
from periplus.identify.http.murmur import icon_hash
from periplus.identify.http.page import icon_untrusted, sent_to_untrusted, target_untrusted, text_untrusted
from periplus.identify.http.texts import texts_untrusted, told_untrusted
from periplus.identify.model import Peer
from periplus.identify.talk import Detail, Told, Want

__all__ = ["explored_untrusted"]

MOST_REDIRECTS = 5


def explored_untrusted(peer: Peer, first: Answer, ask: Ask) -> Generator[Want, bytes, None]:
    """Ask on after the answer for ``/``."""
    last, target = yield from _followed(peer, first, ask)
    seen = {
        key: "\n".join(dict.fromkeys((said, texts_untrusted(last)[key])))
        for key, said in texts_untrusted(first).items()
    }
    after = yield from asks_untrusted(peer, HINTS, seen, last, ask)
    yield from _icon(peer, after, target, icon_untrusted(text_untrusted(last)), ask)


def _followed(peer: Peer, first: Answer, ask: Ask) -> Generator[Want, bytes, tuple[Answer, str]]:
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
            answer, target = (yield from ask(peer, there, "GET", answer)), there
        except BadReply:
            break
        been = {*been, target}
        yield told_untrusted(answer, target)
    if hops:
        yield Told(detail={"sent_to": hops})
    return answer, target


def _icon(peer: Peer, before: Answer, base: str, reference: str, ask: Ask) -> Generator[Want, bytes, None]:
    """Ask for the icon and tell its hashes."""
    target = target_untrusted(peer, base, reference)
    if target is None:
        return
    icon = yield from ask(peer, target, "GET", before)
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

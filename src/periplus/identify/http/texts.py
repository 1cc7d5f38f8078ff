"""An answer in HTTP as texts for signatures and as details for a reader.

The fields are http.server, http.auth, http.title, http.generator, http.powered, http.cookie (names), http.body (its
first 4,096 characters) and http.header (all, one a line). Their order is that in which they name the product: the
server before what it serves.

Values of cookies are left out: they differ with every answer, and are nobody's business.
"""

import hashlib

from periplus.identify.http.message import Answer
from periplus.identify.http.page import generator_untrusted, text_untrusted, title_untrusted
from periplus.identify.talk import Detail, Told

__all__ = ["texts_untrusted", "told_untrusted"]

MOST_TEXT = 4_096
POWERED = ("x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator", "x-powered-cms")
COOKIE = "set-cookie"


def texts_untrusted(answer: Answer) -> dict[str, str]:
    """Return what signatures read of an answer; a field that it lacks is empty."""
    text = text_untrusted(answer)
    shown = _shown(answer)
    return {
        "http.server": answer.get("server"),
        "http.auth": answer.get("www-authenticate"),
        "http.title": title_untrusted(text),
        "http.generator": generator_untrusted(text),
        "http.powered": "\n".join(each for name in POWERED for each in answer.all(name)),
        "http.cookie": "\n".join(each.partition("=")[0].strip() for each in answer.all(COOKIE)),
        "http.body": text[:MOST_TEXT],
        "http.header": "\n".join(f"{key}: {value}" for key, value in shown),
    }


def told_untrusted(answer: Answer, target: str) -> Told:
    """Return what an answer to a request for `target` tells."""
    texts = {key: value for key, value in texts_untrusted(answer).items() if value}
    detail: dict[str, Detail] = {
        "path": target,
        "status": answer.status,
        "reason": answer.reason,
        "version": answer.version,
        "headers": [[key, value] for key, value in _shown(answer)],
        "body_bytes": len(answer.body),
        "body_sha256": hashlib.sha256(answer.body).hexdigest(),
    }
    named = {key: texts[f"http.{key}"] for key in ("title", "generator") if f"http.{key}" in texts}
    return Told(texts=texts, detail={**detail, **named})


def _shown(answer: Answer) -> list[tuple[str, str]]:
    return [(key, _bare(value) if key.lower() == COOKIE else value) for key, value in answer.headers]


def _bare(cookie: str) -> str:
    """Return a cookie without its value."""
    named, *attributes = cookie.split(";")
    return ";".join((named.partition("=")[0] + "=", *attributes))

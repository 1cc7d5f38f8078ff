"""What a page says of itself: its text, title, generator and icon, and where it sends the reader.

The HTML standard for titles, ``<meta>`` and ``<link>``, found by expressions and not by a parser: pages of
devices are rarely well formed, and three elements are wanted. RFC 3986 for where a reference leads.

Limits: titles that scripts write are not seen.
"""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

from periplus.identify.http.message import Answer
from periplus.identify.model import Peer

__all__ = [
    "generator_untrusted",
    "icon_untrusted",
    "sent_to_untrusted",
    "target_untrusted",
    "text_untrusted",
    "title_untrusted",
]

MOST_TITLE, MOST_TITLE_TEXT = 256, 2_000
MOST_TARGET = 2_048
# Python knows codecs that are no charsets, and some that take long over hostile bytes.
CHARSETS = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|us-ascii|iso-?8859-\d{1,2}|latin-?1|windows-\d{3,4}|cp\d{3,4}|koi8-[ru]|gbk|gb2312|gb18030"
    r"|big5|shift[_-]?jis|euc-(?:jp|kr)",
    re.IGNORECASE,
)
CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w-]{1,20})", re.IGNORECASE)
TITLE = re.compile(r"<title\b[^<>]{0,200}>", re.IGNORECASE)
TITLE_ENDS = re.compile(r"</title|<(?:/?head|body|meta|link|script)\b", re.IGNORECASE)
TAG = re.compile(r"<(meta|link)\b([^<>]{0,2000})>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"([\w-]{1,40})\s*=\s*(?:\"([^\"]{0,1500})\"|'([^']{0,1500})'|([^\s\"'>]{1,1500}))")
REFRESH = re.compile(r"\s*(\d{1,4})(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"'\s]+)", re.IGNORECASE)
SCRIPTED = re.compile(
    r"(?:window|document|self|top|parent)\.(?:top\.)?location(?:\.href)?\s*(?:=\s*|\.replace\(\s*)[\"']([^\"'\s]{1,300})[\"']\s*[;)<\n]",
    re.IGNORECASE,
)
SCRIPTED_WITHIN = 1_500  # a page that only sends on is short


def text_untrusted(answer: Answer) -> str:
    """Return the body as text, by the charset of its mark, header or ``<meta>``, else UTF-8 or Windows-1252."""
    body = answer.body
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    named = CHARSET.search(answer.get("content-type")) or CHARSET.search(body[:2048].decode("latin-1"))
    if named and CHARSETS.fullmatch(named[1]) and named[1].lower() not in ("utf-8", "utf8"):
        try:
            return body.decode(named[1], "replace")
        except LookupError:
            pass
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut = error.end >= len(body) - 3 and error.reason == "unexpected end of data"
        return body.decode("utf-8-sig" if cut else "cp1252", "replace")


def title_untrusted(text: str) -> str:
    """Return the title in one line; empty: there is none."""
    found = TITLE.search(text)
    if found is None:
        return ""
    title = TITLE_ENDS.split(text[found.end() : found.end() + MOST_TITLE_TEXT], maxsplit=1)[0]
    return " ".join(unescape(title).split())[:MOST_TITLE]


def _tags(text: str, kind: str) -> list[dict[str, str]]:
    """Return the attributes of all elements of a kind."""
    return [
        {
            each[1].lower(): unescape(each[2] or each[3] or each[4] or "")
            for each in ATTRIBUTE.finditer(found[2])
        }
        for found in TAG.finditer(text)
        if found[1].lower() == kind
    ]


def generator_untrusted(text: str) -> str:
    """Return what made the page; several generators one a line."""
    named = [
        tag.get("content", "") for tag in _tags(text, "meta") if tag.get("name", "").lower() == "generator"
    ]
    return "\n".join(" ".join(each.split()) for each in named if each)[:1000]


def icon_untrusted(text: str) -> str:
    """Return the reference of the page's icon: its own, or the customary one."""
    named = (tag for tag in _tags(text, "link") if "icon" in tag.get("rel", "").lower().split())
    return next((tag["href"] for tag in named if tag.get("href")), "/favicon.ico")


def sent_to_untrusted(answer: Answer, text: str) -> str:
    """Return where the answer sends its reader, by status, refresh or a script; empty: nowhere."""
    if 300 <= answer.status < 400 and answer.status != 304:
        return next(iter(answer.all("location")), "")[:MOST_TARGET]
    if answer.status != 200:
        return ""
    refresh = [answer.get("refresh")]
    refresh += [
        tag.get("content", "")
        for tag in _tags(text, "meta")
        if tag.get("http-equiv", "").lower() == "refresh"
    ]
    found = next((found for each in refresh if (found := REFRESH.match(each)) and int(found[1]) <= 10), None)
    if found is not None:
        return found[2][:MOST_TARGET]
    scripted = SCRIPTED.search(text) if len(text) <= SCRIPTED_WITHIN else None
    return scripted[1] if scripted else ""


def target_untrusted(peer: Peer, base: str, reference: str) -> str | None:
    """Return the request target that a reference leads to on the same peer; None: it leads elsewhere."""
    scheme = "https" if peer.tls else "http"
    try:
        went = urlsplit(urljoin(f"{scheme}://{peer.authority}{base}", reference.strip()))
        port = went.port or {"https": 443, "http": 80}.get(went.scheme)
        host = went.hostname
    except ValueError:
        return None
    if (
        went.scheme != scheme
        or port != peer.port
        or host not in (peer.address, peer.name and peer.name.lower())
    ):
        return None
    target = (went.path or "/") + (f"?{went.query}" if went.query else "")
    fits = len(target) <= MOST_TARGET and target.startswith("/")
    return _quoted(target) if fits else None


def _quoted(target: str) -> str:
    """Return the target with everything quoted that would break a request line."""
    return "".join(
        each if "!" <= each <= "~" else "".join(f"%{byte:02X}" for byte in each.encode("utf-8", "replace"))
        for each in target
    )

"""One HTTP request, and its answer read in whatever shape devices send it.

RFC 9110 and RFC 9112 for what is right: framing by length, by chunks, by the end of the connection; RFC 1952 and 1950
for packed bodies. What is wrong is taken as far as it goes: lines ended by a bare LF, headers without a colon, a
version that does not exist, lengths that lie, connections that end in the middle. h11 refuses most of that, and wants
to own the connection's state, which here is the talk; so framing is written here.

Limits: of a body `MOST_BODY` bytes are taken, packed or unpacked; trailers are dropped.
"""

import re
import zlib
from collections.abc import Callable, Generator
from dataclasses import dataclass

from periplus.errors import BadReply
from periplus.identify.model import Peer
from periplus.identify.talk import Afresh, End, Ended, Exactly, Line, Say, Some, Want

__all__ = [
    "AGENT",
    "MOST_BODY",
    "STATUS_LINE",
    "Answer",
    "Ask",
    "answer_untrusted",
    "ask",
    "asked",
    "header_text",
    "request",
    "unpacked_untrusted",
]

AGENT = "Mozilla/5.0 (compatible; Periplus; port identification)"  # devices serve what calls itself a browser
MOST_BODY = 64 << 10
MOST_LINE = 16_384
MOST_LINES = 128
MOST_INTERIM = 4  # answers 1xx before the real one
MOST_BLANK = 3  # empty lines before a status line
SWITCHING = 101
BODILESS = (204, 304)
STATUS_LINE = re.compile(rb"(HTTP|ICY)(?:/(\d(?:\.\d)?))? +(\d{3})(?: +(.*)|\s*)$", re.DOTALL)
BARE_PAGE = re.compile(rb"\s*<(?:!doctype html|html|head|title)\b", re.IGNORECASE)
AUTO_ZLIB, RAW_ZLIB = 47, -15
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. `version` is "0.9" for a page without any head; `body` is unpacked.

    `reusable`: the connection may be used for another request.
    """

    version: str
    status: int
    reason: str = ""
    headers: Headers = ()
    body: bytes = b""
    reusable: bool = False

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key.lower() == name]

    def get(self, name: str) -> str:
        """Return a header's values in one line; empty: it is not there."""
        return ", ".join(self.all(name))

    @property
    def lines(self) -> str:
        """All headers, one a line."""
        return "\n".join(f"{key}: {value}" for key, value in self.headers)


def request(
    peer: Peer, target: str = "/", method: str = "GET", headers: Headers = (), body: bytes = b""
) -> bytes:
    """Return a request; `target` as it goes into the request line."""
    length = (("Content-Length", str(len(body))),) if body else ()
    fixed = (("Host", peer.authority), ("User-Agent", AGENT), ("Accept", "*/*"))
    head = [f"{method} {target} HTTP/1.1", *(f"{key}: {value}" for key, value in (*fixed, *headers, *length))]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1", "replace") + body


def asked(message: bytes, before: Answer | None = None) -> Generator[Want, bytes, Answer]:
    """Send a request and return its answer; `before`: the answer before it, on the connection that is there."""
    if before is not None and not before.reusable:
        yield Afresh()
    yield Say(message)
    try:
        return (yield from answer_untrusted())
    except Ended as ended:
        if before is None or not before.reusable or ended.why not in (End.CLOSED, End.RESET):
            raise
    yield Afresh()  # the server was tired of the connection
    yield Say(message)
    return (yield from answer_untrusted())


# Asks a peer for a target by a method, after an answer on the connection that is there, and gives the answer.
Ask = Callable[[Peer, str, str, Answer | None], Generator[Want, bytes, Answer]]


def ask(
    peer: Peer, target: str = "/", method: str = "GET", before: Answer | None = None
) -> Generator[Want, bytes, Answer]:
    """Ask over HTTP/1.1 (an `Ask`)."""
    return asked(request(peer, target, method), before)


def answer_untrusted() -> Generator[Want, bytes, Answer]:
    """Read an answer; raises BadReply when it is none."""
    for _ in range(MOST_INTERIM):
        first, cut = yield from _first_line()
        if BARE_PAGE.match(first):
            return Answer("0.9", 200, body=first if cut else first + b"\n" + (yield from _to_the_end()))
        bare, ended = yield from _head(first, cut)
        if not 100 <= bare.status < 200 or bare.status == SWITCHING:
            return bare if ended else (yield from _with_body(bare))
    raise BadReply("only interim answers")


def _first_line() -> Generator[Want, bytes, tuple[bytes, bool]]:
    """Read the first line that is not empty; True: the peer ended within it."""
    for _ in range(MOST_BLANK):
        try:
            line = yield Line(MOST_LINE)
        except Ended as ended:
            if not ended.rest:
                raise
            return ended.rest, True
        if line:
            return line, False
    raise BadReply("empty lines")


def _head(first: bytes, cut: bool) -> Generator[Want, bytes, tuple[Answer, bool]]:
    """Read what is before the body; True: there can be none."""
    found = STATUS_LINE.match(first)
    if found is None:
        raise BadReply("no HTTP status line")
    headers, ended = ((), True) if cut else (yield from _headers())
    version = "ICY" if found[1] == b"ICY" else header_text(found[2] or b"1.0")
    return Answer(version, int(found[3]), header_text(found[4] or b"").strip(), headers), ended


def header_text(data: bytes) -> str:
    """Header text: UTF-8 where it is that, else Latin-1, which has a letter for each byte."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _headers() -> Generator[Want, bytes, tuple[Headers, bool]]:
    """Read headers up to the empty line; True: the connection ended before it, or they have no end."""
    headers: list[tuple[str, str]] = []
    for _ in range(MOST_LINES):
        try:
            line = yield Line(MOST_LINE)
        except BadReply:
            return tuple(headers), True
        if not line:
            return tuple(headers), False
        text = header_text(line)
        name, colon, value = text.partition(":")
        if text[0] in " \t" and headers:
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {text.strip()}")
        elif colon:
            headers.append((name.strip(), value.strip()))
    return tuple(headers), True


def _with_body(bare: Answer) -> Generator[Want, bytes, Answer]:
    length = bare.get("content-length").partition(",")[0].strip()
    framed = True
    if bare.status in BODILESS:
        raw, whole = b"", True
    elif "chunked" in bare.get("transfer-encoding").lower():
        raw, whole = yield from _chunks()
    elif length.isascii() and length.isdigit():
        raw, whole = yield from _counted(int(length[:18]))
    else:
        raw, whole, framed = (yield from _to_the_end()), True, False
    connection = bare.get("connection").lower()
    stays = "keep-alive" in connection or (bare.version == "1.1" and "close" not in connection)
    return Answer(
        bare.version,
        bare.status,
        bare.reason,
        bare.headers,
        unpacked_untrusted(raw, bare.get("content-encoding").lower()),
        reusable=framed and whole and stays,
    )


def _counted(length: int) -> Generator[Want, bytes, tuple[bytes, bool]]:
    """Read a body of a length; False: not all of it."""
    if not length:
        return b"", True
    try:
        return (yield Exactly(min(length, MOST_BODY))), length <= MOST_BODY
    except Ended as ended:
        return ended.rest, False


def _chunks() -> Generator[Want, bytes, tuple[bytes, bool]]:
    """Read a body in chunks (RFC 9112 section 7.1); False: not all of it."""
    body = b""
    try:
        while len(body) < MOST_BODY:
            size = (yield Line(256)).partition(b";")[0].strip()
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", size):
                return body, False
            if not int(size, 16):
                return body, not (yield from _headers())[1]
            piece, whole = yield from _counted(min(int(size, 16), MOST_BODY - len(body)))
            body += piece
            if not whole:
                return body, False
            yield Line(64)
    except BadReply:
        pass
    return body, False


def _to_the_end() -> Generator[Want, bytes, bytes]:
    """Read until the peer ends, or is silent."""
    body = b""
    try:
        while len(body) < MOST_BODY:
            body += yield Some(MOST_BODY - len(body))
    except Ended:
        pass
    return body


def unpacked_untrusted(body: bytes, coding: str) -> bytes:
    """Return a body without its content coding, as far as it can be unpacked, at most `MOST_BODY` bytes."""
    if not any(each in coding for each in ("gzip", "deflate")):
        return body
    for window in (AUTO_ZLIB, RAW_ZLIB):
        try:
            return zlib.decompressobj(window).decompress(body, MOST_BODY)
        except zlib.error:
            continue
    return body

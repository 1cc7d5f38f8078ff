"""Reading answers: framings by the examples of RFC 9112, what devices get wrong, bounds."""

import gzip
import zlib
from collections.abc import Callable, Generator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, pieces

from periplus.identify.http.message import (
    MOST_BODY,
    Answer,
    answer_untrusted,
    asked,
    request,
    unpacked_untrusted,
)
from periplus.identify.talk import DONE, Afresh, Conversation, End, Event, Say, Talk, Want

Reading = Callable[[], Generator[Want, bytes, Answer]]


def asking_twice() -> Talk:
    before = yield from asked(request(PEER, "/0"))
    yield from asked(request(PEER, "/1"), before)


def keeping(got: list[Answer], reading: Reading) -> Talk:
    got.append((yield from reading()))


def read(
    data: bytes,
    end: End | None = End.CLOSED,
    size: int | None = None,
    reading: Reading = answer_untrusted,
) -> Answer | str:
    """The answer, or why there is none."""
    got: list[Answer] = []
    talk = Conversation(keeping(got, reading))
    talk.start()
    for piece in pieces(data, size):
        talk.feed(piece)
    if end:
        talk.end(end)
    return got[0] if got else str(talk.fault)


def answer(data: bytes, end: End | None = End.CLOSED) -> Answer:
    whole = read(data, end)
    assert isinstance(whole, Answer), whole
    assert [read(data, end, size) for size in (1, 7)] == [whole, whole]
    return whole


def test_a_body_of_a_length_needs_no_end() -> None:
    got = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer:  A b \r\n\r\nhello", end=None)
    assert (got.version, got.status, got.reason, got.body) == ("1.1", 200, "OK", b"hello")
    assert (got.get("server"), got.reusable) == ("A b", True)


def test_a_body_in_chunks() -> None:
    chunks = b"4\r\nWiki\r\n6;name=value\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: x\r\n\r\n"
    got = answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n" + chunks, end=None)
    assert (got.body, got.reusable) == (b"Wikipedia in \r\n\r\nchunks.", True)


def test_a_body_to_the_end() -> None:
    got = answer(b"HTTP/1.0 200 OK\r\n\r\nuntil here")
    assert (got.body, got.reusable) == (b"until here", False)


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"HTTP/1.1 200 OK\nServer: x\n\nbare line feeds", b"bare line feeds"),
        (b"\r\n\r\nHTTP/1.1 200\r\n\r\nempty lines before, no reason", b"empty lines before, no reason"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\na length that lies", b"a length that lies"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: what\r\n\r\nno length", b"no length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nno size", b"hello"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFF\r\ncut", b"cut"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\nServer: x\r\n\r\nbody", b"body"),
        (b"HTTP/1.1 200 OK\r\nServer: x", b""),
        (b"HTTP/1.1 200 OK", b""),
        (b"<html>no line at all", b"<html>no line at all"),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nignored", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nreal", b"real"),
        (b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"packed"), b"packed"),
    ],
    ids=lambda each: each[-20:],
)
def test_what_comes_is_taken_as_far_as_it_goes(data: bytes, body: bytes) -> None:
    assert answer(data).body == body


def test_folded_headers_and_letters_of_latin_1() -> None:
    got = answer(b"HTTP/1.1 200 OK\r\nServer: a\r\n b\r\nX-Name: caf\xe9\r\n\r\n")
    assert (got.get("server"), got.get("x-name")) == ("a b", "caf\xe9")
    assert got.lines == "Server: a b\nX-Name: caf\xe9"


def test_a_page_without_a_head() -> None:
    got = answer(b"<html><title>old</title>\n</html>")
    assert (got.version, got.body) == ("0.9", b"<html><title>old</title>\n</html>")


def test_a_server_that_speaks_icy() -> None:
    assert answer(b"ICY 200 OK\r\nicy-name: radio\r\n\r\n").version == "ICY"


@pytest.mark.parametrize("data", [b"220 ready\r\n", b"SSH-2.0-x\r\n", b"RTSP/1.0 200 OK\r\n", b"\r\n" * 9])
def test_what_is_no_answer(data: bytes) -> None:
    assert isinstance(read(data), str)


def test_only_interim_answers_are_none() -> None:
    assert read(b"HTTP/1.1 102 Processing\r\n\r\n" * 9) == "only interim answers"


@pytest.mark.parametrize(
    "head",
    [b"", b"Content-Length: 9999999\r\n", b"Transfer-Encoding: chunked\r\n"],
)
def test_a_body_has_a_bound(head: bytes) -> None:
    got = read(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + b"20000\r\n" + b"x" * 0x20000, end=None)
    assert isinstance(got, Answer)
    assert len(got.body) == MOST_BODY
    assert not got.reusable


def test_headers_without_end_are_cut() -> None:
    got = read(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500, end=None)
    assert isinstance(got, Answer)
    assert len(got.headers) < 200


@pytest.mark.parametrize(
    ("head", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\n", False),
        (b"HTTP/1.0 200 OK\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", True),
    ],
)
def test_whether_the_connection_stays(head: bytes, reusable: bool) -> None:
    assert answer(head + b"Content-Length: 1\r\n\r\nx", end=None).reusable is reusable


def test_packed_bodies() -> None:
    raw = zlib.compressobj(wbits=-15)
    data = raw.compress(b"abc") + raw.flush()
    assert (
        unpacked_untrusted(data, "deflate") == b"abc" == unpacked_untrusted(zlib.compress(b"abc"), "deflate")
    )
    assert unpacked_untrusted(gzip.compress(b"abc")[:-8], "x-gzip") == b"abc"
    assert unpacked_untrusted(b"plain", "gzip") == b"plain" == unpacked_untrusted(b"plain", "")
    assert len(unpacked_untrusted(gzip.compress(bytes(1 << 24)), "gzip")) == MOST_BODY


def test_a_request() -> None:
    lines = request(PEER, "/x", "POST", (("A", "b"),), b"body").split(b"\r\n")
    assert lines[0] == b"POST /x HTTP/1.1"
    assert {b"Host: 198.18.0.1:4711", b"A: b", b"Content-Length: 4"} <= set(lines)
    assert any(each.startswith(b"User-Agent: ") and b"Periplus" in each for each in lines)
    assert lines[-2:] == [b"", b"body"]


def carried(answers: Iterable[bytes | End]) -> list[str]:
    """What a talk of two requests asks for, each answered by the next."""
    talk = Conversation(asking_twice())
    did: list[str] = []

    def take(events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Say):
                did.append(event.data.decode().split(" ")[1])
            elif isinstance(event, Afresh):
                did.append("afresh")
                take(talk.ready())
            elif event is DONE:
                did.append("done")

    take(talk.start())
    for each in answers:
        take(talk.end(each) if isinstance(each, End) else talk.feed(each))
    return did


STAYS, GOES = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_a_connection_is_used_again_where_it_stays() -> None:
    assert carried([STAYS, STAYS]) == ["/0", "/1", "done"]
    assert carried([GOES, GOES]) == ["/0", "afresh", "/1", "done"]
    assert carried([STAYS, End.RESET, STAYS]) == ["/0", "/1", "afresh", "/1", "done"]
    assert carried([STAYS, End.SILENT]) == ["/0", "/1", "done"]
    assert carried([GOES, End.CLOSED]) == ["/0", "afresh", "/1", "done"]


@given(
    st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]),
    st.binary(max_size=300),
    st.sampled_from(End),
)
def test_any_bytes(head: bytes, data: bytes, end: End) -> None:
    whole = read(head + data, end, reading=answer_untrusted)
    assert read(head + data, end, 1) == whole
    assert len(unpacked_untrusted(data, "gzip")) <= MOST_BODY

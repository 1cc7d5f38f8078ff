"""HTTP/3 against aioquic's server, and by bytes that no server sends.

What caddy of Debian 12 says is in the lab.
"""

import gzip
from collections.abc import Iterator
from contextlib import suppress

import pytest
from aioquic.h3.connection import H3Connection
from aioquic.quic.events import StopSendingReceived
from hypothesis import given
from hypothesis import strategies as st
from pylsqpack import Encoder
from tests.identify.damage import damaged
from tests.identify.quic.server import Serve, Server, converse, page
from tests.identify.script import survive

from periplus.errors import BadReply
from periplus.identify.cursor import Cursor
from periplus.identify.http.message import MOST_BODY, Answer
from periplus.identify.http.three import (
    _headers_untrusted,
    _settings_untrusted,
    answer_untrusted,
    asker,
    begin,
    frames_untrusted,
    settings_untrusted,
)
from periplus.identify.model import Peer
from periplus.identify.quic.client import Quic
from periplus.identify.quic.varint import varint
from periplus.identify.talk import Conversation, Talk


def asked(serve: Serve, *targets: str) -> tuple[list[Answer], Server, Conversation, list[bytes]]:
    """Ask a server for targets, one after the other."""
    got: list[Answer] = []
    said: list[bytes] = []

    def talk(peer: Peer) -> Talk:
        quic = Quic(peer, ("h3",), 1)
        assert (yield from quic.connect())
        begin(quic)
        answer: Answer | None = None
        for target in targets:
            answer = yield from asker(quic)(peer, target, "GET", answer)
            got.append(answer)
        said.extend(quic.told())

    server = Server(serve)
    conversation, _ = converse(talk, server.turn, server.wake)
    return got, server, conversation, said


def test_requests_one_after_the_other_on_one_connection() -> None:
    got, server, talk, _ = asked(page(b"<title>x</title>", ("server", "thing/1.0")), "/", "/a?b=c")
    assert talk.fault is None
    assert server.paths == ["/", "/a?b=c"]
    [first, second] = got
    assert first == Answer("3", 200, "", (("server", "thing/1.0"),), b"<title>x</title>", reusable=True)
    assert second == first


def test_what_is_asked() -> None:
    _, server, _, _ = asked(page(b""), "/x")
    [headers] = server.asked
    assert headers.pop("user-agent").startswith("Mozilla/5.0 (compatible; Periplus")
    assert headers == {
        ":method": "GET", ":scheme": "https", ":authority": "198.18.0.1:4711", ":path": "/x", "accept": "*/*",
    }  # fmt: skip


def test_what_the_server_sets() -> None:
    _, _, _, said = asked(page(b""), "/")
    settings = settings_untrusted(said)
    assert settings["order"] == "1:4096;7:16;8:1"
    assert settings["settings"] == {
        "qpack_max_table_capacity": 4096,
        "qpack_blocked_streams": 16,
        "enable_connect_protocol": 1,
    }


def test_a_server_learns_that_we_keep_no_table() -> None:
    seen: list[dict[int, int] | None] = []

    def serve(end: H3Connection, stream: int, asked: dict[str, str]) -> None:
        seen.append(end.received_settings)
        page(b"")(end, stream, asked)

    asked(serve, "/", "/")
    assert seen[1] == {6: MOST_BODY}


def test_a_body_is_unpacked() -> None:
    got, _, _, _ = asked(page(gzip.compress(b"hello"), ("content-encoding", "gzip")), "/")
    assert got[0].body == b"hello"


def test_a_body_without_end_is_cut_and_the_connection_stays() -> None:
    got, server, _, _ = asked(page(bytes(8 << 20)), "/", "/next")
    assert [len(each.body) for each in got] == [MOST_BODY] * 2
    assert [each.error_code for each in server.events if isinstance(each, StopSendingReceived)] == [0x10C]
    assert server.paths == ["/", "/next"]


def test_interim_answers_and_trailers_are_none() -> None:
    def serve(end: H3Connection, stream: int, _: dict[str, str]) -> None:
        end.send_headers(stream, [(b":status", b"103"), (b"link", b"</x>")])
        end.send_headers(stream, [(b":status", b"404"), (b"server", b"thing")])
        end.send_data(stream, b"no", end_stream=False)
        end.send_headers(stream, [(b"server", b"other")], end_stream=True)

    got, _, _, _ = asked(serve, "/")
    assert (got[0].status, got[0].get("server"), got[0].body) == (404, "thing", b"no")


def test_a_stream_that_is_reset_has_no_answer() -> None:
    def serve(end: H3Connection, stream: int, _: dict[str, str]) -> None:
        end._quic.reset_stream(stream, 0x102)

    _, _, talk, _ = asked(serve, "/")
    assert str(talk.fault) == "HTTP/3: no answer with a status"


def test_an_answer_that_is_cut_counts_as_far_as_it_came() -> None:
    def serve(end: H3Connection, stream: int, _: dict[str, str]) -> None:
        end.send_headers(stream, [(b":status", b"200")])
        end.send_data(stream, b"half", end_stream=False)

    got, _, _, _ = asked(serve, "/")
    assert (got[0].status, got[0].body) == (200, b"half")


def block(*pairs: tuple[bytes, bytes]) -> bytes:
    return Encoder().encode(0, list(pairs))[1]


def frame(kind: int, payload: bytes) -> bytes:
    return varint(kind) + varint(len(payload)) + payload


HEADERS = frame(1, block((b":status", b"200"), (b"server", b"thing"), (b"x", b" spaced ")))
GREASE = frame(0x21, b"anything")
WHOLE = GREASE + HEADERS + frame(0, b"body")


def test_frames() -> None:
    assert [kind for kind, _ in frames_untrusted(WHOLE)] == [0x21, 1, 0]
    assert [*frames_untrusted(WHOLE[:-2])][-1] == (0, b"bo")
    assert [*frames_untrusted(HEADERS[:-1])] == []


def test_what_a_browser_forgives() -> None:
    answer = answer_untrusted(WHOLE)
    assert (answer.status, answer.get("x"), answer.body) == (200, " spaced ", b"body")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        frame(0, b"body"),
        frame(1, block((b":status", b"2000"))),
        frame(1, block((b":status", "²²²".encode()))),
        frame(1, block((b"server", b"x"))),
        frame(1, b"\xff" * 40),
        frame(1, block((b":status", b"200"), *[(b"x", b"&" * 500)] * 40)),
    ],
    ids=["nothing", "a body", "a long status", "other digits", "no status", "no headers", "too many headers"],
)
def test_no_answer(data: bytes) -> None:
    with pytest.raises(BadReply, match="HTTP/3"):
        answer_untrusted(data)


def test_a_table_that_we_do_not_keep_cannot_be_referred_to() -> None:
    refers = b"\x02\0\x80"  # one entry is required, and named
    with pytest.raises(BadReply, match="unpacked"):
        answer_untrusted(frame(1, refers))


def test_settings_are_on_the_control_stream_and_first() -> None:
    ours = frame(4, b"\x06\x40\x64" + b"\x21\x00" + b"\x40\x33\x01")
    assert settings_untrusted([b"\2", b"\0" + ours, b"\3"]) == {
        "settings": {"max_field_section_size": 100, "h3_datagram": 1},
        "order": "6:100;33:1",
    }
    for streams in ([], [b""], [b"\2" + ours], [b"\0" + frame(7, b"\0") + ours]):
        with pytest.raises(BadReply, match="no settings"):
            settings_untrusted(streams)


def all_of(parse: Iterator[tuple[int, bytes]]) -> int:
    return sum(len(payload) for _, payload in parse)


@given(damaged(WHOLE, HEADERS))
def test_any_bytes(data: bytes) -> None:
    assert all_of(frames_untrusted(data)) <= len(data)
    with suppress(BadReply):
        answer_untrusted(data)


@given(st.lists(damaged(b"\0" + frame(4, b"\x06\x40\x64\x01\x00")), max_size=3))
def test_any_settings(streams: list[bytes]) -> None:
    with suppress(BadReply):
        settings_untrusted(streams)
    survive(b"".join(streams), lambda each: _settings_untrusted(Cursor(each)))


@given(st.binary(max_size=60))
def test_any_headers(data: bytes) -> None:
    survive(data, _headers_untrusted, lambda each: answer_untrusted(frame(1, each)))

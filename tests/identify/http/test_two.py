"""HTTP/2 against the server side of the library that is its client side too, and by bytes that no server sends.

What nginx of Debian 12 says is in `tests/identify/protocol/test_http2.py`, and in the lab.
"""

import gzip
import struct
from collections.abc import Callable
from contextlib import suppress

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, WindowUpdated
from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import PEER, exhaust

from periplus.errors import BadReply
from periplus.identify.http.message import MOST_BODY, Answer
from periplus.identify.http.two import PREFACE, Client, _answer_untrusted, first_settings, settings_untrusted
from periplus.identify.talk import DONE, Afresh, Conversation, End, Known, Say, Talk

Serve = Callable[[H2Connection, int, dict[str, str]], None]
SETTINGS = bytes.fromhex("000000040000000000")


class Server:
    """The other end of connections: answers requests by a function."""

    def __init__(self, serve: Serve) -> None:
        self.serve = serve
        self.paths: list[str] = []
        self.afresh()

    def afresh(self) -> None:
        self.end = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self.end.initiate_connection()

    def turn(self, data: bytes) -> bytes:
        for event in self.end.receive_data(data):
            if isinstance(event, RequestReceived):
                asked = {str(key): str(value) for key, value in event.headers}
                self.paths.append(asked[":path"])
                assert event.stream_id is not None
                self.serve(self.end, event.stream_id, asked)
            elif isinstance(event, WindowUpdated) and event.stream_id:
                self.serve(self.end, event.stream_id, {})
        return self.end.data_to_send()


def asking(targets: list[str], got: list[Answer]) -> Talk:
    """Ask for all of them, one after the other."""
    client = Client()
    yield Say(client.begins())
    answer: Answer | None = None
    for target in targets:
        answer = yield from client.ask(PEER, target, "GET", answer)
        got.append(answer)
    yield Known(1.0, "all")


def asked(serve: Serve, *targets: str) -> tuple[list[Answer], Server, Conversation]:
    """Ask a server for targets."""
    got: list[Answer] = []
    server, talk = Server(serve), Conversation(asking([*targets], got))
    events = talk.start()
    for _ in range(1_000):
        answer = b"".join([server.turn(event.data) for event in events if isinstance(event, Say)])
        if events[-1] is DONE:
            break
        if isinstance(events[-1], Afresh):
            server.afresh()
            events = talk.ready()
        else:
            events = talk.feed(answer) if answer else talk.end(End.SILENT)
    return got, server, talk


def page(body: bytes, *headers: tuple[str, str], status: str = "200") -> Serve:
    def serve(end: H2Connection, stream: int, _: dict[str, str]) -> None:
        end.send_headers(stream, [(":status", status), *headers], end_stream=not body)
        for at in range(0, len(body), 16_384):
            room = end.local_flow_control_window(stream)
            end.send_data(stream, body[at : at + 16_384][:room])
        if body:
            end.end_stream(stream)

    return serve


def test_requests_one_after_the_other_on_one_connection() -> None:
    got, server, talk = asked(page(b"<title>x</title>", ("server", "thing/1.0")), "/", "/a?b=c")
    assert talk.known is not None
    assert server.paths == ["/", "/a?b=c"]
    [first, second] = got
    assert first == Answer("2", 200, "", (("server", "thing/1.0"),), b"<title>x</title>", reusable=True)
    assert second == first


def test_what_is_asked() -> None:
    seen: list[dict[str, str]] = []

    def serve(end: H2Connection, stream: int, asked: dict[str, str]) -> None:
        seen.append(asked)
        page(b"")(end, stream, asked)

    asked(serve, "/x")
    [headers] = seen
    assert headers.pop("user-agent").startswith("Mozilla/5.0 (compatible; Periplus")
    assert headers == {
        ":method": "GET", ":scheme": "http", ":authority": "198.18.0.1:4711", ":path": "/x", "accept": "*/*",
    }  # fmt: skip


def test_a_body_is_unpacked() -> None:
    got, _, _ = asked(page(gzip.compress(b"hello"), ("content-encoding", "gzip")), "/")
    assert got[0].body == b"hello"


def test_a_body_without_end_is_cut_and_costs_the_connection() -> None:
    opened: list[H2Connection] = []

    def flood(end: H2Connection, stream: int, asked: dict[str, str]) -> None:
        if end not in opened:
            opened.append(end)
        if asked:
            end.send_headers(stream, [(":status", "200")])
        while (room := min(end.local_flow_control_window(stream), 16_384)) > 0:
            end.send_data(stream, bytes(room))

    got, server, _ = asked(flood, "/", "/next")
    assert [(len(each.body), each.reusable) for each in got] == [(MOST_BODY, False)] * 2
    assert server.paths == ["/", "/next"]
    assert len(opened) == 2


def test_a_server_that_ends_the_connection_is_asked_on_a_new_one() -> None:
    def once(end: H2Connection, stream: int, asked: dict[str, str]) -> None:
        page(b"a")(end, stream, asked)
        end.close_connection()

    got, server, _ = asked(once, "/", "/b")
    assert [each.body for each in got] == [b"a", b"a"]
    assert server.paths == ["/", "/b"]


@pytest.mark.parametrize(
    ("serve", "fault"),
    [
        (lambda end, stream, _: end.reset_stream(stream), "the server resets the stream"),
        (lambda end, stream, _: end.close_connection(last_stream_id=0), "the server ends the connection"),
        (lambda end, stream, _: None, "the peer silent"),
    ],
)
def test_no_answer(serve: Serve, fault: str) -> None:
    got, _, talk = asked(serve, "/")
    assert got == []
    assert fault in str(talk.fault)


def test_an_answer_that_is_cut_counts_as_far_as_it_came() -> None:
    def cut(end: H2Connection, stream: int, _: dict[str, str]) -> None:
        end.send_headers(stream, [(":status", "404")])
        end.send_data(stream, b"half")

    got, _, _ = asked(cut, "/")
    assert (got[0].status, got[0].body, got[0].reusable) == (404, b"half", False)


def test_frames_that_break_the_rules_are_the_peers_mistake() -> None:
    client = Client()
    client.begins()
    with pytest.raises(BadReply, match="HTTP/2"):
        client.take_untrusted(SETTINGS + b"\0\0\1\1\4\0\0\0\0\x82")  # headers of no stream


def begun(frames: bytes) -> tuple[Conversation, list[bytes]]:
    taken: list[bytes] = []

    def talk() -> Talk:
        frame, _ = yield from first_settings()
        taken.append(frame)

    conversation = Conversation(talk())
    conversation.start()
    conversation.feed(frames)
    return conversation, taken


def test_the_first_frame() -> None:
    whole = b"\0\0\6\4\0\0\0\0\0" + struct.pack("!HI", 3, 100)
    assert begun(whole + b"more")[1] == [whole]
    assert begun(PREFACE)[0].fault is not None
    assert begun(b"\0\0\5\4\0\0\0\0\0")[0].fault is not None


def test_an_answer_without_a_status_is_none() -> None:
    for status in (b"", b"99", b"2OO", "²²²".encode()):
        with pytest.raises(BadReply):
            _answer_untrusted([(b":status", status)], b"", True)


@given(st.binary(max_size=60))
def test_any_settings(data: bytes) -> None:
    with suppress(BadReply):
        assert len(str(settings_untrusted(data)["order"]).split(";")) in (len(data) // 6, 1)


FRAME = st.builds(
    lambda kind, flags, stream, body: (
        len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body
    ),
    st.integers(0, 10),
    st.integers(0, 255),
    st.sampled_from([0, 1, 2, 3]),
    st.binary(max_size=40),
)


@given(st.lists(FRAME, max_size=6))
def test_any_frames_end_a_talk(frames: list[bytes]) -> None:
    exhaust(asking(["/", "/a"], []), SETTINGS + b"".join(frames))
    take_untrusted = Client().take_untrusted
    with suppress(BadReply):
        take_untrusted(b"".join(frames))


@given(
    st.lists(st.tuples(st.binary(max_size=10), st.binary(max_size=10)), max_size=4), st.binary(max_size=40)
)
def test_any_headers(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    with suppress(BadReply):
        _answer_untrusted([(b":status", b"200"), *headers], body, True)
    with suppress(BadReply):
        _answer_untrusted(headers, body, True)

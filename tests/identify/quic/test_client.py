"""A QUIC connection within a talk, against aioquic's server, good and bad; the time is the test's."""

import logging
from collections.abc import Callable, Sequence

import pytest
from aioquic._buffer import Buffer
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import QuicProtocolVersion, encode_quic_retry, pull_quic_header
from aioquic.tls import Epoch
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.identify.damage import damaged
from tests.identify.quic.server import Server, certificate, converse, negotiation, packet
from tests.identify.script import PEER

from periplus.identify.model import Peer
from periplus.identify.quic.client import MOST_STEPS, PATIENCE_S, Closed, Quic, Stream
from periplus.identify.talk import DONE, Conversation, End, Say, Talk

Turn = Callable[[bytes, float], list[bytes]]
NAMED = Peer("198.18.0.1", 4711, "server.test")


class Asked:
    """Connects, asks once, and takes leave; keeps what came of it."""

    def __init__(self, alpn: Sequence[str] = ("echo",), message: bytes = b"hello") -> None:
        self.alpn, self.message = alpn, message
        self.quic: Quic | None = None
        self.complete = False
        self.stream = Stream()

    def talk(self, peer: Peer) -> Talk:
        self.quic = Quic(peer, self.alpn, 1)
        self.complete = yield from self.quic.connect()
        if self.complete:
            self.stream = yield from self.quic.exchange(
                self.message, lambda stream: len(stream.data) > 9_999, 7
            )
            yield from self.quic.close(9)


def ask(
    turn: Turn, wake: Callable[[float], list[bytes]] = lambda _: [], peer: Peer = PEER
) -> tuple[Asked, Conversation, float]:
    asked = Asked()
    conversation, took = converse(asked.talk, turn, wake, peer)
    return asked, conversation, took


def echoing(answer: Callable[[bytes], bytes] = bytes) -> Server:
    return Server(alpn=("echo",), answer=answer)


def test_a_connection() -> None:
    server = echoing(lambda came: came.upper())
    asked, talk, took = ask(server.turn, server.wake)
    assert talk.fault is None
    assert (bytes(asked.stream.data), asked.stream.ended) == (b"HELLO", True)
    assert asked.quic is not None
    assert asked.quic.agreed == "echo"
    assert asked.quic.flight.chain == (certificate()[0].public_bytes(Encoding.DER),)
    assert server.left == (9, None)
    assert took < 0.01


def test_a_name_is_asked_for_as_the_wire_writes_it() -> None:
    quic = Quic(Peer("198.18.0.1", 443, "bücher.test"), ("echo",), 1)
    assert quic._quic.configuration.server_name == "xn--bcher-kva.test"
    asked, talk, _ = ask(echoing().turn, peer=NAMED)
    assert (asked.complete, talk.fault) == (True, None)


def test_every_datagram_goes_once_as_the_talk_keeps_the_timers() -> None:
    talk = Conversation(Asked().talk(PEER), datagrams=True)
    [first, _] = talk.start()
    assert first == Say(first.data, sealed=True) if isinstance(first, Say) else False
    assert talk.wait_s is not None


@pytest.mark.parametrize("lost", [0, 1, 2, 3, 4])
def test_what_is_lost_is_said_again(lost: int) -> None:
    server, count = echoing(), 0

    def turn(data: bytes, now: float) -> list[bytes]:
        nonlocal count
        count += 1
        return [] if count == lost + 1 else server.turn(data, now)

    asked, _, took = ask(turn, server.wake)
    assert bytes(asked.stream.data) == b"hello" or lost == 4  # the last is the farewell
    assert took < PATIENCE_S


def test_silence_ends_it() -> None:
    asked, talk, took = ask(lambda data, now: [])
    assert str(talk.fault) == "the peer silent"
    assert not asked.complete
    assert took == pytest.approx(PATIENCE_S)


def test_a_clock_that_stands_still_ends_it_too() -> None:
    talk = Conversation(Asked().talk(PEER), datagrams=True)
    events = talk.start()
    for _ in range(50):
        if events[-1] is DONE:
            break
        events = talk.end(End.SILENT)
    assert talk.done


def test_a_server_that_knows_nothing_of_what_we_offer() -> None:
    server = Server(alpn=("other",))
    asked, talk, _ = ask(server.turn, server.wake)
    assert talk.fault is None
    assert asked.quic is not None
    assert asked.quic.closed == Closed(0x178, True, "No common ALPN protocols")


def test_a_server_that_agrees_on_nothing_at_all() -> None:
    server = Server(alpn=None)
    asked, talk, _ = ask(server.turn, server.wake)
    assert talk.fault is None
    assert asked.quic is not None
    assert asked.quic.closed is not None
    assert asked.quic.closed.error == 0x178


def test_an_answer_without_end_is_stopped() -> None:
    server = echoing(lambda came: bytes(4 << 20))
    asked, talk, _ = ask(server.turn, server.wake)
    assert talk.fault is None
    assert 9_999 < len(asked.stream.data) < 200_000
    assert server.left == (9, None)


def test_noise_without_end_has_an_end() -> None:
    counted = 0

    def turn(data: bytes, now: float) -> list[bytes]:
        nonlocal counted
        counted += 1
        return [bytes([0x40]) + bytes(40)] * 500

    _, talk, _ = ask(turn)
    assert str(talk.fault) == "QUIC: it has no end"
    assert counted < MOST_STEPS


def test_noise_of_many_bytes_is_too_much() -> None:
    _, talk, _ = ask(lambda data, now: [bytes([0x40]) + bytes(60_000)] * 30)
    assert str(talk.fault) == "the peer too much"


def ids_of(data: bytes) -> tuple[bytes, bytes]:
    header = pull_quic_header(Buffer(data=data), host_cid_length=8)
    return header.source_cid, header.destination_cid


def retry(data: bytes, token: bytes) -> bytes:
    """A Retry that answers an Initial packet."""
    ours, theirs = ids_of(data)
    return encode_quic_retry(
        version=QuicProtocolVersion.VERSION_1,
        source_cid=b"retrying",
        destination_cid=ours,
        original_destination_cid=theirs,
        retry_token=token,
    )


def test_a_retry_is_followed_and_the_handshake_still_read() -> None:
    first: list[bytes] = []
    server = echoing()

    def turn(data: bytes, now: float) -> list[bytes]:
        if not first:
            first.append(data)
            return [retry(data, b"token")]
        if server.quic is None:
            server.retried_from(ids_of(first[0])[1], b"retrying")
        return server.turn(data, now)

    asked, talk, _ = ask(turn, server.wake)
    assert talk.fault is None
    assert bytes(asked.stream.data) == b"hello"
    assert asked.quic is not None
    assert asked.quic.flight.chain


def test_retries_without_end_have_one() -> None:
    count = 0

    def turn(data: bytes, now: float) -> list[bytes]:
        nonlocal count
        count += 1
        return [retry(data, b"token%d" % count)]

    _, talk, _ = ask(turn)
    assert str(talk.fault) == "the peer silent"
    assert count < 20


def versions(data: bytes, *them: int) -> bytes:
    ours, theirs = ids_of(data)
    head = b"\xc0\0\0\0\0" + bytes([len(ours)]) + ours + bytes([len(theirs)]) + theirs
    return head + b"".join(each.to_bytes(4, "big") for each in them)


def test_other_versions_end_it_and_our_own_are_no_answer() -> None:
    asked, talk, _ = ask(lambda data, now: [versions(data, 0xFF00001D)])
    assert asked.quic is not None
    assert asked.quic.closed is not None
    assert "version" in asked.quic.closed.reason
    _, talk, _ = ask(lambda data, now: [versions(data, 1)])
    assert str(talk.fault) == "the peer silent"


def test_a_stateless_reset_is_as_good_as_silence() -> None:
    server = echoing()

    def turn(data: bytes, now: float) -> list[bytes]:
        answer = server.turn(data, now)
        forgotten = server.quic is not None and server.quic._handshake_complete
        return [bytes([0x41]) + bytes(range(40))] if forgotten else answer

    _, talk, took = ask(turn)
    assert str(talk.fault) == "the peer silent"
    assert took < 4 * PATIENCE_S


def test_what_the_library_stumbles_over_is_the_peers_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise IndexError

    server = echoing()
    monkeypatch.setattr(QuicConnection, "receive_datagram", stumble)
    _, talk, _ = ask(lambda data, now: [b"anything"], server.wake)
    assert str(talk.fault) == "QUIC: IndexError"


def test_the_library_does_not_log_the_peers_mistakes() -> None:
    logger = logging.getLogger("quic")
    logger.disabled = False
    ask(lambda data, now: [])
    assert logger.disabled


def test_who_has_ended_a_connection_is_not_asked_again() -> None:
    def talk(peer: Peer) -> Talk:
        quic = Quic(peer, ("echo",), 1)
        assert not (yield from quic.connect())
        yield from quic.exchange(b"", lambda _: True, 0)

    server = Server(alpn=("other",))
    conversation, _ = converse(talk, server.turn, server.wake)
    assert str(conversation.fault) == "QUIC: the connection has ended (No common ALPN protocols)"


FRAMES = (
    b"\x18\x05\x05\x08" + b"new-conn" + bytes(16),  # an identifier that retires all before it
    b"\x1c\x0a\x00\x03bye",
    b"\x1d\x0a\x03bye",
    b"\x06\x00\x04\x04\x00\x00\x00",  # a ticket without contents
    b"\x0b\x03\x05\x00\x04\x01\x21\x00",
    b"\x0a\x00\x03abc",
    b"\x04\x00\x07\x00",
    b"\x02\x05\x00\x00\x05",
    b"\x1e\x01",
    b"\x1a" + bytes(8),
    b"\x07\x03abc",
)


@given(st.lists(st.one_of(st.sampled_from(FRAMES), damaged(*FRAMES)), min_size=1, max_size=4))
@settings(max_examples=60)
def test_any_frames_end_a_talk(payloads: list[bytes]) -> None:
    server, sent = echoing(), False

    def turn(data: bytes, now: float) -> list[bytes]:
        nonlocal sent
        answer = server.turn(data, now)
        if server.quic is None or sent or not server.quic._handshake_complete:
            return answer
        sent = True
        padded = [each.ljust(4, b"\0") for each in payloads]
        return [packet(server.quic, each, 100 + at) for at, each in enumerate(padded)]

    ask(turn, server.wake)
    assert sent


EXTENSIONS = bytes.fromhex("002e 002b00020304 00330024001d0020") + bytes(range(32))
HELLO = bytes.fromhex("02000056 0303") + bytes(32) + bytes.fromhex("00 1301 00") + EXTENSIONS


@given(st.lists(damaged(HELLO, HELLO[:70]), min_size=1, max_size=3))
@settings(max_examples=60)
def test_any_messages_of_tls_end_a_talk(messages: list[bytes]) -> None:
    server, sent = echoing(), False

    def turn(data: bytes, now: float) -> list[bytes]:
        nonlocal sent
        server.turn(data, now)
        if server.quic is None or sent:
            return []
        sent, at, datagrams = True, 0, []
        for number, each in enumerate(messages):
            frame = (
                b"\x06" + (at | 0x4000).to_bytes(2, "big") + (len(each) | 0x4000).to_bytes(2, "big") + each
            )
            datagrams.append(packet(server.quic, frame, 50 + number, Epoch.INITIAL))
            at += len(each)
        return datagrams

    ask(turn)
    assert sent


@given(damaged(negotiation(1), bytes.fromhex("c000000001") + bytes(40)))
def test_any_datagrams_end_a_talk(data: bytes) -> None:
    ask(lambda _, now: [data] if data else [])

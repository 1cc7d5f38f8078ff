"""Finding out who answers: order of questions, answers to other questions, TLS, and peers that behave badly."""

import asyncio
import ssl
import tracemalloc
from dataclasses import replace
from errno import ECONNRESET
from pathlib import Path
from socket import SOCK_STREAM, socket

import pytest
from tests.identify.certificates import server_context
from tests.identify.servers import HASTY, Handler, driver, one, resetting, saying
from tests.identify.starting_tls import STARTING_TLS, starting_tls

from periplus.errors import BadReply
from periplus.findings import Way
from periplus.identify.model import Peer, Protocol
from periplus.identify.protocol import redis, ssh
from periplus.identify.service import Came
from periplus.identify.talk import Known, Line, Say, Talk, Told


def asking(name: str, question: bytes, answer: bytes, rarity: int = 5, looks: bytes = b"\0never") -> Protocol:
    """A protocol of one question and one answer."""

    def talk(peer: Peer) -> Talk:
        yield Say(question)
        line = yield Line()
        if line != answer:
            raise BadReply(f"no {name}")
        yield Known(0.9, "the answer")
        yield Told(info="inside" if peer.tls else "plain")

    return Protocol(
        name, name, "this test", talk, rarity=rarity, looks=lambda data: 0.8 * data.startswith(looks)
    )


def answering(question: bytes, answer: bytes, other: bytes = b"what?\n") -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(answer if line == question else other)

    return handler


A, B = asking("a", b"a?\n", b"a!"), asking("b", b"b?\n", b"b!", rarity=6)


def test_a_greeting_tells_the_protocol_at_any_port() -> None:
    service = one(saying(b"SSH-2.0-OpenSSH_9.6\r\n"), driver([ssh.PROTOCOL]))
    assert (service.came, service.protocol) == (Came.IDENTIFIED, "ssh")
    assert service.passages[0].way is Way.THEIRS


def test_who_says_nothing_is_asked_until_something_fits() -> None:
    service = one(answering(b"b?\n", b"b!\n"), driver([A, B]))
    assert (service.protocol, service.info, service.confidence) == ("b", "plain", 0.9)
    assert "a: no a" in service.problems


def test_an_answer_to_another_question_leads_to_whom_it_looks_like() -> None:
    rare = asking("rare", b"rare?\n", b"rare!", rarity=9, looks=b"what?")
    assert one(answering(b"rare?\n", b"rare!\n"), driver([A, rare])).protocol == "rare"
    assert one(answering(b"rare?\n", b"rare!\n", b"nothing\n"), driver([A, rare])).came is Came.UNKNOWN


def test_inside_tls_the_same_is_done_again(tmp_path: Path) -> None:
    service = one(answering(b"a?\n", b"a!\n"), driver([A, B]), server_context(tmp_path))
    assert (service.protocol, service.info, service.tls) == ("a", "inside", {"here": True})


def test_tls_may_begin_within_a_conversation(tmp_path: Path) -> None:
    service = one(starting_tls(server_context(tmp_path)), driver([STARTING_TLS]))
    assert (service.protocol, service.info, service.tls) == ("s", "secret", {"here": True})


def refusing(hellos: list[bytes], before: bytes = b"") -> Handler:
    """A server that knows no HTTP: one alert to a hello that names it (RFC 7301), another to one that does not."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if before:
            writer.write(before)
            await reader.readline()
            writer.write(b"go\n")
        hello = await reader.read(4_096)
        if hello.startswith(b"\x16\x03"):
            hellos.append(hello)
            writer.write(b"\x15\x03\x03\0\2\2" + (b"\x78" if b"http/1.1" in hello else b"\x28"))

    return handler


def test_a_server_that_refuses_http_in_tls_is_asked_without() -> None:
    hellos: list[bytes] = []
    service = one(refusing(hellos), driver([A]))
    assert [b"http/1.1" in each for each in hellos] == [True, False]
    assert "handshake failure" in service.problems[-1]


def agreeing(alpn: bytes, context: ssl.SSLContext, refuse: bool) -> tuple[Handler, list[bytes]]:
    """A server of one protocol, which refuses others by an alert (RFC 7301), or by ending the connection."""
    offers: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        record = await reader.readexactly(5)
        hello = record + await reader.readexactly(int.from_bytes(record[3:], "big"))
        offers.append(hello)
        if refuse and alpn not in hello:
            writer.write(b"\x15\x03\x03\0\2\2\x78")
            return
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        into.write(hello)
        server = context.wrap_bio(into, out, server_side=True)
        while True:
            try:
                if server.version() and server.selected_alpn_protocol() is None:
                    return
                if not server.version():
                    server.do_handshake()
                elif server.read(100) == b"a?\n":
                    server.write(b"a!\n")
            except ssl.SSLWantReadError:
                writer.write(out.read())
                data = await reader.read(65_536)
                if not data:
                    return
                into.write(data)
            writer.write(out.read())

    return handler, offers


@pytest.mark.parametrize("refuse", [True, False])
def test_who_speaks_only_what_is_not_usual_is_offered_that(tmp_path: Path, refuse: bool) -> None:
    context = server_context(tmp_path)
    context.set_alpn_protocols(["a/1"])
    handler, offers = agreeing(b"a/1", context, refuse)
    named = replace(A, alpn=("a/1",), rarity=9)
    service = one(handler, driver([B, named]))
    assert (service.protocol, service.info) == ("a", "inside")
    in_tls = [each for each in offers if b"http/1.1" in each or b"a/1" in each]
    assert b"a/1" not in in_tls[0]
    assert all(b"a/1" in each for each in in_tls[1:])


def test_tls_within_a_conversation_names_no_http() -> None:
    hellos: list[bytes] = []
    one(refusing(hellos, b"ready\n"), driver([STARTING_TLS]))
    assert [b"http/1.1" in each for each in hellos] == [False]


# peers that behave badly


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1024):
        pass


async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    pass


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"x")
        await asyncio.sleep(0.05)


async def flooding(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for _ in range(16_384):  # a gigabyte
        writer.write(bytes(65_536))
        await writer.drain()


@pytest.mark.parametrize(
    ("handler", "came"),
    [
        (silent, Came.SILENT),
        (closing, Came.CLOSING),
        (resetting, Came.CLOSING),
        (dripping, Came.UNKNOWN),
        (flooding, Came.UNKNOWN),
        (saying(bytes(range(256)) * 8), Came.UNKNOWN),
        (saying(b"", b"\x16\x03\x03\xff\xff" + bytes(300)), Came.UNKNOWN),
    ],
    ids=["silent", "closing", "resetting", "dripping", "flooding", "noise", "bad TLS"],
)
def test_a_bad_peer_costs_a_bounded_time_and_memory(handler: Handler, came: Came) -> None:
    tracemalloc.start()
    try:
        service = one(handler, driver([redis.PROTOCOL, ssh.PROTOCOL, A]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert service.came is came
    assert service.protocol is None
    assert peak < 64 << 20


EXCUSE = b"421 There are too many connections from your internet address.\r\n"


def _asked(excuse: bytes, times: int) -> tuple[str | None, int]:
    """What is found where so many connections are turned away, and how many there were."""
    came: list[int] = []

    async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(1)
        writer.write(b"SSH-1.5-OpenSSH_1.2.3\n" if len(came) > times else excuse)
        await writer.drain()

    return one(busy, driver([ssh.PROTOCOL])).protocol, len(came)


@pytest.mark.parametrize(("excuse", "times"), [(b"", 1), (EXCUSE, 1), (EXCUSE, 2)])
def test_who_turns_us_away_is_asked_once_more_and_who_excuses_himself_twice(
    excuse: bytes, times: int
) -> None:
    assert _asked(excuse, times)[0] == "ssh"


def test_nobody_is_asked_for_ever() -> None:
    ended, turned_away = _asked(b"", 100), _asked(EXCUSE, 100)
    assert ended[0] is turned_away[0] is None
    assert ended[1] < turned_away[1] < 10


class ResetInTheMiddle(socket):
    """A socket whose connection was reset while `connect` still waited to hear that it was there."""

    def connect(self, address: object) -> None:
        raise ConnectionResetError(ECONNRESET, "Connection reset by peer")


def test_a_port_that_resets_before_we_know_of_the_connection_did_take_it() -> None:
    how = replace(driver([A]), opener=lambda family: ResetInTheMiddle(family, SOCK_STREAM))
    assert one(silent, how).came is Came.CLOSING


def test_a_port_that_takes_no_connection() -> None:
    async def nobody() -> int:
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        server.close()
        return port

    from tests.identify.servers import identified

    from periplus.identify.driver.driver import Port

    [service] = asyncio.run(identified(driver([A]), Port("127.0.0.1", asyncio.run(nobody()))))
    assert service.came is Came.REFUSED


def test_a_mistake_of_ours_costs_one_attempt() -> None:
    def broken(peer: Peer) -> Talk:
        yield Say(b"a?\n")
        raise ZeroDivisionError("ours")

    service = one(answering(b"b?\n", b"b!\n"), driver([Protocol("broken", "broken", "this test", broken), B]))
    assert service.protocol == "b"
    assert "broken: a mistake of ours: ZeroDivisionError: ours" in service.problems


def test_a_conversation_without_end_is_cut() -> None:
    def endless(peer: Peer) -> Talk:
        while True:
            yield Say(b"more\n")
            yield Line()

    hasty = HASTY.__class__(**{**{name: getattr(HASTY, name) for name in HASTY.__slots__}, "talk_s": 0.3})
    service = one(answering(b"", b""), driver([Protocol("endless", "endless", "this test", endless)], hasty))
    assert "endless: the conversation took too long" in service.problems

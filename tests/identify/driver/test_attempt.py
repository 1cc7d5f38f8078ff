"""One conversation carried out: connections that it asks for, and their bound."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.identify.certificates import server_context
from tests.identify.driver.test_stream import now_ms
from tests.identify.servers import HASTY, LOCAL, Handler, saying, serving

from periplus.findings import Way
from periplus.identify.driver.attempt import MOST_CONNECTIONS, Talking
from periplus.identify.driver.stream import NoConnection, Stream
from periplus.identify.model import Peer, Protocol
from periplus.identify.service import Attempt
from periplus.identify.talk import Afresh, End, Ended, Known, Line, Say, Some, Talk


def carried_out(talk: Callable[[Peer], Talk], handler: Handler) -> Attempt:
    """Carry out a talk over new connections to a server."""

    async def both() -> Attempt:
        async with serving(handler) as port:

            async def opened(alpn: tuple[str, ...] | None) -> Stream:
                return await Stream.open(LOCAL, port, 1.0, now_ms)

            protocol = Protocol("t", "t", "this test", talk)
            return await Talking(protocol, Peer(LOCAL, port), HASTY, opened, lambda _: {}).over(None)

    return asyncio.run(both())


def test_a_new_connection_hears_the_greeting_again_and_all_is_kept() -> None:
    def talk(peer: Peer) -> Talk:
        yield Line()
        yield Afresh()
        yield Line()
        yield Known(0.9, "twice")

    attempt = carried_out(talk, saying(b"hello\n"))
    assert attempt.known == Known(0.9, "twice")
    assert attempt.heard == b"hello\nhello\n"


def agreeing(
    talk: Callable[[Peer], Talk], alpn: tuple[str, ...], directory: Path
) -> tuple[Attempt, list[object]]:
    """Carry out a talk within TLS, at a server that agrees on these protocols."""
    offered: list[object] = []
    context = server_context(directory)
    if alpn:
        context.set_alpn_protocols(alpn)

    async def both() -> Attempt:
        async with serving(saying(b"hello\n"), context) as port:

            async def opened(alpn: tuple[str, ...] | None) -> Stream:
                offered.append(alpn)
                stream = await Stream.open(LOCAL, port, 1.0, now_ms)
                await stream.secure(None, 2.0, ("usual",) if alpn is None else alpn)
                return stream

            protocol = Protocol("t", "t", "this test", talk)
            return await Talking(protocol, Peer(LOCAL, port), HASTY, opened, lambda _: {}).over(None)

    return asyncio.run(both()), offered


@pytest.mark.parametrize(("alpn", "agreed"), [(("h2", "usual"), True), (("usual",), False), ((), False)])
def test_a_new_connection_may_have_to_agree_on_a_protocol(
    alpn: tuple[str, ...], agreed: bool, tmp_path: Path
) -> None:
    def talk(peer: Peer) -> Talk:
        yield Line()
        yield Known(0.5, "once")
        yield Afresh(alpn=("h2",))
        yield Line()
        yield Known(0.9, "twice")

    attempt, offered = agreeing(talk, alpn, tmp_path)
    assert attempt.known == (Known(0.9, "twice") if agreed else Known(0.5, "once"))
    assert attempt.problem == (None if agreed else "the peer closed")
    assert offered == [None, ("h2",)]


def test_a_talk_may_go_on_where_no_protocol_was_agreed_on() -> None:
    def talk(peer: Peer) -> Talk:
        yield Line()
        try:
            yield Afresh(alpn=("h2",))
        except Ended:
            yield Known(0.9, "without")

    attempt = carried_out(talk, saying(b"hello\n"))  # there is no TLS at all
    assert (attempt.known, attempt.problem) == (Known(0.9, "without"), None)


def test_connections_are_bounded() -> None:
    def talk(peer: Peer) -> Talk:
        while True:
            yield Afresh()

    attempt = carried_out(talk, saying(b""))
    assert attempt.problem == "too many connections"
    assert MOST_CONNECTIONS < 10


def test_a_talk_learns_how_it_ended_and_may_wait_less() -> None:
    ends: list[End] = []

    def talk(peer: Peer) -> Talk:
        yield Say(b"anybody?\n")
        try:
            yield Some(wait_s=0.01)
        except Ended as ended:
            ends.append(ended.why)
        yield Known(0.5, "it takes connections")

    attempt = carried_out(talk, saying(b""))
    assert ends == [End.SILENT]
    assert attempt.known is not None
    assert [each.way for each in attempt.passages] == [Way.OURS, Way.NOTE]


@pytest.mark.parametrize("content", [True, False])
def test_who_was_silent_is_parted_from_in_the_ordinary_way(content: bool) -> None:
    def talk(peer: Peer) -> Talk:
        try:
            yield Some(wait_s=0.01)
        except Ended:
            if not content:
                raise

    async def both() -> str:
        ended = asyncio.get_running_loop().create_future()

        async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                ended.set_result("said more" if await reader.read() else "closed")
            except ConnectionResetError:
                ended.set_result("reset")

        async with serving(listening) as port:

            async def opened(alpn: tuple[str, ...] | None) -> Stream:
                return await Stream.open(LOCAL, port, 1.0, now_ms)

            protocol = Protocol("t", "t", "this test", talk)
            await Talking(protocol, Peer(LOCAL, port), HASTY, opened, lambda _: {}).over(None)
            async with asyncio.timeout(5.0):
                return str(await ended)

    assert asyncio.run(both()) == "closed"


def test_no_connection_is_a_refusal() -> None:
    async def refused() -> Attempt:
        async def opened(alpn: tuple[str, ...] | None) -> Stream:
            raise NoConnection("refused")

        def talk(peer: Peer) -> Talk:
            yield Line()

        return await Talking(Protocol("t", "t", "", talk), Peer(LOCAL, 1), HASTY, opened, lambda _: {}).over(
            None
        )

    attempt = asyncio.run(refused())
    assert attempt.refused
    assert attempt.problem == "refused"

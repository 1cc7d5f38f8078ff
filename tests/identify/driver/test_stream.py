"""One connection: sending, receiving, ends, TLS, and what is kept of it."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from errno import ENOTCONN
from pathlib import Path
from socket import SOCK_STREAM, socket

import pytest
from tests.identify.certificates import server_context
from tests.identify.servers import LOCAL, Handler, resetting, saying, serving

from periplus.findings import Way
from periplus.identify.driver.stream import MOST_KEPT, NoConnection, Stream
from periplus.identify.talk import End
from periplus.identify.tls.client import TlsRefused


def now_ms() -> float:
    return time.monotonic() * 1000


def over(
    handler: Handler, use: Callable[[Stream], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> Stream:
    """Connect to a server by the handler, use the stream, return it."""

    async def both() -> Stream:
        async with serving(handler, tls) as port:
            stream = await Stream.open(LOCAL, port, 2.0, now_ms)
            await use(stream)
            stream.abort()
            return stream

    return asyncio.run(both())


async def echoing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data)


async def ending(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


def test_what_is_said_comes_back_and_is_kept() -> None:
    async def use(stream: Stream) -> None:
        assert await stream.receive(0.05) is End.SILENT
        assert await stream.send(b"hello", 1.0) is None
        assert await stream.receive(2.0) == b"hello"

    kept = [(each.way, each.data) for each in over(echoing, use).passages]
    assert kept == [(Way.NOTE, b"silent"), (Way.OURS, b"hello"), (Way.THEIRS, b"hello")]


@pytest.mark.parametrize(("said", "parted"), [(b"hello", "closed"), (bytes(32 << 20), "reset")])
def test_parting_resets_who_does_not_take_what_was_said(said: bytes, parted: str) -> None:
    async def both() -> str:
        may_read, ended = asyncio.Event(), asyncio.get_running_loop().create_future()

        async def reading_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await may_read.wait()
            try:
                while await reader.read(1 << 20):
                    pass
                ended.set_result("closed")
            except ConnectionResetError:
                ended.set_result("reset")

        async with serving(reading_late) as port:
            stream = await Stream.open(LOCAL, port, 2.0, now_ms)
            await stream.send(said, 0.1)
            stream.part()
            await asyncio.sleep(0)
            may_read.set()
            async with asyncio.timeout(5.0):
                return str(await ended)

    assert asyncio.run(both()) == parted


@pytest.mark.parametrize(("handler", "end"), [(ending, End.CLOSED), (resetting, End.RESET)])
def test_how_a_peer_ends_it(handler: Handler, end: End) -> None:
    async def use(stream: Stream) -> None:
        await stream.send(b"x", 1.0)
        assert await stream.receive(2.0) is end
        assert stream.ended is end

    over(handler, use)


class GoneAtOnce(socket):
    """A socket that was reset between the handshake and the first look at it."""

    def getpeername(self) -> tuple[str, int]:
        raise OSError(ENOTCONN, "Transport endpoint is not connected")


def test_a_peer_that_resets_at_once_ends_the_connection_and_not_the_port() -> None:
    async def both() -> object:
        async with serving(resetting) as port:
            stream = await Stream.open(
                LOCAL, port, 2.0, now_ms, lambda family: GoneAtOnce(family, SOCK_STREAM)
            )
            await stream.send(b"x", 1.0)
            return await stream.receive(2.0)

    assert asyncio.run(both()) is End.RESET


def test_of_a_flood_only_the_beginning_is_kept() -> None:
    async def use(stream: Stream) -> None:
        taken = 0
        while taken < 4 * MOST_KEPT:
            data = await stream.receive(2.0)
            assert isinstance(data, bytes)
            taken += len(data)

    stream = over(saying(bytes(8 * MOST_KEPT)), use)
    assert sum(len(each.data) for each in stream.passages) == MOST_KEPT


def test_plain_text_through_tls(tmp_path: Path) -> None:
    async def use(stream: Stream) -> None:
        handshake = await stream.secure("server.test", 2.0, ())
        assert handshake.version == "TLSv1.3"
        assert await stream.receive(2.0) == b"greeting"
        await stream.send(b"question", 1.0)
        assert await stream.receive(2.0) == b"answer"

    over(saying(b"greeting", b"answer"), use, server_context(tmp_path))


def test_who_speaks_no_tls_is_refused() -> None:
    async def use(stream: Stream) -> None:
        with pytest.raises(TlsRefused):
            await stream.secure(None, 2.0, ())

    over(saying(b"", b"220 what do you mean?\r\n"), use)


def test_who_says_nothing_to_a_hello_is_refused_in_time() -> None:
    async def use(stream: Stream) -> None:
        with pytest.raises(TlsRefused, match="no answer"):
            await stream.secure(None, 0.1, ())

    over(saying(b""), use)


def test_no_connection() -> None:
    async def closed() -> None:
        async with serving(echoing) as port:
            pass
        with pytest.raises(NoConnection):
            await Stream.open(LOCAL, port, 2.0, now_ms)

    asyncio.run(closed())

"""Servers on the loopback, as good or as bad as a test wants them, and a driver with little patience."""

import asyncio
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from socket import SO_LINGER, SOL_SOCKET

from periplus.identify.catalogue import protocols
from periplus.identify.driver.driver import Driver, Port, Session
from periplus.identify.driver.limits import Limits
from periplus.identify.model import Protocol
from periplus.identify.service import Service
from periplus.identify.signature import Signatures

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LOCAL = "127.0.0.1"
HASTY = Limits(
    connect_s=2.0,
    greeting_s=0.5,
    listen_s=0.2,
    glance_s=0.1,
    answer_s=0.5,
    talk_s=3.0,
    port_s=10.0,
    datagram_s=0.2,
    again_s=(0.1, 0.1),
)


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve on a free port, which is given; a handler that fails because its peer left is none of ours."""
    running: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, EOFError):
                await handler(reader, writer)
            writer.close()
        except asyncio.CancelledError:
            writer.transport.abort()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.add(asyncio.create_task(one(reader, writer)))

    server = await asyncio.start_server(begin, LOCAL, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running)
        for _ in range(3):
            await asyncio.sleep(0)  # transports close by callbacks of their own


def saying(greeting: bytes, answer: bytes = b"") -> Handler:
    """A server that greets, and answers whatever comes in the same way until the peer leaves."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if greeting:
            writer.write(greeting)
        while await reader.read(65_536):
            if answer:
                writer.write(answer)
        await writer.drain()

    return handler


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that resets the connection at the first word."""
    await reader.read(1)
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def driver(
    known: Sequence[Protocol] | None = None, limits: Limits = HASTY, signatures: Signatures | None = None
) -> Driver:
    """A driver over the real clock."""
    return Driver(
        known=protocols() if known is None else known,
        signatures=signatures or Signatures(),
        now_ms=lambda: time.monotonic() * 1000,
        nonce=lambda: bytes(range(64)),
        facts=lambda stream, peer, audit: {"here": True} if audit is None else {"audited": audit.jarm},
        limits=limits,
    )


async def identified(how: Driver, *ports: Port) -> list[Service]:
    """All services, in the order of their ports."""
    session = Session(how)
    found = await asyncio.gather(*(session.service(port) for port in ports))
    return sorted(found, key=lambda each: each.port)


def one(handler: Handler, how: Driver, tls: ssl.SSLContext | None = None) -> Service:
    """Serve by the handler, identify it, return the one service."""

    async def both() -> Service:
        async with serving(handler, tls) as port:
            [service] = await identified(how, Port(LOCAL, port))
            return service

    return asyncio.run(both())

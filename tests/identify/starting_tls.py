"""A small protocol in which TLS begins after a word, and a server of it."""

import asyncio
import ssl
from contextlib import suppress

from tests.identify.servers import Handler

from periplus.errors import BadReply
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.talk import Known, Line, Say, Secure, Talk, Told

__all__ = ["STARTING_TLS", "starting_tls"]


def starting_tls(context: ssl.SSLContext) -> Handler:
    """A server that begins TLS when it is asked to, and tells its secret there."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"ready\n")
        if await reader.readline() == b"STARTTLS\n":
            writer.write(b"go\n")
            with suppress(ssl.SSLError, ConnectionError):
                await writer.start_tls(context)
                while line := await reader.readline():
                    writer.write(b"secret\n" if line == b"again\n" else b"\n")

    return handler


def _talk(peer: Peer) -> Talk:
    greeting = yield Line()
    if greeting != b"ready":
        raise BadReply("not ready")
    yield Known(0.8, "ready")
    yield Say(b"STARTTLS\n")
    yield Line()
    yield Secure()
    yield Say(b"again\n")
    said = yield Line()
    yield Told(info=said.decode())


def _upgrade(peer: Peer) -> Talk:
    yield Line()
    yield Say(b"STARTTLS\n")
    yield Line()
    yield Secure()


STARTING_TLS = Protocol(
    "s",
    "s",
    "this test",
    _talk,
    first=First.SERVER,
    looks=lambda data: float(data[:5] == b"ready"),
    upgrade=_upgrade,
)

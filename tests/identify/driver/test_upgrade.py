"""The way to TLS on a connection of its own: walked, refused, and ended before."""

import asyncio

import pytest
from tests.identify.driver.test_stream import now_ms
from tests.identify.servers import HASTY, LOCAL, Handler, saying, serving
from tests.identify.starting_tls import STARTING_TLS

from periplus.errors import BadReply
from periplus.findings import Way
from periplus.identify.driver.stream import NoConnection, Stream
from periplus.identify.driver.upgrade import walk
from periplus.identify.model import Peer
from periplus.identify.talk import Line, Talk


def walked(handler: Handler, talk: Talk) -> Stream:
    """Walk to TLS at a server by the handler."""

    async def both() -> Stream:
        async with serving(handler) as port:
            stream = await Stream.open(LOCAL, port, 1.0, now_ms)
            try:
                await walk(stream, talk, HASTY)
            finally:
                stream.abort()
            return stream

    return asyncio.run(both())


def refused(peer: Peer) -> Talk:
    raise BadReply("454 " + (yield Line()).decode())


def test_what_is_to_be_said_is_said_and_tls_is_left_to_the_caller() -> None:
    stream = walked(saying(b"ready\n", b"go\n"), STARTING_TLS.talk(Peer(LOCAL, 1)))
    said = [(each.way, each.data) for each in stream.passages]
    assert said == [(Way.THEIRS, b"ready\n"), (Way.OURS, b"STARTTLS\n"), (Way.THEIRS, b"go\n")]
    assert stream.handshake is None


@pytest.mark.parametrize(
    ("greeting", "why"), [(b"later\n", "no way to TLS: 454 later"), (b"", "no way to TLS: the peer silent")]
)
def test_who_does_not_go_along_counts_as_no_connection(greeting: bytes, why: str) -> None:
    with pytest.raises(NoConnection, match=why):
        walked(saying(greeting), refused(Peer(LOCAL, 1)))

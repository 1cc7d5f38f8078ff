"""One conversation carried out over TCP: events of the talk become calls of the stream, and what came is fed back.

A talk that fails, a peer that goes silent, floods, resets or never ends, each costs this attempt and no more: time
and bytes are bounded.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from periplus.errors import BadReply
from periplus.identify.driver.limits import Limits
from periplus.identify.driver.stream import NoConnection, Stream
from periplus.identify.model import Peer, Protocol
from periplus.identify.service import Attempt
from periplus.identify.talk import (
    DONE,
    NEED_DATA,
    Afresh,
    Conversation,
    Detail,
    End,
    Event,
    Say,
    Secure,
)

if TYPE_CHECKING:
    from periplus.identify.tls.client import Handshake

__all__ = ["Talking", "TlsFacts"]

MOST_CONNECTIONS = 6  # of one talk
TlsFacts = dict[str, Detail]


@dataclass(eq=False)
class Talking:
    """Carries out the talk of one protocol with one peer.

    `open_stream` makes a connection, with TLS if the peer has it from the start, and offers protocols there if they
    are given; `facts` turns a handshake into what a reader gets of it.
    """

    protocol: Protocol
    peer: Peer
    limits: Limits
    open_stream: Callable[[tuple[str, ...] | None], Awaitable[Stream]]
    facts: Callable[["Handshake"], TlsFacts]
    tls: TlsFacts | None = None
    upgraded: "Handshake | None" = None  # of TLS that began within the conversation
    stream: Stream | None = None
    opened: int = 0

    async def over(self, stream: Stream | None, heard: bytes = b"") -> Attempt:
        """Talk over a connection that is there, of which `heard` was read already, or over a new one."""
        talk = Conversation(self.protocol.talk(self.peer))
        self.stream = stream
        problem = None
        refused = False
        try:
            async with asyncio.timeout(self.limits.talk_s):
                if self.stream is None:
                    self.stream = await self.open_stream(None)
                await self._carry_out(talk, heard)
        except TimeoutError:
            problem = "the conversation took too long"
        except NoConnection as error:
            problem, refused = str(error), not self.opened and stream is None
        except BadReply as error:
            problem = str(error)
        finally:
            talk.close()
            if self.stream is not None:
                self.stream.part()
        problem = problem or (str(talk.fault) if talk.fault else None)
        passages = tuple(self.stream.passages) if self.stream else ()
        return Attempt(
            self.protocol, talk.known, tuple(talk.told), passages, self.tls, refused, problem, self.upgraded
        )

    async def _carry_out(self, talk: Conversation, heard: bytes) -> None:
        events = talk.start()
        if heard and events[-1] is NEED_DATA and len(events) == 1:
            events = talk.feed(heard)
        while events[-1] is not DONE:
            events = await self._do(talk, events)
        await self._do(talk, events)

    async def _do(self, talk: Conversation, events: list[Event]) -> list[Event]:
        """Carry out the events; return those that follow from it."""
        assert self.stream is not None
        ended: End | None = None
        for event in events:
            if isinstance(event, Say) and ended is None:
                ended = await self.stream.send(event.data, self.limits.answer_s)
        last = events[-1]
        if last is DONE:
            return events
        if isinstance(last, Afresh):
            return talk.ready() if await self._again(last.alpn) else talk.end(End.CLOSED)
        if isinstance(last, Secure):
            # What begins within another protocol is not HTTP, and some servers (Exim) then refuse its name.
            handshake = await self.stream.secure(
                self.peer.name, self.limits.answer_s, alpn=(), envelope=last.envelope
            )
            self.upgraded = replace(handshake, within=self.protocol.name)
            self.tls = self.facts(self.upgraded)
            return talk.ready()
        # What was sent before a reset may still be there to read.
        came = await self.stream.receive(self.limits.answer_s if talk.wait_s is None else talk.wait_s)
        return talk.end(came) if isinstance(came, End) else talk.feed(came)

    async def _again(self, alpn: tuple[str, ...]) -> bool:
        """Open a new connection; return False where it does not agree on one of the protocols."""
        assert self.stream is not None
        self.opened += 1
        if self.opened >= MOST_CONNECTIONS:
            raise BadReply("too many connections")
        passages = self.stream.passages
        self.stream.close()
        try:
            self.stream = await self.open_stream(alpn or None)
        except BadReply:
            if alpn:
                return False
            raise
        self.stream.passages[:0] = passages
        agreed = self.stream.handshake
        return not alpn or (agreed is not None and agreed.alpn in alpn)

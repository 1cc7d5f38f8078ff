"""One conversation carried out by datagrams.

A socket of its own, connected, so that ICMP errors end it and strangers' datagrams do not count; where a protocol's
answers come from another port than was asked (`Protocol.elsewhere`), the answer's address must do. A question is
repeated when nothing comes, as datagrams get lost.

What the port scan already heard, in answer to the very bytes that a talk begins with, is its first answer: nothing is
asked twice.
"""

import asyncio
from dataclasses import dataclass, field
from socket import AF_INET, AF_INET6, SOCK_DGRAM, socket

from periplus.findings import Passage, Way
from periplus.identify.driver.limits import Limits
from periplus.identify.driver.stream import Clock, Opener
from periplus.identify.model import Peer, Protocol
from periplus.identify.service import Attempt
from periplus.identify.talk import NEED_DATA, Conversation, End, Event, Say

__all__ = ["MOST_DATAGRAM", "Asking", "begins_with", "plain_datagrams"]

MOST_DATAGRAM = 65_535
MOST_UNANSWERED = 64  # datagrams that one conversation may take; a talk wants a few


def plain_datagrams(family: int) -> socket:
    """Return a UDP socket on which nothing is set."""
    return socket(family, SOCK_DGRAM)


def begins_with(protocol: Protocol, peer: Peer) -> bytes | None:
    """Return the datagram with which a talk begins, if it begins with one and then waits."""
    talk = Conversation(protocol.talk(peer), datagrams=True)
    events = talk.start()
    talk.close()
    return _only_said(events)


def _only_said(events: list[Event]) -> bytes | None:
    said = [event.data for event in events if isinstance(event, Say)]
    return said[0] if len(events) == 2 and len(said) == 1 and events[-1] is NEED_DATA else None


@dataclass(eq=False)
class Asking:
    """Carries out the talk of one protocol with one peer, over a socket of the opener."""

    protocol: Protocol
    peer: Peer
    limits: Limits
    now_ms: Clock
    opener: Opener = plain_datagrams
    passages: list[Passage] = field(default_factory=list)
    _began_ms: float = 0.0

    async def run(self, heard: bytes = b"") -> Attempt:
        """Talk; `heard` was already said in answer to the datagram that the talk begins with."""
        talk = Conversation(self.protocol.talk(self.peer), datagrams=True)
        self._began_ms = self.now_ms()
        with self.opener(AF_INET6 if ":" in self.peer.address else AF_INET) as sock:
            try:
                self._prepare(sock)
                async with asyncio.timeout(self.limits.talk_s):
                    await self._carry_out(talk, sock, heard)
            except TimeoutError:
                pass
            except OSError as error:
                self._keep(Way.NOTE, str(error.strerror or error).encode())
        talk.close()
        problem = str(talk.fault) if talk.fault else None
        return Attempt(self.protocol, talk.known, tuple(talk.told), tuple(self.passages), problem=problem)

    def _prepare(self, sock: socket) -> None:
        sock.setblocking(False)
        if not self.protocol.elsewhere:
            sock.connect((self.peer.address, self.peer.port))

    def _keep(self, way: Way, data: bytes) -> None:
        self.passages.append(Passage(way, data, self.now_ms() - self._began_ms))

    async def _carry_out(self, talk: Conversation, sock: socket, heard: bytes) -> None:
        events = talk.start()
        if heard:
            events = self._recall(talk, events, heard)
        for _ in range(MOST_UNANSWERED):
            said = [event.data for event in events if isinstance(event, Say)]
            if events[-1] is not NEED_DATA:
                break
            answer = await self._exchange(sock, said, talk.wait_s or self.limits.datagram_s)
            events = talk.end(End.SILENT) if answer is None else talk.feed(answer)
        for event in events:
            if isinstance(event, Say):  # a farewell, to which nothing comes
                await self._send(sock, event.data)

    def _recall(self, talk: Conversation, events: list[Event], heard: bytes) -> list[Event]:
        said = _only_said(events)
        assert said is not None, "heard in answer to nothing"
        self._keep(Way.NOTE, b"asked by the port scan")
        self._keep(Way.OURS, said)
        self._keep(Way.THEIRS, heard)
        return talk.feed(heard)

    async def _exchange(self, sock: socket, said: list[bytes], wait_s: float) -> bytes | None:
        """Send what is to be sent, again if nothing comes; return the next datagram."""
        for _ in range(self.limits.datagram_tries if said else 1):
            for data in said:
                await self._send(sock, data)
            try:
                async with asyncio.timeout(wait_s):
                    answer = await self._receive(sock)
            except TimeoutError:
                continue
            self._keep(Way.THEIRS, answer)
            return answer or b"\0"
        return None

    async def _send(self, sock: socket, data: bytes) -> None:
        self._keep(Way.OURS, data)
        loop = asyncio.get_running_loop()
        if self.protocol.elsewhere:
            await loop.sock_sendto(sock, data, (self.peer.address, self.peer.port))
        else:
            await loop.sock_sendall(sock, data)

    async def _receive(self, sock: socket) -> bytes:
        loop = asyncio.get_running_loop()
        if not self.protocol.elsewhere:
            return await loop.sock_recv(sock, MOST_DATAGRAM)
        while True:
            answer, sender = await loop.sock_recvfrom(sock, MOST_DATAGRAM)
            if sender[0] == self.peer.address:
                return bytes(answer)

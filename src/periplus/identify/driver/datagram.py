"""One conversation carried out by datagrams.

A socket of its own, connected, so that ICMP errors end it and strangers' datagrams do not count; where a protocol's
answers come from another port than was asked (`Protocol.elsewhere`), the answer's address must do. A question is
repeated when nothing comes, as datagrams get lost, unless the talk sees to that itself (`Say.sealed`). Of sealed
datagrams their sizes are kept, and what the talk tells of their contents.

What the port scan already heard is not asked for again. Where a talk says what the scan said, and the talk makes
something of what was heard (which is tried on a twin, as talks say the same to the same answers), that is its answer,
be it to the first question or a later one. So readers must tell answers to different questions apart.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from socket import AF_INET, AF_INET6, SOCK_DGRAM, socket
from typing import TYPE_CHECKING

from periplus.findings import Passage, Way
from periplus.identify.driver.attempt import TlsFacts
from periplus.identify.driver.limits import Limits
from periplus.identify.driver.stream import MOST_KEPT, Clock, Opener
from periplus.identify.model import Peer, Protocol
from periplus.identify.service import Attempt
from periplus.identify.talk import NEED_DATA, Conversation, End, Event, Say, Secured, Unsealed

if TYPE_CHECKING:
    from periplus.identify.tls.client import Handshake

__all__ = ["MOST_DATAGRAM", "MOST_TURNS", "Asking", "is_answer", "plain_datagrams"]

MOST_DATAGRAM = 65_535
MOST_TURNS = 400  # datagrams, or ends of waiting, of one conversation: a page over QUIC is a hundred


def plain_datagrams(family: int) -> socket:
    """Return a UDP socket on which nothing is set."""
    return socket(family, SOCK_DGRAM)


def _nothing(_handshake: "Handshake") -> TlsFacts:
    return {}


def is_answer(protocol: Protocol, peer: Peer, came: Sequence[bytes | End], heard: bytes) -> bool:
    """Whether a talk makes something of these bytes after what `came` before."""
    before, after = (_replayed(protocol, peer, each) for each in (came, [*came, heard]))
    return after.known != before.known or len(after.told) > len(before.told)


def _replayed(protocol: Protocol, peer: Peer, came: Sequence[bytes | End]) -> Conversation:
    talk = Conversation(protocol.talk(peer), datagrams=True)
    talk.start()
    for each in came:
        _take(talk, each)
    talk.close()
    return talk


def _take(talk: Conversation, came: bytes | End) -> list[Event]:
    return talk.end(came) if isinstance(came, End) else talk.feed(came)


@dataclass(eq=False)
class Asking:
    """Carries out the talk of one protocol with one peer, over a socket of the opener.

    `facts` turns a handshake of TLS into what a reader gets of it.
    `asked` and `heard`: what the port scan sent there, and what came back; each is used once.
    """

    protocol: Protocol
    peer: Peer
    limits: Limits
    now_ms: Clock
    opener: Opener = plain_datagrams
    facts: "Callable[[Handshake], TlsFacts]" = _nothing
    asked: Sequence[bytes] = ()
    heard: Sequence[bytes] = ()
    passages: list[Passage] = field(default_factory=list)
    tls: TlsFacts | None = None
    _began_ms: float = 0.0
    _kept: int = 0
    _sealed: bool = False  # the datagrams that are there now

    async def run(self) -> Attempt:
        """Talk."""
        talk = Conversation(self.protocol.talk(self.peer), datagrams=True)
        self._began_ms = self.now_ms()
        with self.opener(AF_INET6 if ":" in self.peer.address else AF_INET) as sock:
            try:
                self._prepare(sock)
                async with asyncio.timeout(self.limits.talk_s):
                    await self._carry_out(talk, sock)
            except TimeoutError:
                pass
            except OSError as error:
                self._keep(Way.NOTE, str(error.strerror or error).encode())
        talk.close()
        problem = str(talk.fault) if talk.fault else None
        return Attempt(
            self.protocol, talk.known, tuple(talk.told), tuple(self.passages), self.tls, problem=problem
        )

    def _prepare(self, sock: socket) -> None:
        sock.setblocking(False)
        if not self.protocol.elsewhere:
            sock.connect((self.peer.address, self.peer.port))

    def _keep(self, way: Way, data: bytes) -> None:
        room = max(MOST_KEPT - self._kept, 0)
        if data[:room]:
            self.passages.append(Passage(way, data[:room], self.now_ms() - self._began_ms))
        self._kept += len(data)

    def _keep_datagram(self, way: Way, data: bytes) -> None:
        if self._sealed:
            self._keep(Way.NOTE, f"{way} {len(data)} bytes, encrypted".encode())
        else:
            self._keep(way, data)

    async def _carry_out(self, talk: Conversation, sock: socket) -> None:
        events = talk.start()
        came: list[bytes | End] = []
        for _ in range(MOST_TURNS):
            if events[-1] is not NEED_DATA:
                break
            said = self._heed(events)
            answer = self._recalled(said, came)
            if answer is None:
                answer = await self._exchange(sock, said, talk.wait_s or self.limits.datagram_s)
            came.append(End.SILENT if answer is None else answer)
            events = _take(talk, came[-1])
        for each in self._heed(events):  # a farewell, to which nothing comes
            await self._send(sock, each)

    def _heed(self, events: list[Event]) -> list[Say]:
        """Keep what the talk lets us know; return what is to be sent."""
        for event in events:
            if isinstance(event, Unsealed):
                self._keep(event.way, event.data)
            elif isinstance(event, Secured):
                self._keep(Way.NOTE, f"{event.handshake.version} {event.handshake.cipher}".encode())
                self.tls = self.facts(event.handshake)
        return [event for event in events if isinstance(event, Say)]

    def _recalled(self, said: Sequence[Say], came: Sequence[bytes | End]) -> bytes | None:
        """What the port scan heard, if that is the answer to this."""
        if len(said) != 1 or said[0].data not in self.asked:
            return None
        heard = next((each for each in self.heard if is_answer(self.protocol, self.peer, came, each)), None)
        if heard is not None:
            self.heard = [each for each in self.heard if each != heard]
            self._keep(Way.NOTE, b"asked by the port scan")
            self._keep(Way.OURS, said[0].data)
            self._keep(Way.THEIRS, heard)
        return heard

    async def _exchange(self, sock: socket, said: Sequence[Say], wait_s: float) -> bytes | None:
        """Send what is to be sent, again if nothing comes; return the next datagram."""
        for number in range(self.limits.datagram_tries):
            now = [each for each in said if not (number and each.sealed)]
            if number and not now:
                break
            for each in now:
                await self._send(sock, each)
            try:
                async with asyncio.timeout(wait_s):
                    answer = await self._receive(sock)
            except TimeoutError:
                continue
            self._keep_datagram(Way.THEIRS, answer)
            return answer or b"\0"
        return None

    async def _send(self, sock: socket, say: Say) -> None:
        data, self._sealed = say.data, say.sealed
        self._keep_datagram(Way.OURS, data)
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

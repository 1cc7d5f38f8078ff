"""Finding out who answers at one TCP port, whatever its number.

The order is: listen; what a greeting looks like; what is likely at this port; then TLS, and the same again inside it,
and at the same time the rest, the commonest first, some at once. What comes in answer to one protocol's question is
looked at for all others (an FTP server that is sent HTTP complains in FTP), and whoever it looks like is asked next.

It ends with the first protocol that makes itself known by `SURE` or more, else when all were asked or the time for a
port is over; of what is less sure the surest counts. Who ends the connection before anything was said, or greets in a
way that nobody knows, is asked only what is likely at the port: more questions would tell no more. A port that ends
connections without a word is asked once more after a while, and one that excuses itself twice: servers do so that
have too many.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from periplus.errors import BadReply
from periplus.findings import Passage, Way
from periplus.identify.driver.attempt import Talking, TlsFacts
from periplus.identify.driver.guard import guarded
from periplus.identify.driver.limits import Limits
from periplus.identify.driver.race import first_true
from periplus.identify.driver.stream import NoConnection, ResetAtOnce, Stream
from periplus.identify.model import First, Peer, Protocol
from periplus.identify.order import Chosen, by_looks
from periplus.identify.service import Attempt
from periplus.identify.talk import End

if TYPE_CHECKING:
    from periplus.identify.tls.client import Handshake

__all__ = ["Explorer"]

SURE = 0.7
# Too many connections, in the words of FTP and mail (RFC 959, RFC 5321: 421) and of OpenSSH.
UNAVAILABLE = (b"421", b"Exceeded MaxStartups")
USUAL = ("http/1.1",)
ALPN_REFUSED = "no application protocol"  # as OpenSSL words the alert of RFC 7301
MOST_REFUSALS = 3  # connections that a port that took one before may refuse until it is left alone


@dataclass(eq=False)
class Explorer:
    """Asks one port.

    `choose` gives what to ask, in plain text or inside TLS, `connect` makes a connection, `facts` reads a
    handshake. Every conversation ends up in `attempts`.
    """

    known: Sequence[Protocol]
    choose: Callable[[bool], Chosen]
    limits: Limits
    connect: Callable[[], Awaitable[Stream]]
    facts: Callable[["Handshake"], TlsFacts]
    attempts: list[Attempt] = field(default_factory=list)
    secured: "Handshake | None" = None  # of a connection on which TLS came about from the start
    _streams: list[Stream] = field(default_factory=list)
    _tls: TlsFacts | None = None
    _alpn: tuple[str, ...] = USUAL  # what is offered within TLS
    _turned_away: int = 0  # 1: a connection was ended before anything was said; 2: with an excuse
    _tried: set[tuple[str, bool]] = field(default_factory=set)

    async def run(self, peer: Peer) -> list[Attempt]:
        """Ask until it is known who answers, or all were asked; return every attempt."""
        try:
            async with asyncio.timeout(self.limits.port_s):
                await self._insist(peer)
        except TimeoutError:
            self.attempts.append(Attempt(None, problem="asking this port took too long"))
        finally:
            for stream in self._streams:
                stream.part()
        return self.attempts

    async def _insist(self, peer: Peer) -> None:
        """Ask, and again after a while where we were turned away."""
        known = await self._explore(peer)
        for number, pause_s in enumerate(self.limits.again_s):
            if known or self._turned_away <= number:
                return
            await asyncio.sleep(pause_s)
            self._tried.clear()
            self._turned_away = 0
            known = await self._explore(peer)

    async def _explore(self, peer: Peer) -> bool:
        """Return whether it became known who answers."""
        choice = self.choose(False)
        if choice.tls_first and await self._inside_tls(peer):
            return True
        stream = await self._opened(peer)
        if stream is None:
            return False
        came = await stream.receive(self._patience(choice))
        if await self._likely(peer, choice, stream, came):
            return True
        if came is not End.SILENT:
            excused = isinstance(came, bytes) and came.startswith(UNAVAILABLE)
            self._turned_away = 2 if excused else int(not isinstance(came, bytes))
            return False
        if choice.only_likely:
            return False
        rest = self._some(peer, choice.rest)
        return await first_true((rest,) if choice.tls_first else (self._inside_tls(peer), rest), 2)

    async def _inside_tls(self, peer: Peer) -> bool:
        """Return whether the port speaks TLS, whoever answers inside."""
        inside = replace(peer, tls=True)
        opened = await self._agreed(inside)
        if opened is None:
            return False
        stream, choice, came = opened
        assert stream.handshake is not None
        self._tls = self.facts(stream.handshake)
        self.secured = stream.handshake
        found = await self._likely(inside, choice, stream, came)
        if not found and came is End.SILENT:
            await self._some(inside, choice.rest)
        return True

    async def _agreed(self, inside: Peer) -> tuple[Stream, Chosen, bytes | End] | None:
        """Return a connection within TLS, whom to ask there, and what was said unasked.

        Who does not speak the usual is offered all else that has a name there, then nothing.
        """
        others = tuple(name for each in self.known for name in each.alpn if name not in USUAL)
        for offer in dict.fromkeys((USUAL, others, ())):
            self._alpn = offer
            stream = await self._opened(inside)
            if stream is None and ALPN_REFUSED not in (self.attempts[-1].problem or ""):
                return None
            if stream is None:
                continue
            agreed = stream.handshake.alpn if stream.handshake else None
            choice = self._named_first(self.choose(True), agreed)
            came = await stream.receive(self._patience(choice))
            ended = agreed is None and came in (End.CLOSED, End.RESET)
            if not ended or not others or offer != USUAL:
                self._alpn = offer if agreed else USUAL if offer else ()
                return stream, choice, came
        return None

    def _named_first(self, choice: Chosen, alpn: str | None) -> Chosen:
        """Whom TLS names is likely."""
        named = tuple(each for each in self.known if alpn in each.alpn)
        return replace(choice, likely=(*named, *choice.likely)) if named else choice

    def _patience(self, choice: Chosen) -> float:
        if choice.speaks_first:
            return self.limits.greeting_s
        return self.limits.glance_s if choice.likely else self.limits.listen_s

    async def _opened(self, peer: Peer) -> Stream | None:
        """Return a connection to listen at; None: there is none, and an attempt says why."""
        try:
            return await self._open(peer)
        except ResetAtOnce as error:
            self._turned_away = 1
            reset = Passage(Way.NOTE, End.RESET.value.encode(), 0.0)
            self.attempts.append(Attempt(None, passages=(reset,), problem=str(error)))
        except NoConnection as error:
            self.attempts.append(Attempt(None, refused=True, problem=str(error)))
        except BadReply as error:
            self.attempts.append(Attempt(None, problem=f"TLS: {error}"))
        return None

    async def _open(self, peer: Peer, alpn: tuple[str, ...] | None = None) -> Stream:
        stream = await self.connect()
        self._streams.append(stream)
        if peer.tls:
            await stream.secure(peer.name, self.limits.answer_s, self._alpn if alpn is None else alpn)
        return stream

    async def _likely(self, peer: Peer, choice: Chosen, stream: Stream, came: bytes | End) -> bool:
        """Ask whom the greeting looks like, and what is likely here, one by one."""
        heard = came if isinstance(came, bytes) else b""
        looked = [protocol for _, protocol in by_looks(self.known, heard)] if heard else []
        there: Stream | None = stream
        for protocol in dict.fromkeys((*looked, *choice.likely)):
            # Who waits for the client first does not wait to be told again what it has said already.
            greeted = protocol in looked and protocol.first is First.SERVER
            usable = there is not None and (came is End.SILENT or greeted)
            if await self._ask(peer, protocol, there if usable else None, heard if usable else b""):
                return True
            there = None if usable else there
        if there is not None:
            self.attempts.append(Attempt(None, passages=tuple(there.passages), tls=self._tls_of(peer)))
            there.part()
        return False

    async def _some(self, peer: Peer, protocols: Iterable[Protocol]) -> bool:
        """Ask the rest, some at once. Who greets by itself has not done so, and is not waited for again."""
        waiting = (
            self._ask(peer, each)
            for each in protocols
            if each.first is First.CLIENT
            and (each.name, peer.tls) not in self._tried
            and self._refusals() < MOST_REFUSALS
        )
        return await first_true(waiting, self.limits.at_once)

    def _refusals(self) -> int:
        return sum(each.refused for each in self.attempts)

    async def _ask(
        self, peer: Peer, protocol: Protocol, there: Stream | None = None, heard: bytes = b""
    ) -> bool:
        """Ask for one protocol, then for those that the answer looks like; return whether one is known for sure."""
        key = (protocol.name, peer.tls)
        if key in self._tried:
            return False
        self._tried.add(key)
        attempt = await self._guarded(peer, protocol, there, heard)
        self.attempts.append(attempt)
        if attempt.known and attempt.known.confidence >= SURE:
            return True
        for _, other in by_looks(self.known, attempt.heard):
            if await self._ask(peer, other):
                return True
        return False

    async def _guarded(self, peer: Peer, protocol: Protocol, there: Stream | None, heard: bytes) -> Attempt:
        talking = Talking(
            protocol, peer, self.limits, lambda alpn: self._open(peer, alpn), self.facts, self._tls_of(peer)
        )
        return await guarded(talking.over(there, heard), lambda problem: Attempt(protocol, problem=problem))

    def _tls_of(self, peer: Peer) -> TlsFacts | None:
        return self._tls if peer.tls else None

"""An audit of one TLS port carried out: each of its hellos, then of JARM's ten, goes over a connection of its own.

Where TLS begins within another protocol (STARTTLS), each connection first walks there, by the shortest way.

One connection at a time, each permitted like all others, in bounded number and time; what was found until a bound was
met, or the port took no more connections, stays, and `Audit.cut` says why it is not all.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from periplus.identify.driver.limits import Limits
from periplus.identify.driver.stream import NoConnection, Stream
from periplus.identify.driver.upgrade import walk
from periplus.identify.model import Peer, Protocol
from periplus.identify.talk import End
from periplus.identify.tls.audit import Audit, enough_untrusted
from periplus.identify.tls.jarm import NOTHING, hellos, jarm_untrusted

__all__ = ["Auditing"]

MOST_REFUSALS = 3
REST_S = 0.5  # after a connection that was refused


class _Enough(Exception):
    """No more connections are made."""


@dataclass(eq=False)
class Auditing:
    """Carries out one audit; `within`: the protocol in which TLS begins, if it does not begin the connection."""

    audit: Audit
    peer: Peer
    limits: Limits
    connect: Callable[[], Awaitable[Stream]]
    within: Protocol | None = None
    connections: int = 0
    refusals: int = 0

    async def run(self) -> Audit:
        """Ask everything, within the limits; return the audit."""
        try:
            async with asyncio.timeout(self.limits.audit_s):
                await self._questions()
                if self._own_bound is None:  # else ten connections are too dear
                    await self._print()
        except TimeoutError:
            self.audit.cut = "it took too long"
        except _Enough as why:
            self.audit.cut = str(why)
        return self.audit

    async def _print(self) -> None:
        """Take JARM's print; of a server that says nothing to one of the hellos there is none."""
        answers = []
        for hello in hellos(self.peer.name or self.peer.address, self.audit.draw):
            answer, ended = await self._asked(hello)
            if ended is End.SILENT and not answer:
                return
            answers.append(answer)
        taken = jarm_untrusted(answers)
        # A mail server that knows no HTTP refuses all ten, and is then like all others that do.
        self.audit.jarm = None if self.within and taken == NOTHING else taken

    async def _questions(self) -> None:
        questions = self.audit.questions()
        hello = next(questions, None)
        while hello is not None:
            answer, _ = await self._asked(hello)
            try:
                hello = questions.send(answer)
            except StopIteration:
                return

    async def _asked(self, hello: bytes) -> tuple[bytes, End | None]:
        """Return the beginning of what is said to a hello, and how it ended, if it did."""
        stream = await self._connected()
        try:
            answer, ended = b"", await stream.send(hello, self.limits.answer_s)
            while not enough_untrusted(answer):
                came = await stream.receive(self.limits.answer_s)
                if isinstance(came, End):
                    return answer, came
                answer += came
            stream.close()
        finally:
            stream.abort()
        return answer, ended

    async def _connected(self) -> Stream:
        while self.connections < self._most:
            self.connections += 1
            try:
                return await self._upgraded(await self.connect())
            except NoConnection as error:
                self.refusals += 1
                if self.refusals >= MOST_REFUSALS:
                    raise _Enough(f"connections are refused: {error}") from None
                await asyncio.sleep(REST_S)
        raise _Enough(f"more than {self._most} connections are not made")

    @property
    def _own_bound(self) -> int | None:
        return self.within.most_upgrades if self.within else None

    @property
    def _most(self) -> int:
        return min(self.limits.audit_connections, self._own_bound or self.limits.audit_connections)

    async def _upgraded(self, stream: Stream) -> Stream:
        if self.within and self.within.upgrade:
            try:
                await walk(stream, self.within.upgrade(self.peer), self.limits)
            except BaseException:
                stream.abort()
                raise
        return stream

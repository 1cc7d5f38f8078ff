"""Finding out who answers at one UDP port, whatever its number.

The order is: whom the answers that the port scan got look like, then what is likely at this port, one by one; then
the rest, the commonest first, some at once. What comes in answer to one protocol's question is looked at for all
others, and whoever it looks like is asked next. It ends as it does over TCP (`explore.py`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from periplus.identify.driver.explore import SURE
from periplus.identify.driver.guard import guarded
from periplus.identify.driver.limits import Limits
from periplus.identify.driver.race import first_true
from periplus.identify.model import Peer, Protocol
from periplus.identify.order import Chosen, by_looks
from periplus.identify.service import Attempt

__all__ = ["Inquirer"]


@dataclass(eq=False)
class Inquirer:
    """Asks one port.

    `begin` has one conversation. `heard` is what the port scan got there.
    """

    known: Sequence[Protocol]
    choice: Chosen
    limits: Limits
    begin: Callable[[Protocol, Peer], Awaitable[Attempt]]
    heard: Sequence[bytes] = ()
    attempts: list[Attempt] = field(default_factory=list)
    _tried: set[str] = field(default_factory=set)

    async def run(self, peer: Peer) -> list[Attempt]:
        """Ask until it is known who answers, or all were asked; return every attempt."""
        try:
            async with asyncio.timeout(self.limits.port_s):
                await self._inquire(peer)
        except TimeoutError:
            self.attempts.append(Attempt(None, problem="asking this port took too long"))
        return self.attempts

    async def _inquire(self, peer: Peer) -> None:
        looked = [each for said in self.heard for _, each in by_looks(self.known, said)]
        for protocol in dict.fromkeys((*looked, *self.choice.likely)):
            if await self._ask(peer, protocol):
                return
        await self._some(peer, self.choice.rest)

    async def _some(self, peer: Peer, protocols: Iterable[Protocol]) -> None:
        waiting = (self._ask(peer, each) for each in protocols if each.name not in self._tried)
        await first_true(waiting, self.limits.at_once)

    async def _ask(self, peer: Peer, protocol: Protocol) -> bool:
        """Ask for one protocol, then for those that the answer looks like; return whether one is known for sure."""
        if protocol.name in self._tried:
            return False
        self._tried.add(protocol.name)
        attempt = await self._guarded(peer, protocol)
        self.attempts.append(attempt)
        if attempt.known and attempt.known.confidence >= SURE:
            return True
        for _, other in by_looks(self.known, attempt.heard):
            if await self._ask(peer, other):
                return True
        return False

    async def _guarded(self, peer: Peer, protocol: Protocol) -> Attempt:
        return await guarded(self.begin(protocol, peer), lambda problem: Attempt(protocol, problem=problem))

"""Many ports at once: who answers at each, within bounds on connections in all and per host.

`Driver.identify` yields services as they become known. One asyncio loop and no thread; whoever has no loop of its own
runs it by `asyncio.run`. A port costs one row, whatever goes wrong at it.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from periplus.identify.driver.attempt import TlsFacts
from periplus.identify.driver.datagram import ask
from periplus.identify.driver.explore import SURE, Explorer
from periplus.identify.driver.guard import guarded
from periplus.identify.driver.limits import Limits
from periplus.identify.driver.stream import Stream
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.order import INTENSITY, Chosen, by_looks, chosen
from periplus.identify.service import Attempt, Came, Service, service_of
from periplus.identify.signature import Signatures

__all__ = ["Driver", "Port"]


@dataclass(frozen=True, slots=True)
class Port:
    """One port to identify. `heard`: what it already answered to the scan's own question, over UDP."""

    address: str
    port: int
    over: Over = Over.TCP
    name: str | None = None
    heard: bytes = b""


@dataclass(frozen=True)
class Driver:
    """How ports are identified.

    `now_ms` is a clock, `nonce` gives 64 random bytes, `facts` reads a stream's TLS handshake, `me` gives the address
    of ours to come from. `ics`: industrial equipment may be spoken to.
    """

    known: Sequence[Protocol]
    signatures: Signatures
    now_ms: Callable[[], float]
    nonce: Callable[[], bytes]
    facts: Callable[[Stream, Peer], TlsFacts]
    limits: Limits = field(default_factory=Limits)
    intensity: int = INTENSITY
    ics: bool = False
    me: Callable[[str], str | None] = lambda _address: None

    async def identify(self, ports: Iterable[Port]) -> AsyncIterator[Service]:
        """Yield a service for each port, in the order in which they become known."""
        overall = asyncio.Semaphore(self.limits.connections)
        per_host: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(self.limits.per_host)
        )
        waiting = iter(ports)
        running: set[asyncio.Task[Service]] = set()
        try:
            while True:
                for port in waiting:
                    running.add(asyncio.create_task(self._one(port, overall, per_host[port.address])))
                    if len(running) >= self.limits.connections:
                        break
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()

    async def _one(self, port: Port, overall: asyncio.Semaphore, of_host: asyncio.Semaphore) -> Service:
        async with of_host, overall:
            return await guarded(
                self._service(port),
                lambda problem: Service(port.address, port.port, port.over, Came.FAULT, problems=(problem,)),
            )

    async def _service(self, port: Port) -> Service:
        attempts = await (self._tcp(port) if port.over is Over.TCP else self._udp(port))
        return service_of(port.address, port.port, port.over, attempts, self.signatures)

    def _peer(self, port: Port) -> Peer:
        return Peer(port.address, port.port, port.name, nonce=self.nonce())

    def _chosen(self, port: Port, inside_tls: bool = False) -> Chosen:
        return chosen(
            self.known, port.port, port.over, intensity=self.intensity, inside_tls=inside_tls, ics=self.ics
        )

    async def _tcp(self, port: Port) -> list[Attempt]:
        peer = self._peer(port)
        explorer = Explorer(
            known=[each for each in self.known if each.over is Over.TCP and (self.ics or not each.careful)],
            choose=lambda inside_tls: self._chosen(port, inside_tls),
            limits=self.limits,
            connect=lambda: Stream.open(
                port.address, port.port, self.limits.connect_s, self.now_ms, self.me(port.address)
            ),
            facts=lambda stream: self.facts(stream, peer),
        )
        return await explorer.run(peer)

    async def _udp(self, port: Port) -> list[Attempt]:
        """Ask whom the answer that is there looks like, then what is likely, then the rest."""
        choice, peer = self._chosen(port), self._peer(port)
        can = [each for each in self.known if each.over is Over.UDP and (self.ics or not each.careful)]
        looked = [each for _, each in by_looks(can, port.heard)] if port.heard else []
        attempts: list[Attempt] = []
        for protocol in dict.fromkeys((*looked, *choice.likely, *choice.rest)):
            attempt = await ask(protocol, peer, self.limits, self.now_ms, self.me(port.address))
            attempts.append(attempt)
            if attempt.known and attempt.known.confidence >= SURE:
                break
        return attempts

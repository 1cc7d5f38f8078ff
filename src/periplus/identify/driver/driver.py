"""Many ports at once: who answers at each, within bounds on connections in all and per host.

A `Session` lives in one asyncio loop; `service` may be asked for as many ports as one likes, and those beyond the
bounds wait their turn. A port costs one row, whatever goes wrong at it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from socket import socket
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from periplus.identify.driver.attempt import TlsFacts
from periplus.identify.driver.audit import Auditing
from periplus.identify.driver.datagram import Asking, plain_datagrams
from periplus.identify.driver.explore import Explorer
from periplus.identify.driver.guard import guarded
from periplus.identify.driver.inquire import Inquirer
from periplus.identify.driver.limits import Limits
from periplus.identify.driver.stream import Clock, Opener, Stream, plain_socket
from periplus.identify.model import Over, Peer, Protocol
from periplus.identify.opinion import OpinionOf, seconded
from periplus.identify.order import INTENSITY, Chosen, chosen
from periplus.identify.service import Attempt, Came, Service, service_of
from periplus.identify.signature import Signatures
from periplus.identify.tls.audit import Audit
from periplus.identify.tls.client_hello import draws

if TYPE_CHECKING:
    from periplus.identify.tls.client import Handshake

__all__ = ["Driver", "Port", "Session"]


@dataclass(frozen=True, slots=True)
class Port:
    """One port to identify. Over UDP, `asked` is what the scan already sent there, and `heard` what it answered."""

    address: str
    port: int
    over: Over = Over.TCP
    name: str | None = None
    asked: tuple[bytes, ...] = ()
    heard: tuple[bytes, ...] = ()
    fragile: bool = False


async def _permitted(port: Port) -> None:
    """Nothing stands in front."""


@dataclass(frozen=True)
class Driver:
    """How ports are identified.

    `now_ms` is a clock, `nonce` gives 64 random bytes, `facts` reads a TLS handshake, and an audit where there was
    one. `suites`: the names of cipher suites; with them, ports that speak TLS are audited.
    `permit` returns when a connection, or a conversation by datagrams, may begin. `second`: who is asked for a second
    opinion. `opener` and `datagrams` make the sockets. `ics`: industrial equipment may be spoken to.
    """

    known: Sequence[Protocol]
    signatures: Signatures
    now_ms: Clock
    nonce: Callable[[], bytes]
    facts: Callable[["Handshake", Peer, Audit | None], TlsFacts]
    limits: Limits = field(default_factory=Limits)
    intensity: int = INTENSITY
    ics: bool = False
    suites: Mapping[int, str] | None = None
    second: OpinionOf | None = None
    permit: Callable[[Port], Awaitable[None]] = _permitted
    opener: Opener = plain_socket
    datagrams: Callable[[int], socket] = plain_datagrams


class Session:
    """Identifies ports in one loop, by one driver."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._overall = asyncio.Semaphore(driver.limits.connections)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def service(self, port: Port) -> Service:
        """Return who answers at a port."""
        of_host = self._hosts.setdefault(port.address, asyncio.Semaphore(self._driver.limits.per_host))
        async with of_host, self._overall:
            return await guarded(
                self._service(port),
                lambda problem: Service(port.address, port.port, port.over, Came.FAULT, problems=(problem,)),
            )

    async def _service(self, port: Port) -> Service:
        service = await (self._tcp(port) if port.over is Over.TCP else self._udp(port))
        if self._driver.second is None:
            return service
        return await asyncio.to_thread(seconded, service, self._driver.second)

    def _peer(self, port: Port) -> Peer:
        how = self._driver
        return Peer(port.address, port.port, port.name, nonce=how.nonce(), clock=lambda: how.now_ms() / 1000)

    def _known(self, over: Over) -> list[Protocol]:
        how = self._driver
        return [each for each in how.known if each.over is over and (how.ics or not each.careful)]

    def _chosen(self, port: Port, inside_tls: bool = False) -> Chosen:
        how = self._driver
        return chosen(
            how.known,
            port.port,
            port.over,
            intensity=how.intensity,
            inside_tls=inside_tls,
            ics=how.ics,
            fragile=port.fragile,
        )

    def _joined(self, port: Port, attempts: Sequence[Attempt]) -> Service:
        return service_of(port.address, port.port, port.over, attempts, self._driver.signatures)

    async def _tcp(self, port: Port) -> Service:
        how, peer = self._driver, self._peer(port)

        async def connect() -> Stream:
            await how.permit(port)
            return await Stream.open(port.address, port.port, how.limits.connect_s, how.now_ms, how.opener)

        explorer = Explorer(
            known=self._known(Over.TCP),
            choose=lambda inside_tls: self._chosen(port, inside_tls),
            limits=how.limits,
            connect=connect,
            facts=lambda handshake: how.facts(handshake, peer, None),
        )
        service = self._joined(port, await explorer.run(peer))
        decided = next((each for each in explorer.attempts if each.tls is service.tls), None)
        if how.suites is None or port.fragile or service.tls is None or decided is None:
            return service
        audit = Audit(peer.name, how.suites, draws(how.nonce()))
        within = decided.protocol if decided.upgraded else None
        await Auditing(audit, peer, how.limits, connect, within).run()
        handshake = decided.upgraded or explorer.secured
        assert handshake is not None
        return replace(service, tls=how.facts(handshake, peer, audit))

    async def _udp(self, port: Port) -> Service:
        how = self._driver

        async def begin(protocol: Protocol, peer: Peer) -> Attempt:
            await how.permit(port)
            asking = Asking(
                protocol,
                peer,
                how.limits,
                how.now_ms,
                how.datagrams,
                lambda done: how.facts(done, peer, None),
                port.asked,
                port.heard,
            )
            return await asking.run()

        inquirer = Inquirer(
            known=self._known(Over.UDP),
            choice=self._chosen(port),
            limits=how.limits,
            begin=begin,
            heard=port.heard,
        )
        return self._joined(port, await inquirer.run(self._peer(port)))

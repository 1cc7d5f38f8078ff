"""Many ports at once, within bounds, each costing one row."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

from tests.identify.servers import HASTY, LOCAL, driver, identified, saying, serving

from periplus.identify.driver.driver import Port
from periplus.identify.model import First, Over, Peer, Protocol
from periplus.identify.protocol import ssh
from periplus.identify.service import Came, Service
from periplus.identify.talk import Known, Line, Say, Secured, Talk
from periplus.identify.tls.client import Handshake


class Counting:
    """A server that counts how many connections it has at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        writer.write(b"hello\n")
        await reader.read()
        self.now -= 1


def greeted(peer: Peer) -> Talk:
    yield Line()
    yield Known(0.9, "greeted")


GREETED = Protocol(
    "g", "g", "this test", greeted, first=First.SERVER, looks=lambda data: float(data == b"hello\n")
)


def test_many_ports_are_identified_within_the_bound_of_a_host() -> None:
    counting = Counting()

    async def both() -> list[Service]:
        async with AsyncExitStack() as stack:
            ports = [await stack.enter_async_context(serving(counting)) for _ in range(12)]
            how = driver([GREETED], replace(HASTY, per_host=3))
            return await identified(how, *(Port(LOCAL, port) for port in ports))

    services = asyncio.run(both())
    assert [each.protocol for each in services] == ["g"] * 12
    assert 1 <= counting.most <= 4  # a connection that we have closed may not have ended there yet


def test_more_ports_than_connections_all_get_their_row() -> None:
    async def both() -> list[Service]:
        async with serving(saying(b"SSH-1.5-old\n")) as port:
            how = driver([ssh.PROTOCOL], replace(HASTY, connections=2))
            return await identified(how, *(Port(LOCAL, port) for _ in range(7)))

    assert [each.protocol for each in asyncio.run(both())] == ["ssh"] * 7


def test_a_mistake_of_ours_costs_one_row() -> None:
    def broken(data: bytes) -> float:
        raise ZeroDivisionError("ours")

    async def both() -> list[Service]:
        async with serving(saying(b"hello\n")) as port:
            return await identified(driver([replace(GREETED, looks=broken)]), Port(LOCAL, port))

    [service] = asyncio.run(both())
    assert (service.came, service.problems) == (Came.FAULT, ("a mistake of ours: ZeroDivisionError: ours",))


def test_a_talk_by_datagrams_has_a_clock_and_its_tls_is_told() -> None:
    def secured(peer: Peer) -> Talk:
        yield Say(b"anything")
        yield Known(0.9, f"{peer.clock():g}")
        yield Secured(Handshake("TLSv1.3", "", None, (), None, b""))

    how = replace(
        driver([Protocol("s", "s", "this test", secured, over=Over.UDP, rarity=1)]), now_ms=lambda: 2500
    )
    [service] = asyncio.run(identified(how, Port(LOCAL, 9, Over.UDP)))
    assert (service.protocol, service.why, service.tls) == ("s", "2.5", {"here": True})
